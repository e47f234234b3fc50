"""How well a threshold on the score tells positives from negatives, at every threshold or at the best one.

Every function takes counts at distinct scores, so ties are what they are: pairs of one score are accepted together,
and among them a ranking gets half credit. A pair is accepted at its score or closer. With one class only
nothing is defined. P and N are the numbers of positives and negatives, TP and FP those accepted.
"""

from math import hypot, inf, isfinite, sqrt
from typing import NamedTuple

import numpy as np

from ..results import Column
from ..statistics.counts import Counts

LARGEST = 1e280  # below which sums of scores stay in float64, however many
FARS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


class Measure(NamedTuple):
    """A number, None where it is undefined, and the threshold it belongs to, if there is one."""

    value: float | None
    threshold: float | None = None


UNDEFINED = Measure(None)


def far_name(far: float) -> str:
    """Return the name of a true accept rate, as in `tar@far1e-3`."""
    return f"tar@far1e{round(np.log10(far))}"


TAR_NAMES = tuple(far_name(far) for far in FARS)
WITH_THRESHOLD = ("eer", *TAR_NAMES, "best_accuracy", "best_f1", "best_mcc")
NAMES = ("roc_auc", "average_precision", *WITH_THRESHOLD, "d_prime")


def pair_measures(counts: Counts) -> dict[str, Measure]:
    """Return every measure of `NAMES`."""
    return {
        "roc_auc": roc_auc(counts),
        "average_precision": average_precision(counts),
        "eer": equal_error_rate(counts),
        **{name: tar_at_far(counts, far) for name, far in zip(TAR_NAMES, FARS, strict=True)},
        "best_accuracy": best_accuracy(counts),
        "best_f1": best_f1(counts),
        "best_mcc": best_mcc(counts),
        "d_prime": d_prime(counts),
    }


def roc_auc(counts: Counts) -> Measure:
    """Area under the ROC curve: the share of (positive, negative) that are in order, ties counting half.

    Args:
        counts: pairs at each score.

    Returns:
        A value in [0, 1]; 0.5 where all scores are equal.

    Source:
        Hanley and McNeil 1982, the Wilcoxon statistic.

    Example:
        >>> from simtool.statistics.counts import counts_of
        >>> roc_auc(counts_of([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).value
        0.75
    """
    positives, negatives = counts.totals
    if not positives or not negatives:
        return UNDEFINED
    accepted = counts.accepted[0]
    # twice the sum, so that half credit is a whole number
    twice = float(np.sum(counts.negatives * (2.0 * accepted - counts.positives)))
    return Measure(twice / (2.0 * positives * negatives))


def average_precision(counts: Counts) -> Measure:
    """Average precision: the sum of (recall[k] - recall[k - 1]) precision[k] over the distinct scores.

    Args:
        counts: pairs at each score.

    Returns:
        A value in (0, 1], without interpolation.

    Source:
        scikit-learn, `average_precision_score`.

    Example:
        >>> from simtool.statistics.counts import counts_of
        >>> round(average_precision(counts_of([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).value, 6)
        0.833333
    """
    positives, negatives = counts.totals
    if not positives or not negatives:
        return UNDEFINED
    right, wrong = counts.accepted
    precision = right / np.maximum(right + wrong, 1.0)
    return Measure(float(np.sum(counts.positives * precision)) / positives)


def equal_error_rate(counts: Counts) -> Measure:
    """Error rate where false accepts FP / N and false rejects 1 - TP / P are equal, on the ROC curve's straight lines.

    Args:
        counts: pairs at each score.

    Returns:
        A value in [0, 1]; the threshold is the score at which the two rates differ least.

    Source:
        Martin et al. 1997, "The DET curve in assessment of detection task performance".

    Example:
        >>> from simtool.statistics.counts import counts_of
        >>> equal_error_rate(counts_of([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0]))
        Measure(value=0.5, threshold=0.8)
    """
    positives, negatives = counts.totals
    if not positives or not negatives:
        return UNDEFINED
    right, wrong = counts.accepted
    far = np.concatenate([[0.0], wrong / negatives])
    gap = far - np.concatenate([[1.0], 1.0 - right / positives])
    end = int(np.argmax(gap >= 0))
    share = -gap[end - 1] / (gap[end] - gap[end - 1])
    value = far[end - 1] + share * (far[end] - far[end - 1])
    nearest = end - 1 if end > 1 and -gap[end - 1] < gap[end] else end
    return Measure(float(value), float(counts.scores[nearest - 1]))


def tar_at_far(counts: Counts, far: float) -> Measure:
    """Share of the positives that is accepted at the loosest threshold with FP / N at most `far`.

    Args:
        counts: pairs at each score.
        far: a false accept rate.

    Returns:
        A value in [0, 1], undefined where N * far is below 1: so few negatives cannot show such a rate. The threshold
        is the strictest with this value; there is none where nothing may be accepted.

    Source:
        The verification rate of NIST's face recognition tests.

    Example:
        >>> from simtool.statistics.counts import counts_of
        >>> scores, labels = [0.95, 0.9, 0.8, *[0.1] * 9], [1, 0, 1, *[0] * 9]
        >>> tar_at_far(counts_of(scores, labels), 0.1)
        Measure(value=1.0, threshold=0.8)
    """
    positives, negatives = counts.totals
    allowed = far * negatives * (1 + 1e-12)
    if not positives or allowed < 1:
        return UNDEFINED
    right, wrong = counts.accepted
    fitting = int(np.count_nonzero(wrong <= allowed))
    if not fitting or not right[fitting - 1]:
        return Measure(0.0)
    first = int(np.searchsorted(right[:fitting], right[fitting - 1]))
    return Measure(float(right[first]) / positives, float(counts.scores[first]))


def best_accuracy(counts: Counts) -> Measure:
    """Largest share of right decisions, (TP + N - FP) / (P + N), over all thresholds.

    Args:
        counts: pairs at each score.

    Returns:
        A value in [0, 1] with the strictest threshold that reaches it; no threshold where it is
        best to accept nothing.

    Source:
        The definition of accuracy.

    Example:
        >>> from simtool.statistics.counts import counts_of
        >>> best_accuracy(counts_of([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0]))
        Measure(value=0.75, threshold=0.9)
    """
    positives, negatives = counts.totals
    if not positives or not negatives:
        return UNDEFINED
    right, wrong = counts.accepted
    gained = right - wrong
    best = int(np.argmax(gained))
    if gained[best] <= 0:
        return Measure(negatives / (positives + negatives))
    return Measure(float(gained[best] + negatives) / (positives + negatives), float(counts.scores[best]))


def best_f1(counts: Counts) -> Measure:
    """Largest F1 = 2 TP / (TP + FP + P) over all thresholds.

    Args:
        counts: pairs at each score.

    Returns:
        A value in (0, 1] with the strictest threshold that reaches it.

    Source:
        van Rijsbergen 1979, chapter 7.

    Example:
        >>> from simtool.statistics.counts import counts_of
        >>> best_f1(counts_of([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0]))
        Measure(value=0.8, threshold=0.7)
    """
    positives, negatives = counts.totals
    if not positives or not negatives:
        return UNDEFINED
    right, wrong = counts.accepted
    return _largest(counts, 2.0 * right / (right + wrong + positives))


def best_mcc(counts: Counts) -> Measure:
    """Largest Matthews correlation of decision and label over all thresholds.

    With r = P / (P + N) and q = (TP + FP) / (P + N)::

        MCC = (TP / P - FP / N) sqrt( r (1 - r) / (q (1 - q)) )

    Args:
        counts: pairs at each score.

    Returns:
        A value in [-1, 1] with the strictest threshold that reaches it; undefined where all scores are equal.

    Source:
        Matthews 1975, rearranged so that no product of four counts is formed.

    Example:
        >>> from simtool.statistics.counts import counts_of
        >>> round(best_mcc(counts_of([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0])).value, 6)
        0.57735
    """
    positives, negatives = counts.totals
    if not positives or not negatives:
        return UNDEFINED
    right, wrong = (part[:-1] for part in counts.accepted)  # to accept all has no correlation
    if not len(right):
        return UNDEFINED
    share, taken = positives / (positives + negatives), (right + wrong) / (positives + negatives)
    gap = right / positives - wrong / negatives
    return _largest(counts, np.clip(gap * np.sqrt(share * (1 - share) / (taken * (1 - taken))), -1.0, 1.0))


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


def _largest(counts: Counts, values: Column) -> Measure:
    best = int(np.argmax(values))
    return Measure(float(values[best]), float(counts.scores[best]))
