"""Ranks, correlation, bootstrap and cross-validation, each once."""
