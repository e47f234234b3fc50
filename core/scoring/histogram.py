"""Histograms of the scores that losses are computed on: where their bins are, and how many scores fall into each."""

from dataclasses import dataclass
from math import ceil, floor, isfinite, log2

import numpy as np

from ..engine import in_blocks
from ..results import Column
from .loss_distance import LossDistance

MOST = 40  # bins, below 256: a number of 8 bits tells one


@dataclass(frozen=True)
class Bins:
    """Bins of equal width.

    Args:
        edges: (count + 1,) ascending.
        per_unit: how many bins a score of 1 is wide.
    """

    edges: Column
    per_unit: float

    def counts(self, scores: Column) -> Column:
        """Return how many of (n,) scores fall into each bin; the first or last has what is outside."""
        blocks = in_blocks(lambda block: self._counts(scores[block]), len(scores))
        found: Column = np.sum([np.zeros(len(self.edges) - 1, dtype=np.int64), *blocks], axis=0)
        return found

    def _counts(self, scores: Column) -> Column:
        bins = len(self.edges) - 1
        places = scores - self.edges[0]
        places *= self.per_unit
        np.clip(places, 0, bins - 1, out=places)
        numbers = np.zeros(len(places) + len(places) % 2, dtype=np.uint8)
        np.copyto(numbers[: len(places)], places, casting="unsafe")
        # two numbers of 8 bits are counted as one of 16: half as many steps
        both = np.bincount(numbers.view(np.uint16), minlength=256 * bins)[: 256 * bins].reshape(bins, 256)
        counts: Column = both.sum(axis=1) + both.sum(axis=0)[:bins]
        counts[0] -= len(places) % 2
        return counts


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
