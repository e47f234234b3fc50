"""Rows that belong together by closeness: which of a group is kept, and what is written of it."""
