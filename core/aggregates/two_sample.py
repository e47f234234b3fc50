"""Distances of two distributions by the means of a function of all pairs, through the tiled sweep.

`two_sample` computes all that are asked for: those of Euclidean distances share one sweep, and so do those of dot
products. Every row of a tile is summed apart and the sums are merged exactly, so no size of tile shows.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from ..backend import Array, Backend, quiet
from ..checks import refuse_overflow
from ..errors import ParameterError
from ..results import Column, Progress
from .closed_forms import TwoSample
from .mixed import MixedSets
from .pair_sums import PairSums, rows_of
from .record import NUMPY, AggregateRecord, AggregateRequest, Evaluator, Parameters

MEDIAN_PAIRS = 1 << 17  # of which the width is the median
CHUNK = 1 << 18  # numbers that are widened at a time


class PairKernel(NamedTuple):
    """A function of squared distances or of dot products.

    Args:
        metric: sqeuclidean or dot, what it is a function of.
        values: takes the namespace, an array of the metric's values, the width and the dims of a row.
        has_width: whether the width matters.
    """

    metric: str
    values: Callable[[Any, Array, float, int], Array]
    has_width: bool


DISTANCE = PairKernel("sqeuclidean", lambda xp, squares, width, dims: -xp.sqrt(squares), False)
GAUSSIAN = PairKernel("sqeuclidean", lambda xp, squares, width, dims: xp.exp(squares / (-2.0 * width**2)), True)
LAPLACIAN = PairKernel("sqeuclidean", lambda xp, squares, width, dims: xp.exp(xp.sqrt(squares) / -width), True)
CUBIC = PairKernel("dot", lambda xp, products, width, dims: (products / dims + 1.0) ** 3, False)


class Discrepancy(NamedTuple):
    """A squared maximum mean discrepancy, and the width of its kernel.

    Args:
        biased: every pair counts, a row with itself too; at least 0.
        unbiased: without the pairs of a row with itself; may be negative, NaN where a set has one row.
        width: the distance that the kernel divides by.
    """

    biased: float
    unbiased: float
    width: float

    @property
    def score(self) -> float:
        """The biased one, which is always defined."""
        return self.biased


def energy_distance(x: Column, y: Column, *, backend: Backend = NUMPY, progress: Progress | None = None) -> TwoSample:
    """Energy distance, squared as Székely and Rizzo define it: 2 E|X-Y| - E|X-X'| - E|Y-Y'|.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Returns:
        `biased`, with E|X-X'| over all n^2 pairs, at least 0, and `unbiased`, over the n (n - 1) pairs of different
        rows; in units of the rows.

    Raises:
        DataError: a square leaves the range of float64.

    Source:
        Székely, Rizzo 2013, equations 5 and 6; scipy.stats.energy_distance, in one dim, is the root of `biased`.

    Example:
        >>> energy_distance(np.asarray([[0.0], [2.0]]), np.asarray([[5.0]])).biased
        7.0
    """
    return two_sample(x, y, [DISTANCE], backend=backend, progress=progress)[0]


def mmd_rbf(
    x: Column,
    y: Column,
    *,
    width: float | None = None,
    seed: int = 0,
    backend: Backend = NUMPY,
    progress: Progress | None = None,
) -> Discrepancy:
    """Squared maximum mean discrepancy with the Gaussian kernel exp(-|x-y|^2 / (2 width^2)).

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        width: above 0, in units of the rows; None for the median distance, see `median_width`.
        seed: of the pairs that the median is taken of, where there are too many.
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Returns:
        `biased` in [0, 2], `unbiased`, and the `width`.

    Raises:
        ParameterError: the width is not positive.
        DataError: a square leaves the range of float64.

    Source:
        Gretton et al. 2012, equations 3 and 5, with the width of section 8.

    Example:
        >>> found = mmd_rbf(np.zeros((1, 1)), np.ones((1, 1)), width=1.0)
        >>> round(found.biased, 6)
        0.786939
    """
    width = median_width(x, y, seed=seed) if width is None else width
    return Discrepancy(*two_sample(x, y, [GAUSSIAN], width=width, backend=backend, progress=progress)[0], width)


def mmd_laplacian(
    x: Column,
    y: Column,
    *,
    width: float | None = None,
    seed: int = 0,
    backend: Backend = NUMPY,
    progress: Progress | None = None,
) -> Discrepancy:
    """Squared maximum mean discrepancy with the Laplacian kernel exp(-|x-y| / width) of the Euclidean distance.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        width: above 0, in units of the rows; None for the median distance, see `median_width`.
        seed: of the pairs that the median is taken of, where there are too many.
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Returns:
        `biased` in [0, 2], `unbiased`, and the `width`.

    Raises:
        ParameterError: the width is not positive.
        DataError: a square leaves the range of float64.

    Source:
        Gretton et al. 2012, equations 3 and 5; the kernel of Feydy et al. 2019 (geomloss).

    Example:
        >>> found = mmd_laplacian(np.zeros((1, 1)), np.ones((1, 1)), width=1.0)
        >>> round(found.biased, 6)
        1.264241
    """
    width = median_width(x, y, seed=seed) if width is None else width
    return Discrepancy(*two_sample(x, y, [LAPLACIAN], width=width, backend=backend, progress=progress)[0], width)


def mmd_poly3(x: Column, y: Column, *, backend: Backend = NUMPY, progress: Progress | None = None) -> TwoSample:
    """Squared maximum mean discrepancy with the cubic kernel (x·y / d + 1)^3, the kernel inception distance.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Returns:
        `biased`, at least 0, and `unbiased`, of all rows at once, not of the mean over subsets.

    Raises:
        DataError: a value leaves the range of float64.

    Source:
        Bińkowski et al. 2018, "Demystifying MMD GANs", section 4.

    Example:
        >>> mmd_poly3(np.zeros((1, 1)), np.ones((1, 1))).biased
        7.0
    """
    return two_sample(x, y, [CUBIC], backend=backend, progress=progress)[0]


def two_sample(
    x: Column,
    y: Column,
    kernels: Sequence[PairKernel],
    *,
    width: float = 1.0,
    backend: Backend = NUMPY,
    progress: Progress | None = None,
) -> list[TwoSample]:
    """Compute the estimates of several kernels, in one sweep for distances and one for products.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        kernels: which.
        width: of kernels that have one, above 0, in units of the rows; `median_width` gives one.
        backend: where to compute.
        progress: called with the rows that are done and their total, for x and y, x alone and y alone, of each sweep.

    Raises:
        ParameterError: the width is not positive.
        DataError: a value leaves the range of float64.

    Example:
        >>> two_sample(np.zeros((1, 1)), np.ones((1, 1)), [DISTANCE])[0].biased
        2.0
    """
    if not (width > 0 and isfinite(width)):
        raise ParameterError(f"width is {width}, expected more than 0", "«width»")
    found: dict[PairKernel, TwoSample] = {}
    for metric in ("sqeuclidean", "dot"):
        own = [kernel for kernel in kernels if kernel.metric == metric]
        functions = [_bound(kernel, width, x.shape[1], backend) for kernel in own]
        if own:
            found.update(zip(own, PairSums(x, y, metric, functions, backend, progress).estimates(), strict=True))
    return [found[kernel] for kernel in kernels]


def _bound(kernel: PairKernel, width: float, dims: int, backend: Backend) -> Callable[[Array], Array]:
    return lambda values: kernel.values(backend.xp, values, width, dims)


def median_width(x: Column, y: Column, *, seed: int = 0) -> float:
    """Return the median Euclidean distance of two different rows of both sets together.

    Of all pairs where there are at most 131 072, as of 512 rows; else of that many, drawn by row number with the seed,
    with replacement, so that there it depends on the order of the rows and of the sets. Where half of the distances are
    0 it is the median of the others, and 1 where all are.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        seed: of the drawing.

    Example:
        >>> median_width(np.asarray([[0.0], [1.0]]), np.asarray([[3.0]]))
        2.0
    """
    total = len(x) + len(y)
    if total * (total - 1) // 2 <= MEDIAN_PAIRS:
        first, second = np.triu_indices(total, 1)
    else:
        rng = np.random.default_rng(seed)
        first = rng.integers(0, total, MEDIAN_PAIRS)
        second = (first + rng.integers(1, total, MEDIAN_PAIRS)) % total
    distances = np.empty(len(first))
    step = max(1, CHUNK // x.shape[1])
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        difference = rows_of(x, y, first[part]) - rows_of(x, y, second[part])
        with quiet():
            distances[part] = np.sqrt(np.vecdot(difference, difference))
    median = float(np.median(distances)) if len(distances) else 0.0
    apart = distances[distances > 0]
    if median == 0:
        median = float(np.median(apart)) if len(apart) else 1.0
    if not isfinite(median):
        raise refuse_overflow("A, B")
    return median


def _shared(kernel: PairKernel) -> Callable[[Evaluator, Parameters], TwoSample | Discrepancy]:
    """Return what takes the value of a kernel from the sweep of all that are asked for."""
    return lambda job, _: job.once("discrepancies", lambda: _discrepancies(job))[kernel]


def _discrepancies(job: Evaluator) -> dict[PairKernel, TwoSample | Discrepancy]:
    """Return all that are asked for, those of one width, and at first those of none, from one sweep."""
    widths = {
        kernel: _width(job, request.parameters) if kernel.has_width else None
        for record, kernel in RECORDS
        for request in job.asked(record)
    }
    found: dict[PairKernel, TwoSample | Discrepancy] = {}
    distinct = dict.fromkeys(width for width in widths.values() if width is not None) or {1.0: None}
    for number, width in enumerate(distinct):
        kernels = [kernel for kernel, own in widths.items() if own == width or (own is None and not number)]
        values = two_sample(*job.sets[:2], kernels, width=width, backend=job.backend, progress=job.progress)
        for kernel, value in zip(kernels, values, strict=True):
            found[kernel] = Discrepancy(*value, width) if kernel.has_width else value
    return found


def _width(job: Evaluator, parameters: Parameters) -> float:
    """Return the width that was given, or the median distance, which all kernels share."""
    if parameters.get("width") is not None:
        return float(parameters["width"])
    return float(job.once("median width", lambda: median_width(*job.sets[:2], seed=parameters["seed"])))


def _gaussian_mixed(sets: MixedSets, request: AggregateRequest) -> Column:
    width = _width(sets.evaluator, request.parameters)
    return sets.discrepancies(np.exp(-((sets.distances / width) ** 2) / 2))


def _laplacian_mixed(sets: MixedSets, request: AggregateRequest) -> Column:
    return sets.discrepancies(np.exp(-sets.distances / _width(sets.evaluator, request.parameters)))


ENERGY = AggregateRecord(
    parts=("unbiased",), shared=_shared(DISTANCE), mixed=lambda sets, _: -sets.discrepancies(sets.distances)
)
MMD = AggregateRecord(parts=("unbiased", "width"), shared=_shared(GAUSSIAN), mixed=_gaussian_mixed)
MMD_LAPLACIAN = AggregateRecord(parts=("unbiased", "width"), shared=_shared(LAPLACIAN), mixed=_laplacian_mixed)
MMD_POLY3 = AggregateRecord(
    parts=("unbiased",),
    shared=_shared(CUBIC),
    mixed=lambda sets, _: sets.discrepancies((sets.dots / sets.dims + 1.0) ** 3),
)
RECORDS = ((ENERGY, DISTANCE), (MMD, GAUSSIAN), (MMD_LAPLACIAN, LAPLACIAN), (MMD_POLY3, CUBIC))
