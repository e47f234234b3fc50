"""Aggregates with a closed form: sums over the rows, no matrix of pairs."""

from collections.abc import Iterator
from math import isfinite, nan
from typing import NamedTuple

import numpy as np

from ..backend import Array, Backend, quiet
from ..checks import refuse_overflow
from ..engine import Kernel
from ..metrics import EPS, cosine, needs_scale, score_rows
from ..results import Column
from .mixed import MixedSets
from .record import NUMPY, AggregateRecord, AggregateRequest, BlockForm, Parameters
from .resample import Resample
from .token_blocks import TokenTile
from .weights import both_shares

CHUNK = 1 << 18  # numbers that are widened at a time


class TwoSample(NamedTuple):
    """Two estimates of a squared distance of two distributions.

    Args:
        biased: every pair counts, a row with itself too; at least 0.
        unbiased: without the pairs of a row with itself; may be negative, NaN where a set has one row.
    """

    biased: float
    unbiased: float

    @property
    def score(self) -> float:
        """The biased one, which is always defined."""
        return self.biased


def mean_of_pairs(
    x: Column,
    y: Column,
    *,
    weights_a: Column | None = None,
    weights_b: Column | None = None,
    eps: float = EPS,
    backend: Backend = NUMPY,
) -> float:
    """Mean cosine of all n × m pairs: the dot product of the two mean unit vectors.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        weights_a: (n,) of the rows of x, at least 0; pair i, j weighs weights_a[i] weights_b[j]. None: all the same.
        weights_b: (m,) of the rows of y.
        eps: the least norm to divide by.
        backend: where to compute.

    Returns:
        A cosine in [-1, 1]. A zero row scores 0 with every other.

    Raises:
        ShapeError, DataError: weights that do not fit.

    Source:
        Linearity of the dot product.

    Example:
        >>> mean_of_pairs(np.eye(2), np.eye(2))
        0.5
    """
    sides = zip((x, y), both_shares(weights_a, len(x), weights_b, len(y)), strict=True)
    means = [_mean_unit(rows, share, eps, backend) for rows, share in sides]
    return float(np.clip(np.vecdot(*means), -1.0, 1.0))


def centroid_cosine(
    x: Column,
    y: Column,
    *,
    weights_a: Column | None = None,
    weights_b: Column | None = None,
    unit: bool = False,
    eps: float = EPS,
    backend: Backend = NUMPY,
) -> float:
    """Cosine of the two mean vectors.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        weights_a: (n,) of the rows of x, at least 0; None: all the same.
        weights_b: (m,) of the rows of y.
        unit: take the means of the unit vectors, so that no row counts more for its length.
        eps: the least norm to divide by.
        backend: where to compute.

    Returns:
        A cosine in [-1, 1]; 0 where a mean is zero.

    Raises:
        ShapeError, DataError: weights that do not fit.

    Source:
        Rocchio 1971; of unit vectors, Dhillon, Modha 2001, section 2 (spherical k-means).

    Example:
        >>> centroid_cosine(np.eye(2), np.ones((1, 2)))
        1.0
    """
    means = [
        _mean_unit(rows, share, eps, backend) if unit else mean_row(rows, share, backend)
        for rows, share in zip((x, y), both_shares(weights_a, len(x), weights_b, len(y)), strict=True)
    ]
    return float(cosine(*means, eps=eps))


def mmd_linear(x: Column, y: Column, *, backend: Backend = NUMPY) -> TwoSample:
    """Squared maximum mean discrepancy with the linear kernel x·y, of the rows as they are.

    With the means μ, ν and the unbiased covariances Σ, Γ of the two sets::

        biased = |μ - ν|^2
        unbiased = |μ - ν|^2 - tr(Σ) / n - tr(Γ) / m

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        backend: where to compute.

    Returns:
        Both estimates, in squared units of the rows.

    Raises:
        DataError: a square leaves the range of float64.

    Source:
        Gretton et al. 2012, equations 3 and 5, with k(x, y) = x·y.

    Example:
        >>> mmd_linear(np.asarray([[0.0], [2.0]]), np.asarray([[4.0], [4.0]]))
        TwoSample(biased=9.0, unbiased=8.0)
    """
    origin = x[:1].astype(np.float64)  # near the rows little cancels, and the distance does not depend on it
    with quiet():
        (mean_x, spread_x), (mean_y, spread_y) = (_spread(rows, origin, backend) for rows in (x, y))
        biased = float(np.vecdot(mean_x - mean_y, mean_x - mean_y))
    if not isfinite(biased + spread_x + spread_y):
        raise refuse_overflow("A, B")
    own = [spread / n / (n - 1) if n > 1 else nan for spread, n in ((spread_x, len(x)), (spread_y, len(y)))]
    return TwoSample(biased, biased - sum(own))


def parts_of(rows: Column) -> Iterator[slice]:
    """Yield the rows, as many at a time as are widened together."""
    step = max(1, CHUNK // rows.shape[1])
    return (slice(start, start + step) for start in range(0, len(rows), step))


def _mean_unit(rows: Column, share: Column | None, eps: float, backend: Backend) -> Column:
    kernel = Kernel("cosine", "float64", needs_scale(rows.dtype), backend, eps)
    total = np.zeros(rows.shape[1])
    for part in parts_of(rows):
        total += backend.get(_sum(kernel.prepare(rows[part]).rows, share, part, backend))
    return total / len(rows) if share is None else total


def mean_row(rows: Column, share: Column | None, backend: Backend) -> Column:
    """Return the (d,) mean of the rows, weighted by (n,) shares if there are any, in float64 and in one pass."""
    total = np.zeros(rows.shape[1])
    scale = 2.0 ** len(rows).bit_length()  # no sum overflows, and division by a power of two is exact
    for part in parts_of(rows):
        wide = backend.put(rows[part], backend.xp.float64)
        total += backend.get(_sum(wide / scale, share, part, backend))
    return total * (scale / len(rows) if share is None else scale)


def _sum(rows: Array, share: Column | None, part: slice, backend: Backend) -> Array:
    weighted = rows if share is None else rows * backend.put(share[part])[:, None]
    return backend.xp.sum(weighted, axis=0)


def _spread(rows: Column, origin: Column, backend: Backend) -> tuple[Column, float]:
    """Return the mean of the rows seen from the origin, and their summed squared distances from it, in one pass."""
    xp = backend.xp
    mean, spread, count = np.zeros(rows.shape[1]), 0.0, 0
    for part in parts_of(rows):
        wide = backend.put(rows[part], xp.float64) - backend.put(origin)
        own = xp.mean(wide, axis=0)
        rest = wide - own[None, :]
        step = backend.get(own) - mean
        added = count + wide.shape[0]
        # Chan, Golub, LeVeque 1983, equation 2.1: the spreads of two parts and that of their means
        spread += float(xp.sum(rest * rest)) + float(np.vecdot(step, step)) * count * wide.shape[0] / added
        mean, count = mean + step * (wide.shape[0] / added), added
    return mean, spread


def _mean_drawn(draw: Resample, request: AggregateRequest) -> dict[str, Column]:
    means = [draw.mean_rows(side, unit=True) for side in (0, 1)]
    return {request.name: np.clip(np.vecdot(*means), -1.0, 1.0)}


def _mean_in_tile(tile: TokenTile, request: AggregateRequest) -> Column:
    x, y = (block.prepared[request.name] for block in (tile.block, tile.other))
    return np.asarray(np.clip(x @ y.T, -1.0, 1.0))


MEAN = AggregateRecord(
    in_one_pass=True,
    resampled=_mean_drawn,
    mixed=lambda sets, _: sets.block_means(sets.cosines)[1],
    in_blocks=BlockForm(_mean_in_tile, lambda block, _: block.means(unit=True)),
)


def _of_units(parameters: Parameters) -> bool:
    return bool(parameters.get("unit"))


def _centroid_drawn(draw: Resample, request: AggregateRequest) -> dict[str, Column]:
    means = [draw.mean_rows(side, unit=_of_units(request.parameters)) for side in (0, 1)]
    return {request.name: score_rows("cosine", *means, eps=draw.evaluator.eps)}


def _centroid_mixed(sets: MixedSets, request: AggregateRequest) -> Column:
    own, cross, other = sets.block_means(sets.cosines if _of_units(request.parameters) else sets.dots)
    floor = sets.evaluator.eps
    lengths = [np.maximum(np.sqrt(np.maximum(square, 0.0)), floor) for square in (own, other)]
    return np.clip(cross / lengths[0] / lengths[1], -1.0, 1.0)


def _centroid_in_tile(tile: TokenTile, request: AggregateRequest) -> Column:
    x, y = (block.prepared[request.name] for block in (tile.block, tile.other))
    return np.stack([score_rows("cosine", row[None], y, eps=tile.kernel.eps) for row in x])


CENTROID = AggregateRecord(
    in_one_pass=True,
    resampled=_centroid_drawn,
    mixed=_centroid_mixed,
    in_blocks=BlockForm(_centroid_in_tile, lambda block, parameters: block.means(unit=_of_units(parameters))),
)


MMD_LINEAR = AggregateRecord(
    parts=("unbiased",), in_one_pass=True, mixed=lambda sets, _: sets.discrepancies(sets.centred_dots)
)
