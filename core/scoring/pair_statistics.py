"""What the report says of the pairs behind the losses: how many, how close, and the hardest of each anchor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import fsum

import numpy as np

from ..results import Column
from .batch_scores import BlockPairStatistics
from .histogram import Bins


@dataclass
class PairStatistics:
    """What the report says of the pairs behind the losses.

    Args:
        rows: how many anchors there are.
        bins: metric that losses are computed on -> the bins of its histogram.
        sums: the sums of the cosines of positive and of negative pairs.
        counts: metric -> (2, bins) how many pairs fall where.
        hardest: per anchor the row of the farthest positive, its cosine, that of the closest negative, its cosine.
    """

    rows: int
    bins: Mapping[str, Bins]
    sums: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    counts: dict[str, Column] = field(default_factory=dict)
    hardest: list[Column] = field(init=False)

    def __post_init__(self) -> None:
        numbers = np.full(self.rows, -1, dtype=np.int64)
        scores = np.full(self.rows, np.nan)
        self.hardest = [numbers, scores, numbers.copy(), scores.copy()]

    def take(self, found: BlockPairStatistics, anchors: Column, others: Column) -> None:
        """Add what a query block shows.

        Args:
            found: by `pair_statistics`.
            anchors: the rows of its anchors.
            others: the row of each column.
        """
        for group in (0, 1):
            self.sums[group].append(float(found.sums[group]))
        for metric, counts in found.counts.items():
            self.counts[metric] = self.counts.get(metric, 0) + counts
        for column, values in zip(self.hardest, found.hardest, strict=True):
            column[anchors] = others[values] if values.dtype.kind == "i" else values

    @property
    def pairs(self) -> tuple[int, int]:
        """How many positive and how many negative pairs there are."""
        positives, negatives = next(iter(self.counts.values())).sum(axis=1).tolist()
        return positives, negatives

    @property
    def means(self) -> tuple[float | None, float | None]:
        """Their mean cosines; None where there are none."""
        positive, negative = (
            fsum(sums) / count if count else None for sums, count in zip(self.sums, self.pairs, strict=True)
        )
        return positive, negative
