"""What a pass of a job will do, by its shapes: pairs, operations, bytes, memory and tasks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from ..io import Vectors
from ..metrics.precision import FLOAT32, FLOAT64
from .budget import Budget
from .choice import Choice
from .job import PairwiseJob
from .kernels import Kernel
from .precision_choice import expected_share
from .reach import Reach
from .reducers.base import Reducer
from .resident_rows import resident_bytes
from .selections import SELF_JOIN, joins_tiles

LEAST_SHARE = 0.4  # what is expected of another number format on a busy machine is not trusted beyond it


@dataclass(frozen=True)
class Phase:
    """One pass of a job over its inputs.

    Args:
        name: what it does.
        pairs: pairs of rows that it scores.
        flop: floating-point operations of their scores: 2 d of a pair, a product and a sum for each number.
        bytes_read: of the rows as they are decoded.
        bytes_written: of files or of the result.
        memory: bytes that it takes at most beside the inputs that are open and what any job needs.
        tasks: pieces that could be computed apart.
        blocks: pieces that threads take in turn.
        share: of the time of float32 products that it takes in the number format that it would choose.
    """

    name: str
    pairs: int = 0
    flop: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    memory: int = 0
    tasks: int = 1
    blocks: int = 1
    share: float = 1.0


def reading_phase(vectors: Sequence[Vectors], budget: Budget) -> Phase:
    """Return the pass that reads and checks the rows, once each."""
    size = sum(prod(each.shape) * each.dtype.itemsize for each in vectors)
    return Phase("reading", bytes_read=size, memory=sum(resident_bytes(each, budget.mapped) for each in vectors))


def tiles_phase(
    name: str,
    shape: tuple[int, int, int],
    budget: Budget,
    *,
    halved: bool = False,
    batches: int = 1,
    itemsize: int = 4,
    row_bytes: int = Reducer.kept_bytes,
    whole_rows: bool = False,
) -> Phase:
    """Return a pass over the tiles of all pairs.

    Args:
        name: of the phase.
        shape: rows of both sides, and dims.
        budget: of the job.
        halved: whether two orders of a pair are one, and no row is its own pair.
        batches: how many such passes there are, one after the other.
        itemsize: bytes of a number in a tile.
        row_bytes: of what is kept of a row of A.
        whole_rows: whether whole rows of a matrix are.
    """
    n, m, dims = shape
    pairs = batches * (n * (n - 1) // 2 if halved else n * m)
    plan = budget.plan(n, m, dims, itemsize)
    blocks, tasks = -(-n // plan.query_block), len(plan.kept_blocks(dims, row_bytes, whole_rows=whole_rows))
    again = 0 if plan.kept_columns >= m else m * dims * itemsize * (blocks - 1)
    memory = budget.scan_bytes(plan, dims, itemsize)
    return Phase(name, pairs, 2 * dims * pairs, batches * again, 0, memory, batches * tasks, blocks)


def scan_phase(
    name: str, job: PairwiseJob, shape: tuple[int, int, int], choice: Choice | None, *, batches: int = 1
) -> Phase:
    """Return the pass over all pairs of a job, or of a larger one that its rows are a sample of.

    Args:
        name: of the phase.
        job: how pairs are scored.
        shape: rows of both sides, and dims.
        choice: what is kept of them; None for all.
        batches: how many such jobs there are.
    """
    n, m, _ = shape
    reach = _reach(job, n, m, choice or Choice())
    halved = reach.halved or reach.joined
    itemsize = _itemsize(job)
    phase = tiles_phase(
        name,
        shape,
        job.budget,
        halved=halved,
        batches=batches,
        itemsize=itemsize,
        row_bytes=m * itemsize if choice is None else Reducer.kept_bytes,
        whole_rows=choice is None,
    )
    return phase if choice is None else replace(phase, share=max(LEAST_SHARE, expected_share(job, reach, (n, m))))


def _itemsize(job: PairwiseJob) -> int:
    return 8 if job.precision == FLOAT64.name or not job.fits_float32 or not job.metric.has_product else 4


def _reach(job: PairwiseJob, n: int, m: int, choice: Choice) -> Reach:
    """Return how far the selection of a job of n × m rows looks."""
    threshold = choice.threshold
    least = None if threshold is None else float(job.metric.proxy_score(np.asarray(threshold)))
    if choice.top_k is not None:
        k = min(choice.top_k, m)
        kernel = Kernel(job.metric, FLOAT32.name, job.scaled, job.backend)
        plan = job.budget.plan(n, m, job.dims, _itemsize(job))
        joined = job.upper_triangle and k <= SELF_JOIN and threshold is None and joins_tiles(job, k, kernel, plan)
        return Reach(k, least, joined=joined)
    if choice.max_pairs is not None:
        return Reach(choice.max_pairs / n, of_all=True, halved=job.upper_triangle)
    return Reach(least=least, halved=job.upper_triangle and least is not None)
