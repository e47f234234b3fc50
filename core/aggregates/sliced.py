"""Transport between two sets along random lines, where it is a matter of sorting."""

import numpy as np

from ..backend import Backend
from ..checks import refuse_overflow
from ..results import Column
from .moments import check_at_least, check_same_space, check_whole, scale_of
from .record import NUMPY, AggregateRecord

CHUNK = 1 << 20  # numbers that are widened at a time
PROJECTED = 1 << 23  # numbers along lines that are held at a time, unless one line has more


SLICED_WASSERSTEIN = AggregateRecord(in_one_pass=True)


def sliced_wasserstein(
    x: Column, y: Column, *, projections: int = 128, p: float = 2.0, seed: int = 0, backend: Backend = NUMPY
) -> float:
    """Sliced Wasserstein distance: transport between two sets along random lines.

    With F^-1 the step function of the quantiles of a set along a line l of the unit sphere::

        W_l^p = integral over q from 0 to 1 of |F_X^-1(q) - F_Y^-1(q)|^p,   score = (mean_l W_l^p)^(1/p)

    Args:
        x: (n, d) finite rows.
        y: (m, d); m may differ from n.
        projections: how many lines.
        p: p >= 1, the power of the distance.
        seed: of the lines.
        backend: where to compute.

    Returns:
        A distance in units of the input, at least 0; 0 for the same rows in any order.

    Raises:
        ShapeError: rows of different dims.
        ParameterError: `projections` or `p` is less than 1.
        DataError: the distance leaves the range of float64.

    Source:
        Bonneel et al. 2015, section 3, with random lines.

    Example:
        >>> x = np.asarray([[0.0], [1.0], [5.0]])
        >>> sliced_wasserstein(x, x[::-1] + 2)
        2.0
    """
    check_same_space("sliced-wasserstein", x, y)
    projections, seed = check_whole("projections", projections, 1), check_whole("seed", seed, 0)
    check_at_least("p", p, 1.0)
    scale = max(scale_of(x), scale_of(y))
    lines = directions(x.shape[1], projections, seed)
    distances = np.empty(projections)
    step = max(1, PROJECTED // (len(x) + len(y)))
    for start in range(0, projections, step):
        places = [_quantiles(rows, lines[start : start + step], scale, backend) for rows in (x, y)]
        for number, (of_x, of_y) in enumerate(zip(*places, strict=True), start):
            distances[number] = _line_distance(of_x, of_y, p)
    score = _power_mean(distances, np.full(projections, 1 / projections), p) * scale
    if not np.isfinite(score):
        raise refuse_overflow("A, B")
    return score


def directions(d: int, projections: int, seed: int) -> Column:
    """Return (projections, d) seeded random unit vectors."""
    drawn: Column = np.random.default_rng(seed).standard_normal((projections, d))
    lengths: Column = np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn / lengths


def _quantiles(rows: Column, lines: Column, scale: float, backend: Backend) -> Column:
    """Return (projections, n) the sorted places of the rows along each line."""
    places = np.empty((len(lines), len(rows)))
    on_device, step = backend.put(lines), max(1, CHUNK // rows.shape[1])
    for start in range(0, len(rows), step):
        wide = backend.put(rows[start : start + step], backend.xp.float64) / scale
        places[:, start : start + step] = backend.get(backend.product(on_device, wide))
    places.sort(axis=1)
    return places


def _line_distance(x: Column, y: Column, p: float) -> float:
    """Return the Wasserstein distance of sorted numbers."""
    n, m = len(x), len(y)
    if n == m:
        return _power_mean(np.abs(x - y), np.full(n, 1 / n), p)
    # where either step function steps, counted in 1 / (n m) so that equal places are equal
    ends = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    gaps = np.abs(x[(ends - 1) // m] - y[(ends - 1) // n])
    return _power_mean(gaps, np.diff(ends, prepend=0) / (n * m), p)


def _power_mean(values: Column, weights: Column, p: float) -> float:
    """Return the p-th root of the weighted mean of p-th powers, none of which overflows or vanishes."""
    largest = float(values.max())
    if largest == 0:
        return 0.0
    mean = float(np.vdot((values / largest) ** p, weights))
    return float(largest * mean ** (1 / p))
