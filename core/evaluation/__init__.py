"""From scores to decisions: how well pairs are told apart, and where to put the threshold."""
