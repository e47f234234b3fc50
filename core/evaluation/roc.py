"""What is read off the ROC curve: the area below it, the equal error rate, true accept rates at false accept rates.

Every function takes counts at distinct scores; a pair is accepted at its score or closer. With one class only nothing
is defined. P and N are the numbers of positives and negatives, TP and FP those accepted; `curves.py` has the curve.
"""

import numpy as np

from ..statistics.counts import Counts
from .measure import UNDEFINED, Measure

FARS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


def far_name(far: float) -> str:
    """Return the name of a true accept rate, as in `tar@far1e-3`."""
    return f"tar@far1e{round(np.log10(far))}"


TAR_NAMES = tuple(far_name(far) for far in FARS)


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
