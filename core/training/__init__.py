"""Losses to train with: of embeddings, differentiable, the numbers that `loss` reports. Public as `simtool.losses`."""
