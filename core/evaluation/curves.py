"""Curves of counted pairs: what a picture of an evaluation shows.

FAR is the share FP / N of the negatives that is accepted, TAR the share TP / P of the positives, FRR = 1 - TAR.
A pair is accepted at its score or closer, so every curve has a point for each distinct score and starts where
nothing is accepted.
"""

from typing import NamedTuple

import numpy as np

from ..errors import LabelError
from ..results import Column
from ..statistics.counts import Counts


class Curve(NamedTuple):
    """A line through points.

    Args:
        x: (k + 1,) float64.
        y: (k + 1,) float64.
        thresholds: (k + 1,) the score of each point; NaN at the first, where nothing is accepted.
    """

    x: Column
    y: Column
    thresholds: Column


def roc_curve(counts: Counts) -> Curve:
    """TAR over FAR: the receiver operating characteristic.

    Args:
        counts: pairs at each score.

    Returns:
        A curve from (0, 0) to (1, 1); the area below its straight lines is `roc_auc`.

    Raises:
        LabelError: there are no positives, or no negatives.

    Source:
        Fawcett 2006, "An introduction to ROC analysis".

    Example:
        >>> from simtool.statistics.counts import counts_of
        >>> curve = roc_curve(counts_of([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]))
        >>> curve.x.tolist(), curve.y.tolist()
        ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])
    """
    positives, negatives = _both(counts)
    right, wrong = counts.accepted
    return Curve(_from_nothing(wrong / negatives, 0.0), _from_nothing(right / positives, 0.0), _thresholds(counts))


def det_curve(counts: Counts) -> Curve:
    """FRR over FAR: the detection error tradeoff.

    Args:
        counts: pairs at each score.

    Returns:
        A curve from (0, 1) to (1, 0); it meets FRR = FAR at `eer`.

    Raises:
        LabelError: there are no positives, or no negatives.

    Source:
        Martin et al. 1997, "The DET curve in assessment of detection task performance".

    Example:
        >>> from simtool.statistics.counts import counts_of
        >>> det_curve(counts_of([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).y.tolist()
        [1.0, 0.5, 0.5, 0.0, 0.0]
    """
    positives, negatives = _both(counts)
    right, wrong = counts.accepted
    refused = (positives - right) / positives
    return Curve(_from_nothing(wrong / negatives, 0.0), _from_nothing(refused, 1.0), _thresholds(counts))


def precision_recall_curve(counts: Counts) -> Curve:
    """Precision TP / (TP + FP) over recall TP / P.

    Args:
        counts: pairs at each score.

    Returns:
        A curve from recall 0 to 1, to be drawn in steps: between two recalls the precision is that of the second,
        and the area below is `average_precision`. At recall 0 stands the precision of the first score.

    Raises:
        LabelError: there are no positives, or no negatives.

    Source:
        scikit-learn, `precision_recall_curve`, but for the precision of 1 that it puts at recall 0.

    Example:
        >>> from simtool.statistics.counts import counts_of
        >>> curve = precision_recall_curve(counts_of([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]))
        >>> curve.x.tolist(), curve.y.round(3).tolist()
        ([0.0, 0.5, 0.5, 1.0, 1.0], [1.0, 1.0, 0.5, 0.667, 0.5])
    """
    positives, _ = _both(counts)
    right, wrong = counts.accepted
    precision = right / np.maximum(right + wrong, 1.0)
    start = float(precision[0])
    return Curve(_from_nothing(right / positives, 0.0), _from_nothing(precision, start), _thresholds(counts))


def _both(counts: Counts) -> tuple[int, int]:
    positives, negatives = counts.totals
    if not positives or not negatives:
        missing = "negatives" if positives else "positives"
        raise LabelError(f"a curve needs positives and negatives, and there are no {missing}", "labels")
    return positives, negatives


def _from_nothing(values: Column, start: float) -> Column:
    return np.concatenate([[start], values])


def _thresholds(counts: Counts) -> Column:
    return np.concatenate([[np.nan], counts.scores])
