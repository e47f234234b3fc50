"""The row of a group that is closest to the others on average."""

import numpy as np

from ..backend import quiet
from ..engine import PairwiseJob
from ..results import Column

DIGITS = 12  # of a mean, beyond which two rows are equally close and the first is kept
BLOCK = 1 << 20  # pairs, or numbers of rows, at a time


def medoids(job: PairwiseJob, group: Column) -> Column:
    """Return the medoid of the group of each row; of equally close rows it is the first.

    Args:
        group: (n,) equal numbers for the rows of one group.
    """
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    found = np.empty(len(group), dtype=np.int64)
    for rows in np.split(order, starts[1:]):
        found[rows] = rows[0] if len(rows) < 3 else _medoid(job, rows)
    return found


def _medoid(job: PairwiseJob, rows: Column) -> int:
    """Return the medoid of rows in ascending order, three or more."""
    sums = _sums_of_products(job, rows) if job.metric.scores_are_proxies else _sums_of_pairs(job, rows)
    means = (sums / (len(rows) - 1)).round(DIGITS)
    return int(rows[means.argmax() if job.metric.larger_is_closer else means.argmin()])


def _sums_of_products(job: PairwiseJob, rows: Column) -> Column:
    """Return the sums of the scores with the others where a score is a product: the product with the sum of rows."""

    def prepared(start: int) -> Column:
        some = job.a.rows[rows[start : start + step]].astype(np.float64)
        return job.metric.prepare(some, None, scaled=job.scaled)  # type: ignore[no-any-return]

    step = max(1, BLOCK // job.dims)
    starts = range(0, len(rows), step)
    with quiet():
        total = np.sum([prepared(start).sum(axis=0) for start in starts], axis=0)
        return np.concatenate([((total - x) * x).sum(axis=1) for x in map(prepared, starts)])


def _sums_of_pairs(job: PairwiseJob, rows: Column) -> Column:
    """Return the sums of the scores with the others, pair by pair."""
    pairs, count = job.pairs(job.a.rows, job.a.rows), len(rows)
    sums = np.empty(count)
    step = max(1, BLOCK // count)
    for start in range(0, count, step):
        some = rows[start : start + step]
        scores = pairs.score(np.repeat(some, count), np.tile(rows, len(some))).reshape(len(some), count)
        scores[np.arange(len(some)), start + np.arange(len(some))] = 0.0
        sums[start : start + step] = scores.sum(axis=1)
    return sums
