"""Scores with labels of many kinds, and every threshold of them by a plain loop."""

import numpy as np

KINDS = ("random", "tied", "mostly tied", "imbalanced", "mostly positive", "beyond [0, 1]")


def sample(kind, seed, size=300):
    """Scores and labels of which both classes occur."""
    rng = np.random.default_rng(seed)
    share = {"imbalanced": 0.02, "mostly positive": 0.97}.get(kind, 0.4)
    similar = rng.random(size) < share
    similar[:2] = True, False
    scores = rng.normal(size=size) + similar
    if kind == "tied":
        scores = scores.round(1)
    if kind == "mostly tied":
        scores = np.sign(scores)
    if kind == "beyond [0, 1]":
        scores = 1e6 * scores - 3e7
    return scores, similar


def decided(scores, similar):
    """Every threshold with its true and false accepts, by a plain loop from the strictest."""
    for threshold in sorted(set(scores.tolist()), reverse=True):
        accepted = scores >= threshold
        yield threshold, int((accepted & similar).sum()), int((accepted & ~similar).sum())
