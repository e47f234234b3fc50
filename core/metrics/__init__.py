"""The metrics of two vectors."""
