"""Accuracy with a threshold chosen on other pairs: the face verification protocol."""

from dataclasses import dataclass

import numpy as np

from ..results import Column
from .counts import Grouped

FOLDS = 10


@dataclass(frozen=True)
class FoldAccuracy:
    """Accuracy on each fold at the threshold that is best on the others.

    Args:
        accuracies: (folds,) in [0, 1].
        thresholds: (folds,) infinite where it was best to accept nothing.
    """

    accuracies: Column
    thresholds: Column

    @property
    def mean(self) -> float:
        """The mean over the folds."""
        return float(self.accuracies.mean())

    @property
    def std(self) -> float:
        """The standard deviation over the folds, divided by their number."""
        return float(self.accuracies.std())


def fold_accuracy(grouped: Grouped, folds: int = FOLDS) -> FoldAccuracy | None:
    """Choose the threshold of best accuracy on all folds but one, and decide the pairs of that one.

    The folds are ranges of the pairs as they come, with an equal share of the positives and of the
    negatives: positive number i of P is in fold i * folds // P.

    Args:
        grouped: the pairs, in their order.
        folds: how many.

    Returns:
        The accuracies, or None with fewer positives or negatives than folds.

    Source:
        Huang et al. 2007, Labeled Faces in the Wild, section 4, whose ten folds are of this kind.

    Example:
        >>> grouped = Grouped.of(np.asarray([0.9, 0.1, 0.8, 0.2]), np.asarray([1, 0, 1, 0]) > 0, larger_is_closer=True)
        >>> fold_accuracy(grouped, 2).mean
        0.75
    """
    fold, counts = fold_of(grouped.similar, folds), grouped.counts()
    positives, negatives = counts.totals
    if min(positives, negatives) < folds:
        return None
    size = len(grouped.scores)
    gained = counts.positives - counts.negatives  # by accepting the pairs of a score: right less wrong
    accuracies, thresholds = np.empty(folds), np.full(folds, np.inf if grouped.larger_is_closer else -np.inf)
    for number in range(folds):
        held = np.flatnonzero(fold == number)
        right = grouped.similar[held]
        own = np.bincount(grouped.place[held], 2.0 * right - 1.0, minlength=size)
        others = np.cumsum(gained - own)
        best = int(np.argmax(others))
        decided = np.count_nonzero(~right)
        if others[best] > 0:
            decided += int(np.sum(own[: best + 1]))
            thresholds[number] = grouped.scores[best]
        accuracies[number] = decided / len(held)
    return FoldAccuracy(accuracies, thresholds)


def fold_of(similar: Column, folds: int) -> Column:
    """Return the fold of each pair.

    Example:
        >>> fold_of(np.asarray([True, False, True, False]), 2).tolist()
        [0, 0, 1, 1]
    """
    fold = np.empty(len(similar), dtype=np.int64)
    for kind in (similar, ~similar):
        count = int(kind.sum())
        fold[kind] = np.arange(count) * folds // max(count, 1)
    return fold
