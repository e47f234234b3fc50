"""Groups of close rows of one set, from one tiled sweep."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..results import Column, Progress
from .job import PairwiseJob
from .kernels import Kernel
from .precision_choice import choose_kernel
from .reach import Reach
from .reducers.complete import Complete
from .reducers.connected import Connected, Linkage
from .reducers.leader import Leader
from .selections import plan_of, spec_of
from .sweep import sweep

LINKAGES: Mapping[str, type[Linkage]] = {"connected": Connected, "leader": Leader, "complete": Complete}


def group_rows(
    job: PairwiseJob,
    linkage: str,
    thresholds: Sequence[float],
    codes: Column | None = None,
    progress: Progress | None = None,
) -> tuple[list[Column], Kernel]:
    """Group the rows of one set by the pairs within a threshold, for each of several thresholds in one sweep.

    Args:
        job: of one set with itself, how pairs are scored; the metric is symmetric.
        linkage: `connected` (a chain of close pairs joins its rows), `leader` (a row is close to the first of its
            group) or `complete` (to every row of it); the last two go by the order of the rows.
        thresholds: the least similarities, or the largest distances.
        codes: (n,) ascending; only rows of equal codes are compared. None for all.
        progress: called with the rows that are done and their total.

    Returns:
        For each threshold the (n,) numbers of the first row of the group of each row, and the kernel that scanned them.
    """
    rows, closest = job.a.rows, min if job.metric.larger_is_closer else max
    least = float(job.metric.proxy_score(np.asarray(closest(thresholds))))
    kernel = choose_kernel(job, rows, rows, Reach(least=least, halved=True))
    spec = spec_of(job, kernel, rows, rows, None, upper_triangle=False)
    reducer = LINKAGES[linkage](thresholds, spec, codes)
    sweep(rows, rows, kernel, reducer, plan_of(job.budget, kernel, rows, rows), progress)
    return reducer.groups(), kernel
