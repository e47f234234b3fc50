"""Which product a scan takes: float32 by numpy, int8 by NumKong, bfloat16 by torch. Decided here and nowhere else."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..backend import choose_backend
from ..metrics import int8
from ..metrics.precision import BFLOAT16, FLOAT32, FLOAT64, INT8
from ..results import Column
from . import calibration
from .job import PairwiseJob
from .kernels import Kernel
from .prefix_choice import sample_of
from .prefix_scan import PrefixKernel
from .reach import Reach
from .scan_costs import Contender, contenders, seconds_of
from .threads import processors

_log = logging.getLogger(__name__)
SMALL = 3e10  # operations of a scan that float32 ends before it is known whether another format is faster

PREFIX_PAYS = 0.8  # share of the time of whole rows below which prefixes pay, whose time is less well known
INT8_PAYS = 0.75  # the same of int8, whose pairs take longer than expected where others use the memory too

CENTER_ROWS = 4096


def choose_kernel(job: PairwiseJob, a: Column, b: Column, reach: Reach) -> Kernel:
    """Return the kernel that takes least time of those whose bound holds for this metric and these numbers.

    Args:
        job: how pairs are scored, in which precision and where if that was asked for.
        a: (n, d) rows.
        b: (m, d) rows.
        reach: how far the selection looks.

    Raises:
        ParameterError: a precision that the metric has not.
        ResourceError: a precision whose library is not installed.
    """
    metric, backend = job.metric, job.backend
    if not metric.has_product or job.precision == FLOAT64.name or not job.fits_float32:
        return Kernel(metric, FLOAT64.name, job.scaled, backend)
    if job.precision in (INT8.name, BFLOAT16.name):
        return _asked(job)
    # distances do not change with the origin, and near the rows little cancels
    center = middle(b) if metric.expands_squares else None
    plain = Kernel(metric, FLOAT32.name, job.scaled, backend, center=center)
    if reach.capped:
        return plain
    if backend.name == "torch" and job.precision != FLOAT32.name and metric.is_product:
        plain = replace(plain, dtype=(BFLOAT16 if calibration.pays(BFLOAT16, backend, job.dims) else FLOAT32).name)
    if backend.device != "cpu" or 2.0 * len(a) * len(b) * a.shape[1] < SMALL:
        _log.info("float32: a job this small ends before another format could be tried")
        return plain
    with backend.in_one_thread():  # small products, in which threads would wait for each other most of the time
        return _cheapest(job, plain, a, b, reach, (len(a), len(b)))[1]


def expected_share(job: PairwiseJob, reach: Reach, shape: tuple[int, int]) -> float:
    """Return the share of the time of whole rows in float32 that the scan takes which a larger job would choose.

    Args:
        job: whose rows are a sample of those of the larger one.
        reach: how far the selection looks.
        shape: rows of both sides of the larger job.
    """
    _, a, b = next(job.batches())
    small = 2.0 * shape[0] * shape[1] * job.dims < SMALL
    if small or job.backend.device != "cpu" or job.precision == FLOAT64.name or reach.capped:
        return 1.0
    if not job.metric.has_product or not job.fits_float32 or job.precision in (INT8.name, BFLOAT16.name):
        return 1.0
    center = middle(b) if job.metric.expands_squares else None
    plain = Kernel(job.metric, FLOAT32.name, job.scaled, job.backend, center=center)
    with job.backend.in_one_thread():
        contender = next(contenders(job, plain))
        return _cheapest(job, plain, a, b, reach, shape)[0] / seconds_of(contender, job, a, b, reach, shape)


def _asked(job: PairwiseJob) -> Kernel:
    """Return the kernel of a reduced precision that was asked for."""
    backend = job.backend
    if job.precision == BFLOAT16.name and backend.name == "numpy":
        backend = choose_backend("torch", "cpu")
    if job.precision == INT8.name:
        backend = choose_backend("numpy")
    # sums of more dims would leave the range of 32 bits
    dtype = FLOAT32.name if job.precision == INT8.name and job.dims > int8.DIMS else job.precision
    return Kernel(job.metric, dtype, job.scaled, backend)


def _cheapest(
    job: PairwiseJob, plain: Kernel, a: Column, b: Column, reach: Reach, shape: tuple[int, int]
) -> tuple[float, Kernel]:
    """Return the seconds and the kernel of the product that is expected to take least time on the processor.

    The rows are those of a job of that shape, or a sample of them.
    """
    products = list(contenders(job, plain))
    costs = [
        (seconds_of(each, job, a, b, reach, shape) / (INT8_PAYS if each.precision is INT8 else 1.0), each)
        for each in products
    ]
    costs += _of_prefixes(job, plain, products, a, b, reach, shape)
    for seconds, each in costs:
        prefix = f" with prefixes of {each.rotation.prefix} dims" if each.rotation else ""
        _log.info("%s by %s would take about %.3g s%s", each.precision.name, each.library, seconds, prefix)
    for seconds, best in sorted(costs, key=lambda cost: cost[0]):
        kernel = replace(plain, dtype=best.precision.name)
        if best.library == "torch" and plain.backend.name != "torch":
            kernel = replace(kernel, backend=choose_backend("torch", "cpu"))
            if not calibration.pays(BFLOAT16, kernel.backend, job.dims):
                continue
        return seconds, kernel if best.rotation is None else PrefixKernel.of(kernel, best.rotation)
    return costs[0][0], plain


def _of_prefixes(
    job: PairwiseJob,
    plain: Kernel,
    products: list[Contender],
    a: Column,
    b: Column,
    reach: Reach,
    shape: tuple[int, int],
) -> Iterator[tuple[float, Contender]]:
    """Yield the products of prefixes with the seconds that each is expected to take, with some to spare."""
    plan = job.budget.plan(*shape, max(1, a.shape[1] // 4), plain.precision.itemsize)
    prepared = 1 if plan.kept_columns >= plan.columns else -(-plan.rows // plan.query_block)
    sample = sample_of(plain, a, b, reach, prepared, shape)
    if sample is None:
        return
    for each in products:
        if each.precision is not INT8:  # one step for a whole row, of which a prefix has the longest numbers
            seconds, rotation = sample.cheapest(each.precision, each.operation)
            if rotation is not None:
                yield each.start + seconds / (PREFIX_PAYS * processors()), replace(each, rotation=rotation)


def middle(rows: Column) -> Column:
    """Return the mean of some of the finite rows; any point would do."""
    finite = np.flatnonzero(np.isfinite(rows[:, 0]))  # a row of NaN is NaN throughout
    some = finite[:: max(1, len(finite) // CENTER_ROWS)]
    middle: Column = rows[some].astype(np.float64).mean(axis=0) if len(some) else np.zeros(rows.shape[1])
    return middle
