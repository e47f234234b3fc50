"""What is read off precision and recall: average precision, and the best F1; `curves.py` has the curve."""

import numpy as np

from ..statistics.counts import Counts
from .measure import UNDEFINED, Measure, largest


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
    return largest(counts, 2.0 * right / (right + wrong + positives))
