"""Sets as normal distributions: their means and covariances."""

from typing import NamedTuple

import numpy as np

from ..backend import Backend
from ..checks import refuse_overflow
from ..errors import ShapeError
from ..results import Column
from .moments import centred, check_same_space, moments, scale_of
from .record import NUMPY, AggregateRecord

FRECHET = AggregateRecord(("means", "covariances"), in_one_pass=True)


class Frechet(NamedTuple):
    """The squared Fréchet distance of two normal distributions.

    Args:
        score: the sum of the other two.
        means: squared distance of the means.
        covariances: what the covariances add.
    """

    score: float
    means: float
    covariances: float


def frechet_distance(x: Column, y: Column, *, backend: Backend = NUMPY) -> Frechet:
    """Squared Fréchet distance of the normal distributions with the means and covariances of two sets.

    With means m, m' and covariances S, S' (divided by n - 1)::

        score = |m - m'|^2 + tr(S + S' - 2 (S^1/2 S' S^1/2)^1/2)

    Args:
        x: (n, d) finite rows, n at least 2; read in one pass, which holds one chunk and d × d numbers.
        y: (m, d).
        backend: where to compute.

    Returns:
        The distance and its two parts in squared units of the input, at least 0. Covariances of fewer rows than
        dims are fine, but the distance then says more about the number of rows than about the sets.

    Raises:
        ShapeError: a set of one row, which has no covariance; rows of different dims.
        DataError: the distance leaves the range of float64.

    Source:
        Dowson and Landau 1982; as FID: Heusel et al. 2017, equation 6.

    Example:
        >>> x = np.asarray([[-1.0], [1.0]])
        >>> [round(part, 9) for part in frechet_distance(x, 3 * x + 1)]
        [9.0, 1.0, 8.0]
    """
    check_same_space("frechet", x, y)
    for side, rows in (("A", x), ("B", y)):
        if len(rows) < 2:
            what = f"frechet needs the covariance of each set, but {side} has {len(rows)} row"
            raise ShapeError(what, side, "give 2 rows or more, or compare with «aggregates=centroid»")
    scale = max(scale_of(x), scale_of(y))
    (mean, root), (other_mean, other_root) = (_mean_and_root(rows, scale, backend) for rows in (x, y))
    means = float(np.sum((mean - other_mean) ** 2))
    # tr (S^1/2 S' S^1/2)^1/2 is the sum of the singular values of R R'^T where S = R^T R: no root of a rounding error
    shared = float(np.linalg.svdvals(root @ other_root.T).sum())
    covariances = max(0.0, float(np.sum(root**2) + np.sum(other_root**2)) - 2 * shared)
    parts = [part * scale * scale for part in (means + covariances, means, covariances)]
    if not np.isfinite(parts).all():
        raise refuse_overflow("A, B")
    return Frechet(*parts)


def _mean_and_root(rows: Column, scale: float, backend: Backend) -> tuple[Column, Column]:
    """Return the mean, and R (r, d) with the covariance R^T R: the rows themselves where they are few."""
    n, d = rows.shape
    if n <= d:
        near, mean = centred(rows, scale)
        return mean, near / np.sqrt(n - 1)
    found = moments(rows, scales=(scale,), backend=backend)
    values, vectors = np.linalg.eigh(found.products[0, 0] / (n - 1))
    # the root of a rounding error is not one: 1e-16 would become 1e-8
    kept = values > d * np.finfo(np.float64).eps * values[-1]
    return found.means[0], np.sqrt(values[kept])[:, None] * vectors[:, kept].T
