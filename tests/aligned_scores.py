"""Scores of rows against rows, by correctly rounded sums."""

from math import fsum, pi, prod, sqrt

import numpy as np

METRICS = ["cosine", "angular", "dot", "euclidean", "sqeuclidean", "manhattan"]


def reference(metric, x, y, dims):
    """The metric along dims of float64 arrays of one shape, by correctly rounded sums over each vector."""
    rank = x.ndim
    kept = [d for d in range(rank) if d not in dims]
    rows = [v.transpose(*kept, *dims).reshape(prod(v.shape[d] for d in kept), -1) for v in (x, y)]
    scores = [one(metric, p.tolist(), q.tolist()) for p, q in zip(*rows, strict=True)]
    return np.reshape(scores, [x.shape[d] for d in kept])


def one(metric, x, y):
    dot, xx, yy = (fsum(p * q for p, q in zip(v, w, strict=True)) for v, w in ((x, y), (x, x), (y, y)))
    squares = fsum((p - q) ** 2 for p, q in zip(x, y, strict=True))
    cosine = dot / sqrt(xx * yy) if xx and yy else 0.0
    return {
        "cosine": cosine,
        "angular": np.arccos(np.clip(cosine, -1, 1)) / pi,
        "dot": dot,
        "euclidean": sqrt(squares),
        "sqeuclidean": squares,
        "manhattan": fsum(abs(p - q) for p, q in zip(x, y, strict=True)),
    }[metric]
