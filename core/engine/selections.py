"""The closest pairs of two sets of rows, from one tiled sweep: the only place that puts such a sweep together."""

import numpy as np

from ..results import Column, Progress
from .budget import Budget, budget_of
from .duplicates import Distinct
from .exclusion import Exclusion
from .job import PairwiseJob
from .kernels import Kernel
from .plan import Plan
from .precision_choice import choose_kernel
from .reach import Reach
from .reducers.base import Give, Reducer, SelectionSpec
from .reducers.capped_top_k import CappedTopK
from .reducers.closest_pairs import ClosestPairs
from .reducers.column_top_k import ColumnTopK
from .reducers.self_join_top_k import SelfJoinTopK
from .reducers.threshold import Threshold
from .reducers.together import Together
from .reducers.top_k import TopK
from .sweep import query_blocks_at_once, sweep

MANY = 4  # query blocks at once, from which on reading every tile takes less time than half of them in turn
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
    plan = (budget or budget_of(None)).plan(len(x), len(y), x.shape[1], kernel.precision.itemsize)
    sweep(x, y, kernel, reducer, plan, progress)


def each_nearest(
    job: PairwiseJob,
    a: Column,
    b: Column | Distinct,
    k: int,
    give: Give,
    progress: Progress | None = None,
    *,
    give_back: Give | None = None,
    threshold: float | None = None,
    caps: Column | None = None,
) -> Kernel:
    """Give the k closest rows of B of each row of A, of equals the first: rows of A ascending, closest first.

    Args:
        job: how pairs are scored and which of them are left out.
        a: (n, d) rows of the job, or of one of its batches.
        b: (m, d) rows, or what is left of them without repeats.
        k: how many; all there are where it is more.
        give: takes row, column and score of finished rows.
        give_back: takes the closest row of A of each row of B as well: its place among the rows of B that are left, the
            row of A and the score.
        threshold: the least similarity, or the largest distance, of what is given; None for any.
        caps: (n,) the largest similarity, or the least distance, of what is given of each row of A; None for any.
        progress: called with the rows of A that are done and their total.

    Returns:
        The kernel that scanned them.
    """
    if not isinstance(b, Distinct):
        # of equal rows the first are listed: more than k of them are never needed
        b = Distinct.of(b, k + (job.excluded.most if job.excluded else 0), job.budget)
    k, excluded = min(k, len(b.rows)), job.excluded and job.excluded.of_columns(b.kept)
    joins = b.kept is None and give_back is None and job.upper_triangle and k <= SELF_JOIN
    joins = joins and threshold is None and caps is None
    least = None if threshold is None else float(job.metric.proxy_score(np.asarray(threshold)))
    reach = Reach(k, least, excluded=excluded, joined=joins, by_column=give_back is not None, capped=caps is not None)
    kernel = choose_kernel(job, a, b.rows, reach)
    plan = plan_of(job.budget, kernel, a, b.rows)
    if kernel.knows_scores:
        joins = joins and joins_tiles(job, k, kernel, plan)
    else:  # what is sure comes of the most promising places of a tile, so that it had better be long
        plan, joins = plan.with_long_rows(job.budget.long_tile, kernel.width(job.dims)), False
    spec = spec_of(job, kernel, a, b.rows, excluded, upper_triangle=joins)
    give = _numbered(give, b)
    rows: Reducer = TopK(k, spec, give, threshold)
    if joins:
        rows = SelfJoinTopK(k, spec, plan.query_block, give)
    elif caps is not None:
        rows = CappedTopK(k, spec, give, threshold, caps=caps)
    if give_back is None:
        sweep(a, b.rows, kernel, rows, plan, progress)
        return kernel
    columns = ColumnTopK(1, spec, plan.corpus_block, give_back)
    sweep(a, b.rows, kernel, Together((rows, columns)), plan, progress)
    columns.finish()
    return kernel


def within(
    job: PairwiseJob, a: Column, b: Column, threshold: float, most: int, give: Give, progress: Progress | None = None
) -> Kernel:
    """Give all pairs at least as close as a threshold, in order of row and column.

    Args:
        job, a, b, progress: as for `each_nearest`.
        threshold: the least similarity, or the largest distance.
        most: how many pairs may be found.
        give: takes row, column and score of the pairs of some rows.

    Returns:
        The kernel that scanned them.

    Raises:
        ResourceError: more than `most` pairs.
    """
    least = float(job.metric.proxy_score(np.asarray(threshold)))
    kernel = choose_kernel(job, a, b, Reach(least=least, excluded=job.excluded, halved=job.upper_triangle))
    spec = spec_of(job, kernel, a, b, job.excluded, upper_triangle=job.upper_triangle)
    sweep(a, b, kernel, Threshold(threshold, most, spec, give), plan_of(job.budget, kernel, a, b), progress)
    return kernel


def closest_pairs(
    job: PairwiseJob, a: Column, b: Column, count: int, give: Give, progress: Progress | None = None
) -> Kernel:
    """Give the closest pairs of all, closest first, ties by row, then by column.

    Args:
        job, a, b, progress: as for `each_nearest`.
        count: how many; all there are where it is more.
        give: takes row, column and score, once.

    Returns:
        The kernel that scanned them.
    """
    reach = Reach(count / len(a), of_all=True, excluded=job.excluded, halved=job.upper_triangle)
    kernel = choose_kernel(job, a, b, reach)
    spec = spec_of(job, kernel, a, b, job.excluded, upper_triangle=job.upper_triangle)
    reducer = ClosestPairs(min(count, len(a) * len(b)), spec, give)
    sweep(a, b, kernel, reducer, plan_of(job.budget, kernel, a, b), progress)
    reducer.finish()
    return kernel


def plan_of(budget: Budget, kernel: Kernel, x: Column, y: Column) -> Plan:
    """Return the grid in which a kernel takes all pairs."""
    return budget.plan(len(x), len(y), kernel.width(x.shape[1]), kernel.precision.itemsize)


def spec_of(
    job: PairwiseJob, kernel: Kernel, a: Column, b: Column, excluded: Exclusion | None, *, upper_triangle: bool
) -> SelectionSpec:
    """Return what a reducer needs to know of the job whose tiles it takes."""
    return SelectionSpec(
        kernel=kernel,
        pairs=job.pairs(a, b),
        larger_is_closer=job.entry.larger_is_closer,
        has_missing=bool(job.b.missing.any()),
        excluded=excluded,
        upper_triangle=upper_triangle,
        most=job.budget.candidates,
    )


def joins_tiles(job: PairwiseJob, k: int, kernel: Kernel, plan: Plan) -> bool:
    """Tell whether a small top k of one set had better read each tile both ways: what it knows of all rows is kept."""
    if query_blocks_at_once(kernel, plan) > MANY:
        return False
    return plan.rows > 2 * plan.query_block and 2 * plan.rows * k <= job.budget.candidates


def _numbered(give: Give, b: Distinct) -> Give:
    """Return what gives the numbers of columns instead of their places among those that are left."""
    return give if b.kept is None else lambda hits: give((hits[0], b.numbers(hits[1]), hits[2]))
