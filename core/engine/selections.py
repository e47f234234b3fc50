"""The closest pairs of two sets of rows, from one tiled sweep: the only place that puts such a sweep together."""

import numpy as np

from ..metrics.precision import FLOAT32
from ..results import Column, Progress
from .budget import Budget, budget_of
from .calibration import fastest
from .duplicates import Distinct
from .exclusion import Exclusion
from .job import PairwiseJob
from .kernels import Kernel
from .plan import Plan
from .prefix_choice import Wanted, shortened
from .prefix_scan import PrefixKernel
from .reducers.base import Give, Reducer, SelectionSpec
from .reducers.bidirectional_top_k import BidirectionalTopK, ColumnTopK
from .reducers.closest_pairs import ClosestPairs
from .reducers.self_join_top_k import SelfJoinTopK
from .reducers.threshold import Threshold
from .reducers.top_k import TopK
from .sweep import query_blocks_at_once, sweep

CENTER_ROWS = 4096
SELF_JOIN = 32  # of a larger k the candidates of both directions cost more than half the tiles save


def reduce_pairs(
    x: Column,
    y: Column,
    kernel: Kernel,
    reducer: Reducer,
    *,
    budget: Budget | None = None,
    progress: Progress | None = None,
) -> None:
    """Take the tiles of all pairs of rows through a reducer.

    Args:
        x: (n, d) host rows.
        y: (m, d).
        kernel: scores the tiles.
        reducer: takes them, one block of rows of x after the other.
        budget: by default that of the running job.
        progress: called with the rows of x that are done and their total.
    """
    sweep(x, y, kernel, reducer, _plan(budget or budget_of(None), kernel, x, y), progress)


def each_nearest(
    job: PairwiseJob,
    a: Column,
    b: Column | Distinct,
    k: int,
    give: Give,
    progress: Progress | None = None,
    *,
    give_back: Give | None = None,
) -> None:
    """Give the k closest rows of B of each row of A, of equals the first: rows of A ascending, closest first.

    Args:
        job: how pairs are scored and which of them are left out.
        a: (n, d) rows of the job, or of one of its batches.
        b: (m, d) rows, or what is left of them without repeats.
        k: how many; all there are where it is more.
        give: takes row, column and score of finished rows.
        give_back: takes the closest row of A of each row of B as well: its place among the rows of B that are left, the
            row of A and the score.
        progress: called with the rows of A that are done and their total.
    """
    if not isinstance(b, Distinct):
        # of equal rows the first are listed: more than k of them are never needed
        b = Distinct.of(b, k + (job.excluded.most if job.excluded else 0), job.budget)
    kernel = _kernel(job, b.rows)
    plan, k = _plan(job.budget, kernel, a, b.rows), min(k, len(b.rows))
    joins = b.kept is None and give_back is None and _joins(job, k, kernel, plan)
    excluded = job.excluded and job.excluded.of_columns(b.kept)
    if give_back is None:
        share = 0.5 if joins else 1.0
        kernel = shortened(kernel, a, b.rows, Wanted(k=k), plan, excluded=excluded, share=share)
    if isinstance(kernel, PrefixKernel):
        plan, joins = job.budget.plan(len(a), len(b.rows), kernel.rotation.prefix + 1, kernel.precision.itemsize).with_long_rows(), False
    spec = _spec(job, kernel, a, b.rows, excluded, upper_triangle=joins)
    give = _numbered(give, b)
    rows: Reducer = SelfJoinTopK(k, spec, plan.query_block, give) if joins else TopK(k, spec, give)
    if give_back is None:
        sweep(a, b.rows, kernel, rows, plan, progress)
        return
    columns = ColumnTopK(1, spec, plan.corpus_block, give_back)
    sweep(a, b.rows, kernel, BidirectionalTopK(rows, columns), plan, progress)
    columns.finish()


def within(
    job: PairwiseJob, a: Column, b: Column, threshold: float, most: int, give: Give, progress: Progress | None = None
) -> None:
    """Give all pairs at least as close as a threshold, in order of row and column.

    Args:
        job: how pairs are scored and which of them are left out.
        a: (n, d) rows of the job, or of one of its batches.
        b: (m, d).
        threshold: the least similarity, or the largest distance.
        most: how many pairs may be found.
        give: takes row, column and score of the pairs of some rows.
        progress: called with the rows of A that are done and their total.

    Raises:
        ResourceError: more than `most` pairs.
    """
    kernel = _shortened(job, _kernel(job, b), a, b, Wanted(least=float(job.metric.proxy_score(np.asarray(threshold)))))
    spec = _spec(job, kernel, a, b, job.excluded, upper_triangle=job.upper_triangle)
    sweep(a, b, kernel, Threshold(threshold, most, spec, give), _plan(job.budget, kernel, a, b), progress)


def closest_pairs(
    job: PairwiseJob, a: Column, b: Column, count: int, give: Give, progress: Progress | None = None
) -> None:
    """Give the closest pairs of all, closest first, ties by row, then by column.

    Args:
        job: how pairs are scored and which of them are left out.
        a: (n, d) rows of the job, or of one of its batches.
        b: (m, d).
        count: how many; all there are where it is more.
        give: takes row, column and score, once.
        progress: called with the rows of A that are done and their total.
    """
    kernel = _shortened(job, _kernel(job, b), a, b, Wanted(pairs=min(count, len(a) * len(b))))
    spec = _spec(job, kernel, a, b, job.excluded, upper_triangle=job.upper_triangle)
    reducer = ClosestPairs(min(count, len(a) * len(b)), spec, give)
    sweep(a, b, kernel, reducer, _plan(job.budget, kernel, a, b), progress)
    reducer.finish()


def _shortened(job: PairwiseJob, kernel: Kernel, a: Column, b: Column, wanted: Wanted) -> Kernel:
    """Return a kernel of prefixes where they are expected to find the pairs of two sets in less time."""
    plan, share = _plan(job.budget, kernel, a, b), 0.5 if job.upper_triangle else 1.0
    return shortened(kernel, a, b, wanted, plan, excluded=job.excluded, share=share, own=share)


def _plan(budget: Budget, kernel: Kernel, x: Column, y: Column) -> Plan:
    return budget.plan(len(x), len(y), x.shape[1], kernel.precision.itemsize)


def _spec(
    job: PairwiseJob, kernel: Kernel, a: Column, b: Column, excluded: Exclusion | None, *, upper_triangle: bool
) -> SelectionSpec:
    return SelectionSpec(
        kernel=kernel,
        pairs=job.pairs(a, b),
        larger_is_closer=job.entry.larger_is_closer,
        has_missing=bool(job.b.missing.any()),
        excluded=excluded,
        upper_triangle=upper_triangle,
        most=job.budget.candidates,
    )


def _joins(job: PairwiseJob, k: int, kernel: Kernel, plan: Plan) -> bool:
    """Tell whether a top k of one set had better read each tile both ways: what it knows of all rows is kept."""
    if not job.upper_triangle or k > SELF_JOIN or query_blocks_at_once(kernel, plan) > 1:
        return False
    return plan.rows > 2 * plan.query_block and 2 * plan.rows * k <= job.budget.candidates


def _numbered(give: Give, b: Distinct) -> Give:
    """Return what gives the numbers of columns instead of their places among those that are left."""
    return give if b.kept is None else lambda hits: give((hits[0], b.numbers(hits[1]), hits[2]))


def _kernel(pairing: PairwiseJob, b: Column) -> Kernel:
    """Return the fastest kernel whose bound holds for this metric and these numbers."""
    metric, backend = pairing.metric, pairing.backend
    if not metric.has_product or pairing.precision == "float64" or not pairing.fits_float32:
        return Kernel(metric, "float64", pairing.scaled, backend)
    if metric.expands_squares:
        # distances do not change with the origin, and near the rows little cancels
        return Kernel(metric, "float32", pairing.scaled, backend, center=middle(b))
    precision = fastest(backend, pairing.dims) if pairing.precision == "auto" else FLOAT32
    return Kernel(metric, precision.name, pairing.scaled, backend)


def middle(rows: Column) -> Column:
    """Return the mean of some of the finite rows; any point would do."""
    finite = np.flatnonzero(np.isfinite(rows[:, 0]))  # a row of NaN is NaN throughout
    some = finite[:: max(1, len(finite) // CENTER_ROWS)]
    middle: Column = rows[some].astype(np.float64).mean(axis=0) if len(some) else np.zeros(rows.shape[1])
    return middle
