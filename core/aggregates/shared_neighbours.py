"""Nearest neighbours that the same items share in two spaces."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..backend import Backend
from ..engine import nearest_others
from ..metrics import EPS
from ..results import Column, Progress
from .moments import check_neighbours, check_same_items
from .record import NUMPY, Evaluator, Parameters, of_spaces

CHUNK = 1 << 20  # pairs of neighbours that are compared at a time


class NeighbourOverlap(NamedTuple):
    """How many nearest neighbours two spaces share.

    Args:
        score: mean share of common neighbours.
        jaccard: mean of common neighbours over neighbours on either side.
    """

    score: float
    jaccard: float


def neighbour_overlap(
    x: Column, y: Column, *, k: int = 10, eps: float = EPS, backend: Backend = NUMPY, progress: Progress | None = None
) -> NeighbourOverlap:
    """Share of the k nearest neighbours that the same items have in two spaces.

    With N_X(i) the k rows of X with the largest cosine to row i, itself left out, of equals the first::

        score = mean_i |N_X(i) ∩ N_Y(i)| / k,   jaccard = mean_i |N_X(i) ∩ N_Y(i)| / |N_X(i) ∪ N_Y(i)|

    Args:
        x: (n, d) finite rows.
        y: (n, d') rows of the same items in the same order; the dims may differ.
        k: neighbours, at least 1, less than n.
        eps: the least norm that a cosine divides by.
        backend: where to compute.
        progress: called with the rows that are done and their total, for each side.

    Returns:
        `score` and `jaccard` in [0, 1]. Unrelated spaces score about k / (n - 1).

    Raises:
        ShapeError: different numbers of rows.
        ParameterError: k is not at least 1 and less than n.

    Source:
        The mutual k-nearest-neighbour alignment of Huh et al. 2024, appendix A; Jaccard:
        Klabunde et al. 2023, section 3.4.

    Example:
        >>> x = np.asarray([[0.0, 1.0], [2.0, 0.0], [1.0, 3.0], [4.0, 1.0]])
        >>> neighbour_overlap(x, x[:, ::-1] ** 3, k=1).score
        1.0
    """
    check_same_items("knn-overlap", x, y)
    k = check_neighbours("knn-overlap", k, x, y)
    return overlap_of(*(neighbour_numbers(rows, k, eps, backend, progress) for rows in (x, y)))


def neighbour_numbers(rows: Column, k: int, eps: float, backend: Backend, progress: Progress | None) -> Column:
    """Return the (n, k) numbers of the nearest other rows of each row, by cosine."""
    return nearest_others(rows, k=k, eps=eps, backend=backend, progress=progress)[0]


def overlap_of(own: Column, other: Column) -> NeighbourOverlap:
    """Return what (n, k) neighbours of the same items have in common."""
    n, k = own.shape
    counts = np.bincount(_common(own, other), minlength=k + 1)  # of rows by common neighbours
    shared = np.arange(k + 1)
    means = [float(np.vdot(counts, shares) / n) for shares in (shared / k, shared / (2 * k - shared))]
    return NeighbourOverlap(*means)


def _common(own: Column, other: Column) -> Column:
    """Return (n,) how many of its neighbours each item has in both spaces."""
    n, k = own.shape
    common, step = np.empty(n, dtype=np.int64), max(1, CHUNK // k**2)
    for start in range(0, n, step):
        part = slice(start, start + step)
        common[part] = (own[part, :, None] == other[part, None, :]).sum(axis=(1, 2))
    return common


def _shares(job: Evaluator, parameters: Parameters) -> Column:
    """Return (n,) the share of its neighbours that each item keeps."""
    k = parameters["k"]
    own, other = (neighbour_numbers(rows, k, job.eps, job.backend, job.progress) for rows in job.paired[:2])
    shares: Column = _common(own, other) / k
    return shares


def _permuted_overlap(job: Evaluator, parameters: Parameters) -> Callable[[Column], NeighbourOverlap]:
    """Return what takes an order of the rows of B, whose neighbours stay the same rows."""
    k = parameters["k"]
    own, other = (neighbour_numbers(rows, k, job.eps, job.backend, job.progress) for rows in job.paired[:2])

    def overlap(order: Column) -> NeighbourOverlap:
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return overlap_of(own, place[other[order]])

    return overlap


KNN_OVERLAP = of_spaces("jaccard", permuted=_permuted_overlap, of_each=_shares)
