"""Positives and hard negatives of anchors, chosen from all pairs."""
