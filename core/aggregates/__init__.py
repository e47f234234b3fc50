"""Whole-set similarity: two sets of vectors down to one number, one file per family."""
