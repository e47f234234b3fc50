"""Learning a projection of frozen embeddings, keeping it in a file, and applying it."""
