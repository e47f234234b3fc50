"""Aggregates with a closed form: sums over the rows, no matrix of pairs."""

import numpy as np

from ..backend import Backend
from ..engine.kernels import Kernel
from ..metrics import EPS, cosine_similarity, needs_scale, score_rows
from ..results import Column

CHUNK = 1 << 18  # numbers that are widened at a time


def mean_of_pairs(x: Column, y: Column, *, eps: float = EPS, backend: Backend) -> float:
    """Mean cosine of all n × m pairs: the dot product of the two mean unit vectors.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        eps: the least norm to divide by.
        backend: where to compute.

    Returns:
        A cosine in [-1, 1]. A zero row scores 0 with every other.

    Source:
        Linearity of the dot product.

    Example:
        >>> from simtool.backend import choose_backend
        >>> mean_of_pairs(np.eye(2), np.eye(2), backend=choose_backend())
        0.5
    """
    means = [_mean_unit(rows, eps, backend) for rows in (x, y)]
    return float(np.clip(np.vecdot(*means), -1.0, 1.0))


def _mean_unit(rows: Column, eps: float, backend: Backend) -> Column:
    kernel = Kernel("cosine", "float64", needs_scale(rows.dtype), backend, eps)
    step = max(1, CHUNK // rows.shape[1])
    total = np.zeros(rows.shape[1])
    for start in range(0, len(rows), step):
        total += backend.get(backend.xp.sum(kernel.prepare(rows[start : start + step]).rows, axis=0))
    return total / len(rows)


def centroid_cosine(x: Column, y: Column, *, eps: float = EPS, backend: Backend) -> float:
    """Cosine of the two mean vectors.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        eps: the least norm to divide by.
        backend: where to compute.

    Returns:
        A cosine in [-1, 1]; 0 where a mean is zero.

    Source:
        Rocchio 1971.

    Example:
        >>> from simtool.backend import choose_backend
        >>> centroid_cosine(np.eye(2), np.ones((1, 2)), backend=choose_backend())
        1.0
    """
    means = [_mean_row(rows, backend) for rows in (x, y)]
    return float(cosine_similarity(*means, eps=eps))


def _mean_row(rows: Column, backend: Backend) -> Column:
    step = max(1, CHUNK // rows.shape[1])
    total = np.zeros(rows.shape[1])
    share = 2.0 ** len(rows).bit_length()  # no sum overflows, and division by a power of two is exact
    for start in range(0, len(rows), step):
        wide = backend.put(rows[start : start + step], backend.xp.float64)
        total += backend.get(backend.xp.sum(wide / share, axis=0))
    return total * (share / len(rows))


def paired_mean(x: Column, y: Column, *, eps: float = EPS, backend: Backend) -> float:
    """Mean cosine of row i of x with row i of y.

    Args:
        x: (n, d) finite rows.
        y: (n, d).
        eps: the least norm to divide by.
        backend: where to compute.

    Returns:
        A cosine in [-1, 1].

    Source:
        The mean of the aligned similarity.

    Example:
        >>> from simtool.backend import choose_backend
        >>> paired_mean(np.eye(2), np.eye(2), backend=choose_backend())
        1.0
    """
    step, total = max(1, CHUNK // x.shape[1]), 0.0
    for start in range(0, len(x), step):
        wide = [backend.put(rows[start : start + step], backend.xp.float64) for rows in (x, y)]
        total += float(backend.xp.sum(score_rows("cosine", *wide, eps=eps)))
    return float(np.clip(total / len(x), -1.0, 1.0))
