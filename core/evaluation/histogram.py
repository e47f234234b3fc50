"""The histogram of the scores of an evaluation: positives and negatives between round edges."""

from math import ceil, floor, isqrt, log10

import numpy as np

from ..results import Column, Histogram
from ..statistics.counts import Counts

FEWEST, MOST = 10, 60  # bins of a histogram: as many as the root of the pairs, which keeps noise below shape
LARGEST = float(np.finfo(np.float64).max)


def score_histogram(counts: Counts, name: str, best: float | None = None) -> Histogram:
    """Count positives and negatives between round edges, from the least score to the largest.

    Args:
        counts: pairs at each score; those counted in bins stand at the lower edges of their bins.
        name: of the scores.
        best: the threshold of the best F1, which is marked.

    Returns:
        10 to 60 bins at most, for many pairs more of them, of one width: 1, 2 or 5 times a power of ten.

    Example:
        >>> from simtool.statistics.counts import counts_of
        >>> found = score_histogram(counts_of([0.0, 0.3, 0.35, 0.95], [0, 1, 0, 1]), "cosine")
        >>> found.edges[:4].tolist(), found.counts["positives"].tolist()
        ([0.0, 0.1, 0.2, 0.3], [0, 0, 0, 1, 0, 0, 0, 0, 0, 1])
    """
    scores = counts.scores[::-1] if counts.larger_is_closer else counts.scores
    bins = min(max(FEWEST, isqrt(sum(counts.totals))), MOST)
    edges = _edges(float(scores[0]), float(scores[-1]), bins)
    place = np.clip(np.searchsorted(edges, counts.scores, side="right") - 1, 0, len(edges) - 2)
    groups = {"positives": counts.positives, "negatives": counts.negatives}
    return Histogram(
        name,
        edges,
        {each: np.bincount(place, held, minlength=len(edges) - 1).astype(np.int64) for each, held in groups.items()},
        {} if best is None else {"best F1": best},
    )


def _edges(low: float, high: float, bins: int) -> Column:
    """Return round edges of equal steps around all scores."""
    # each divided by itself, as their difference may overflow; equal scores get a bin that shows in six digits
    narrowest = max(high / bins - low / bins, 1e-6 * max(abs(low), abs(high)), 1e-300)
    power = floor(log10(narrowest))
    for step in (10.0**power * factor for factor in (1, 2, 5, 10, 20)):
        first, last = floor(low / step), max(ceil(high / step), floor(low / step) + 1)
        if last - first <= bins:
            break
    whole = np.arange(first, last + 1, dtype=np.float64)
    if 1e-15 < step < 1:
        return whole / round(1 / step)  # so that an edge at 0.3 is 0.3
    with np.errstate(over="ignore"):
        return np.clip(whole * step, -LARGEST, LARGEST)
