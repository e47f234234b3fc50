"""All measures of how well a threshold tells positives from negatives, and the best right decisions of any threshold.

Every function takes counts at distinct scores, so ties are what they are: pairs of one score are accepted together,
and among them a ranking gets half credit. A pair is accepted at its score or closer. With one class only
nothing is defined. P and N are the numbers of positives and negatives, TP and FP those accepted.
"""

import numpy as np

from ..statistics.counts import Counts
from .d_prime import d_prime
from .measure import UNDEFINED, Measure, largest
from .precision_recall import average_precision, best_f1
from .roc import FARS, TAR_NAMES, equal_error_rate, roc_auc, tar_at_far

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
    return largest(counts, np.clip(gap * np.sqrt(share * (1 - share) / (taken * (1 - taken))), -1.0, 1.0))
