"""Pairs counted at each distinct score: all that a rate, a curve or a threshold needs to know of them."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from ..results import Column


@dataclass(frozen=True)
class Counts:
    """Positives and negatives at each distinct score, the closest first.

    Args:
        scores: (k,) distinct scores of the metric, closest first; a pair is accepted at its score or closer.
        positives: (k,) pairs of label 1 with that score.
        negatives: (k,) pairs of label 0.
        larger_is_closer: the direction of the metric.
    """

    scores: Column
    positives: Column
    negatives: Column
    larger_is_closer: bool

    @property
    def totals(self) -> tuple[int, int]:
        """How many positives and negatives there are."""
        return int(self.positives.sum()), int(self.negatives.sum())

    @property
    def accepted(self) -> tuple[Column, Column]:
        """(k,) positives and (k,) negatives at each score or closer, as float64, exact below 2^53."""
        return np.cumsum(self.positives, dtype=np.float64), np.cumsum(self.negatives, dtype=np.float64)

    def compressed(self) -> Self:
        """Return the counts without the scores that no pair has."""
        held = (self.positives > 0) | (self.negatives > 0)
        if held.all():
            return self
        return type(self)(self.scores[held], self.positives[held], self.negatives[held], self.larger_is_closer)


@dataclass(frozen=True)
class Grouped:
    """Pairs sorted into their distinct scores once, to be counted under many weights.

    Args:
        scores: (k,) distinct scores, closest first.
        place: (n,) which of them each pair has.
        similar: (n,) bool.
    """

    scores: Column
    place: Column
    similar: Column
    larger_is_closer: bool

    @classmethod
    def of(cls, scores: Column, similar: Column, *, larger_is_closer: bool) -> Self:
        """Sort pairs by score.

        Args:
            scores: (n,) finite float64.
            similar: (n,) bool.
        """
        distance = -scores if larger_is_closer else scores
        distinct, place = np.unique(distance, return_inverse=True)
        # 0.0 - x, because the negative of a zero would show as -0
        return cls(0.0 - distinct if larger_is_closer else distinct, place, similar, larger_is_closer)

    def counts(self, weights: Column | None = None) -> Counts:
        """Count the pairs at each score.

        Args:
            weights: (n,) how often each pair counts; once each by default.
        """
        size = len(self.scores)
        if weights is None:
            positives = np.bincount(self.place[self.similar], minlength=size)
            everything = np.bincount(self.place, minlength=size)
            return Counts(self.scores, positives, everything - positives, self.larger_is_closer)
        everything = np.bincount(self.place, weights, minlength=size)
        positives = np.bincount(self.place, weights * self.similar, minlength=size)
        return Counts(self.scores, positives, everything - positives, self.larger_is_closer).compressed()


def counts_of(scores: Column, similar: Column, *, larger_is_closer: bool = True) -> Counts:
    """Count positives and negatives at each distinct score.

    Args:
        scores: (n,) finite numbers.
        similar: (n,) bool.
        larger_is_closer: the direction of the scores.

    Example:
        >>> counts_of(np.asarray([0.5, 0.9, 0.5]), np.asarray([True, True, False])).positives.tolist()
        [1, 1]
    """
    scores = np.asarray(scores, dtype=np.float64)
    return Grouped.of(scores, np.asarray(similar, dtype=bool), larger_is_closer=larger_is_closer).counts()
