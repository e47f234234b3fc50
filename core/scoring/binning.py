"""Histograms of the scores that losses are computed on: where their bins are, and how many scores fall into each."""

from dataclasses import dataclass
from math import ceil, floor, isfinite, log2

import numpy as np

from ..engine import in_blocks
from ..results import Column
from .distances import LossDistance

MOST = 40  # bins


@dataclass(frozen=True)
class Bins:
    """Bins of equal width.

    Args:
        edges: (count + 1,) ascending.
        per_unit: how many bins a score of 1 is wide.
    """

    edges: Column
    per_unit: float

    def numbers(self, scores: Column) -> Column:
        """Return the (n,) int64 numbers of the bins that scores fall into, the first or last for what is outside."""
        places: Column = np.fmax((scores - self.edges[0]) * self.per_unit, 0.0)
        numbers: Column = np.fmin(places, len(self.edges) - 2).astype(np.int64)
        return numbers

    def counts(self, scores: Column) -> Column:
        """Return how many of (n,) scores fall into each bin."""
        count = len(self.edges) - 1
        blocks = in_blocks(lambda block: np.bincount(self.numbers(scores[block]), minlength=count), len(scores))
        found: Column = np.sum([np.zeros(count, dtype=np.int64), *blocks], axis=0)
        return found


def bins_of(distance: LossDistance, low: float, high: float) -> Bins:
    """Return bins for scores.

    Args:
        distance: whose scores they are.
        low: no score is below; of no use where the range of the distance is known.
        high: none is above.
    """
    low, high = distance.range or (low, high)
    if distance.bins:
        return Bins(np.linspace(low, high, distance.bins + 1).round(10), distance.bins / (high - low))
    if not (isfinite(high - low) and low < high):
        low = low if isfinite(low) else 0.0
        high = low + 1.0
    # a power of two, so that a score on an edge is put where the edge says
    least = max((high - low) / (MOST - 1), 2.0**-50 * max(abs(low), abs(high)), 1e-300)
    width = 2.0 ** ceil(log2(least))
    first, last = floor(low / width), ceil(high / width)
    return Bins(np.arange(first, max(last, first + 1) + 1) * width, 1.0 / width)
