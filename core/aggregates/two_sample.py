"""Distances of two distributions by the means of a function of all pairs; those asked for together share a sweep."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..backend import Backend
from ..results import Column, Progress
from .closed_forms import TwoSample
from .kernel_means import CUBIC, DISTANCE, GAUSSIAN, LAPLACIAN, PairKernel, median_width, two_sample
from .mixed import MixedSets
from .record import NUMPY, AggregateRecord, AggregateRequest, Evaluator, Parameters


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
