"""How far apart the scores of positives and of negatives lie: d'."""

from math import hypot, inf, isfinite, sqrt
from typing import NamedTuple

import numpy as np

from ..results import Column
from ..statistics.counts import Counts
from .measure import UNDEFINED, Measure

LARGEST = 1e280  # below which sums of scores stay in float64, however many


def d_prime(counts: Counts) -> Measure:
    """Distance of the two means in units of the common spread.

    With m and v the mean and the variance (divided by the count) of each class::

        d' = (m[positive] - m[negative]) / sqrt( (v[positive] + v[negative]) / 2 )

    Args:
        counts: pairs at each score.

    Returns:
        A value above 0 where positives are closer, whatever the direction of the metric; undefined
        where no score varies.

    Source:
        Green and Swets 1966; for unequal variances Simpson and Fitter 1973, d_a.

    Example:
        >>> from simtool.statistics.counts import counts_of
        >>> d_prime(counts_of([4.0, 2.0, 1.0, -1.0], [1, 1, 0, 0])).value
        3.0
    """
    positives, negatives = counts.totals
    if not positives or not negatives:
        return UNDEFINED
    gap, spread = gap_and_spread(counts)
    value = gap / spread if spread > 0 else inf
    return Measure(value) if isfinite(value) else UNDEFINED


def gap_and_spread(counts: Counts) -> tuple[float, float]:
    """Return by how much positives are closer on average, and the common standard deviation.

    Both are divided by 2^200 where sums of the scores would leave float64.
    """
    scores = counts.scores if np.abs(counts.scores).max() < LARGEST else counts.scores * 2.0**-200
    hit, miss = (_spread(scores, part) for part in (counts.positives, counts.negatives))
    # origins first: a mean in full would be rounded by more than close scores differ
    gap = (hit.origin - miss.origin) + (hit.mean - miss.mean)
    return gap if counts.larger_is_closer else -gap, hypot(hit.deviation, miss.deviation) / sqrt(2)


class _Spread(NamedTuple):
    """A score of the data, the mean of all around it, and their standard deviation."""

    origin: float
    mean: float
    deviation: float


def _spread(scores: Column, weights: Column) -> _Spread:
    held = weights > 0
    scores, weights = scores[held], weights[held]
    total = float(weights.sum())
    # around a score of the data, so that equal scores have no variance at all
    origin = float(scores[int(np.argmax(weights))])
    apart = scores - origin
    mean = float(np.sum(weights * apart)) / total
    apart -= mean
    largest = float(np.abs(apart).max())
    if not largest:
        return _Spread(origin, mean, 0.0)
    # in units of the largest, whose square may leave float64
    return _Spread(origin, mean, largest * sqrt(float(np.sum(weights * (apart / largest) ** 2)) / total))
