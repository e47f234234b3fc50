"""From a result to a table, a file or a verdict."""
