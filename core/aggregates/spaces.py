"""The same items in two spaces: Procrustes, canonical correlations, and correlated distances."""

from typing import NamedTuple

import numpy as np

from ..backend import Backend
from ..engine import Kernel, budget_of
from ..errors import DataError, ParameterError, ShapeError
from ..metrics import EPS, needs_scale
from ..results import Column
from ..statistics.ranks import centre_ranks
from .moments import check_same_items, paired_moments
from .record import NUMPY, of_spaces

PAIR_BYTES = 48  # that rsa takes for a pair of rows: its cosines, their order and their ranks
BLOCK = 256  # rows of cosines that rsa computes at a time
DIGITS = 12  # decimals of a cosine; what agrees in them is a tie


class Procrustes(NamedTuple):
    """How well one space fits the other after turning and scaling.

    Args:
        score: 1 - disparity.
        disparity: squared distance that is left.
    """

    score: float
    disparity: float


def procrustes(x: Column, y: Column, *, backend: Backend = NUMPY) -> Procrustes:
    """Fit of two spaces of the same items after the best shift, rotation or reflection, and scaling.

    With X and Y around their means and scaled to Frobenius norm 1, zeros appended to the narrower one::

        disparity = min over orthogonal Q and c > 0 of |X - c Y Q|^2 = 1 - (sum of singular values of X^T Y)^2

    Args:
        x: (n, d) finite rows; read in one pass, which holds a chunk and min(n, d)^2 numbers.
        y: (n, d') rows of the same items in the same order; the dims may differ.
        backend: where to compute.

    Returns:
        `score` and `disparity`, both in [0, 1].

    Raises:
        ShapeError: different numbers of rows.
        DataError: all rows of a side are equal.

    Source:
        Gower 1975; the disparity of `scipy.spatial.procrustes`.

    Example:
        >>> x = np.asarray([[0.0, 1.0], [2.0, 0.0], [1.0, 3.0], [4.0, 1.0]])
        >>> round(procrustes(x, x[:, :1]).score, 6)
        0.674074
    """
    products = paired_moments("procrustes", x, y, backend).products
    lengths = [np.sqrt(np.trace(products[i, i])) for i in (0, 1)]
    shared = np.linalg.svdvals(products[0, 1] / lengths[0] / lengths[1]).sum()
    score = float(min(1.0, shared**2))
    return Procrustes(score, 1.0 - score)


class CanonicalCorrelation(NamedTuple):
    """How well directions of one space correlate with directions of the other.

    Args:
        score: mean canonical correlation.
        kept_a: directions that hold the asked share of the variance of the first space.
        kept_b: of the second.
    """

    score: float
    kept_a: int
    kept_b: int


def svcca(x: Column, y: Column, *, variance: float = 0.99, backend: Backend = NUMPY) -> CanonicalCorrelation:
    """Mean canonical correlation of the principal directions of two spaces of the same items.

    Of each space around its mean, the fewest principal directions that hold `variance` of the sum of squares are
    kept: with orthonormal columns U and V, the score is the mean of the min(kept_a, kept_b) singular values of U^T V.

    Args:
        x: (n, d) finite rows; read in one pass, which holds a chunk and min(n, d)^2 numbers.
        y: (n, d') rows of the same items in the same order; the dims may differ.
        variance: the share to keep, above 0, at most 1.
        backend: where to compute.

    Returns:
        `score` in [0, 1], and how many directions were kept. Where they are nearly as many as the rows, any two
        spaces score near 1.

    Raises:
        ShapeError: different numbers of rows.
        ParameterError: `variance` is not in (0, 1].
        DataError: all rows of a side are equal.

    Source:
        Raghu et al. 2017, section 2.

    Example:
        >>> x = np.asarray([[0.0, 1.0], [2.0, 0.0], [1.0, 3.0], [4.0, 1.0]])
        >>> svcca(x, x[:, :1]).kept_a
        2
    """
    if not 0 < variance <= 1:
        raise ParameterError(f"variance is {variance}, expected more than 0 and at most 1", "variance")
    products = paired_moments("svcca", x, y, backend).products
    left, right = (_whitening(products[i, i], variance) for i in (0, 1))
    correlations = np.linalg.svdvals(left.T @ products[0, 1] @ right)
    return CanonicalCorrelation(float(np.minimum(correlations, 1.0).mean()), left.shape[1], right.shape[1])


def _whitening(scatter: Column, variance: float) -> Column:
    """Return (d, kept) such that X times it has orthonormal columns."""
    values, vectors = (part[..., ::-1] for part in np.linalg.eigh(scatter))
    values = values[values > len(scatter) * np.finfo(np.float64).eps * values[0]]
    shares = np.cumsum(values) / values.sum()
    # a rounding error must not ask for one direction more
    kept = int(np.searchsorted(shares, variance - 1e-12)) + 1
    return vectors[:, :kept] / np.sqrt(values[:kept])  # type: ignore[no-any-return]


def representational_similarity(x: Column, y: Column, *, eps: float = EPS, backend: Backend = NUMPY) -> float:
    """Rank correlation of the cosine distances within one space with those of the same items in the other.

    Spearman's correlation over the pairs i < j of 1 - s(x_i, x_j) and 1 - s(y_i, y_j), tied distances sharing their
    mean rank; distances that agree to twelve decimals are tied.

    Args:
        x: (n, d) finite rows, n at least 3.
        y: (n, d') rows of the same items in the same order; the dims may differ.
        eps: the least norm that a cosine divides by.
        backend: where to compute.

    Returns:
        A correlation in [-1, 1].

    Raises:
        ShapeError: different numbers of rows, or fewer than 3.
        DataError: all distances of a side are equal.
        ResourceError: n (n - 1) / 2 distances and their ranks do not fit in the memory that is free.

    Source:
        Kriegeskorte et al. 2008, with cosine distances.

    Example:
        >>> x = np.asarray([[0.0, 1.0], [2.0, 0.0], [1.0, 3.0], [4.0, 1.0]])
        >>> round(representational_similarity(x, x[:, ::-1] + np.arange(4)[:, None]), 6)
        0.942857
    """
    check_same_items("rsa", x, y)
    n = len(x)
    if n < 3:
        raise ShapeError(f"rsa ranks the distances of at least 3 rows, got {n}", "A, B", "take «aggregates=paired»")
    size = n * (n - 1) // 2 * PAIR_BYTES + 16 * max(x.size, y.size)
    budget_of(None).check(size, f"rsa of {n:,} rows", "compare a sample of the rows, or take «aggregates=cka»")
    ranks = [centre_ranks(_cosines(rows, eps, backend)) for rows in (x, y)]
    norms = [float(np.linalg.norm(side)) for side in ranks]
    for side, norm in zip("AB", norms, strict=True):
        if norm == 0:
            what = f"rsa is undefined: all distances between rows of {side} are equal"
            raise DataError(what, side, "give rows that point in different directions")
    return float(np.clip(np.vdot(*ranks) / norms[0] / norms[1], -1.0, 1.0))


PROCRUSTES = of_spaces("disparity", in_one_pass=True)
SVCCA, RSA = of_spaces("kept_a", "kept_b", in_one_pass=True), of_spaces()


def _cosines(rows: Column, eps: float, backend: Backend) -> Column:
    """Return the rounded cosines of all pairs i < j: they rank as the distances do, from the other end."""
    n, done = len(rows), 0
    unit = Kernel("cosine", "float64", needs_scale(rows.dtype), backend, eps).prepare(rows).rows
    cosines = np.empty(n * (n - 1) // 2)
    for start in range(0, n, BLOCK):
        block = backend.get(backend.product(unit[start : start + BLOCK], unit[start:]))
        for place, row in enumerate(block):
            found = row[place + 1 :]
            cosines[done : done + len(found)] = found
            done += len(found)
    return np.round(cosines, DIGITS, out=cosines)
