"""What was mined, as a listing: each positive of an anchor with each of its negatives."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum
from typing import Self

import numpy as np

from ..checks import plural
from ..engine import Budget, Hits, PairwiseJob
from ..evaluation.histogram import score_histogram
from ..io.listed_columns import carried_columns, source_rows
from ..results import Column, Columns, Histogram, Scalar
from ..statistics.counts import counts_of
from .positives import Positives

ROW = 96  # bytes of a listed triplet


@dataclass(frozen=True)
class Triplets:
    """Each positive of an anchor with each of its negatives, anchors ascending, then positives, both closest first.

    Args:
        positives: pairs of the anchors that have a negative.
        negatives: anchor, negative and score, anchors ascending.
        positive: (t,) places among the positives.
        negative: (t,) places among the negatives.
    """

    positives: Positives
    negatives: Hits
    positive: Column
    negative: Column

    @classmethod
    def of(cls, positives: Positives, negatives: Hits, budget: Budget) -> Self:
        """Join both by their anchors.

        Raises:
            ResourceError: the listing does not fit in the budget.
        """
        found = np.isin(positives.anchor, negatives[0])
        positives = Positives(positives.anchor[found], positives.positive[found], positives.score[found])
        first, last = (np.searchsorted(negatives[0], positives.anchor, side=side) for side in ("left", "right"))
        count = last - first
        total = int(count.sum())
        budget.check(total * ROW, f"a listing of {total:,} triplets", "a smaller number of negatives, or more memory")
        positive = np.repeat(np.arange(len(first)), count)
        within = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
        return cls(positives, negatives, positive, first[positive] + within)

    @property
    def sides(self) -> dict[str, Column]:
        """The (t,) row numbers by role."""
        pairs, negative = self.positives, self.negatives[1][self.negative]
        anchor, positive = pairs.anchor[self.positive], pairs.positive[self.positive]
        return {"anchor": anchor, "positive": positive, "negative": negative}

    def rows(self, job: PairwiseJob) -> Columns:
        """Return the listing: ids, both scores and the columns that it carries."""
        sides = {"anchor": job.a, "positive": job.b, "negative": job.b}
        columns = {role: sides[role].ids[rows] for role, rows in self.sides.items()}
        columns["positive_score"] = self.positives.score[self.positive]
        columns["negative_score"] = self.negatives[2][self.negative]
        for role, rows in self.sides.items():
            columns |= carried_columns(sides[role].vectors, sides[role].numbers[rows], role)
        return Columns(columns)

    def numbers(self, job: PairwiseJob) -> Column:
        """Return (t, 3) row numbers of anchor, positive and negative in their files."""
        anchor, positive, negative = self.sides.values()
        sides = ((job.a, anchor), (job.b, positive), (job.b, negative))
        return np.stack([source_rows(side.vectors, side.numbers[rows]) for side, rows in sides], axis=1)

    def summary(self, queries: int) -> dict[str, Scalar]:
        """Return the counts and the mean scores; `queries` is how many anchors there might have been."""
        listed = len(self.positives.anchors)
        return {
            "queries": listed,
            "positives": len(self.positives.anchor),
            "negatives": len(self.negatives[0]),
            "triplets": len(self.positive),
            "skipped": queries - listed,
            "positive_mean": _mean(self.positives.score),
            "negative_mean": _mean(self.negatives[2]),
        }

    def histograms(self, job: PairwiseJob) -> tuple[Histogram, ...]:
        """Return that of the scores of both kinds of pairs."""
        scores = np.concatenate([self.positives.score, self.negatives[2]])
        if not len(scores):
            return ()
        similar = np.arange(len(scores)) < len(self.positives.score)
        counts = counts_of(scores, similar, larger_is_closer=job.metric.larger_is_closer)
        return (score_histogram(counts, job.metric.name),)

    def notes(self, wanted: int) -> Iterator[str]:
        """Yield how many anchors have fewer negatives than were wanted."""
        counts = np.diff(np.flatnonzero(np.diff(self.negatives[0], prepend=-1)), append=len(self.negatives[0]))
        if fewer := int((counts < wanted).sum()):
            yield f"{plural(fewer, 'query')} with fewer than {wanted} negatives: all of them are listed"


def _mean(scores: Column) -> float | None:
    return fsum(scores.tolist()) / len(scores) if len(scores) else None
