"""The positives of anchors: the closest rows of their class, or those of given pairs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from ..engine import Exclusion, Hits, PairwiseJob, each_nearest, gathered
from ..results import Column
from .rule import ranks_of

SMALL_CLASS = 64  # rows, up to which all pairs of a class are scored at once
PAIRS = 1 << 20  # that are scored at a time


@dataclass(frozen=True)
class Positives:
    """Pairs of an anchor and a positive, anchors ascending, those of each closest first.

    Args:
        anchor: (p,) numbers of rows.
        positive: (p,) numbers of rows.
        score: (p,) of both.
    """

    anchor: Column
    positive: Column
    score: Column

    @classmethod
    def of_pairs(cls, job: PairwiseJob, anchor: Column, positive: Column) -> Self:
        """Return given pairs; one that comes twice counts once."""
        anchor, positive = np.unique(np.stack([anchor, positive]), axis=1)
        return cls.ordered(job, (anchor, positive, job.pairs(job.a.rows, job.b.rows).score(anchor, positive)))

    @classmethod
    def of_classes(cls, job: PairwiseJob, codes: Column, count: int) -> Self:
        """Return the closest others of each row's class.

        Args:
            codes: (n,) the class of each row.
            count: how many for each row, at most.
        """
        order = np.argsort(codes, kind="stable")
        starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
        sizes = np.diff(starts, append=len(order))
        found = list(_small_classes(job, order, starts, sizes))
        for start, size in zip(starts[sizes > SMALL_CLASS], sizes[sizes > SMALL_CLASS], strict=True):
            found += _large_class(job, order[start : start + size], count)
        nothing = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
        anchor, positive, score = map(np.concatenate, zip(nothing, *found, strict=True))
        return cls.ordered(job, (anchor, positive, score), count)

    @classmethod
    def ordered(cls, job: PairwiseJob, hits: Hits, count: int | None = None) -> Self:
        """Return pairs in order, of each anchor the closest ones."""
        anchor, positive, score = hits
        order = np.lexsort((positive, -score if job.metric.larger_is_closer else score, anchor))
        if count is not None:
            order = order[ranks_of(anchor[order]) < count]
        return cls(anchor[order], positive[order], score[order])

    @cached_property
    def starts(self) -> Column:
        """(a,) the place of the first positive of each anchor."""
        return np.flatnonzero(np.diff(self.anchor, prepend=-1))

    @property
    def anchors(self) -> Column:
        """(a,) the anchors, each once."""
        anchors: Column = self.anchor[self.starts]
        return anchors

    @property
    def counts(self) -> Column:
        """(a,) how many positives each anchor has."""
        return np.diff(self.starts, append=len(self.anchor))

    @property
    def least_close(self) -> Column:
        """(a,) the score of the least close positive of each anchor."""
        least: Column = self.score[self.starts + self.counts - 1]
        return least

    def hold(self, anchor: Column, row: Column) -> Column:
        """Return which pairs are among them; anchors ascending."""
        first, last = np.searchsorted(self.anchor, (anchor.min(initial=0), anchor.max(initial=-1) + 1))
        own, positive = self.anchor[first:last], self.positive[first:last]
        most = max(int(positive.max(initial=0)), int(row.max(initial=0))) + 1
        return np.isin(anchor * most + row, own * most + positive)


def _small_classes(job: PairwiseJob, order: Column, starts: Column, sizes: Column) -> Iterator[Hits]:
    """Yield all pairs of different rows of the classes that are small."""
    small = sizes <= SMALL_CLASS
    place = np.concatenate([np.arange(0), *([np.repeat(starts[small], sizes[small])] if small.any() else [])])
    size = np.repeat(sizes[small], sizes[small])
    rows = order[place + ranks_of(place)]
    step = max(1, PAIRS // SMALL_CLASS)
    for first in range(0, len(rows), step):
        part = slice(first, first + step)
        count = size[part]
        anchor = np.repeat(rows[part], count)
        positive = order[np.repeat(place[part], count) + ranks_of(np.repeat(np.arange(len(count)), count))]
        other = anchor != positive
        anchor, positive = anchor[other], positive[other]
        yield anchor, positive, job.pairs(job.a.rows, job.a.rows).score(anchor, positive)


def _large_class(job: PairwiseJob, rows: Column, count: int) -> Iterator[Hits]:
    """Yield the closest others of each row of a class."""
    found: list[Hits] = []
    side = replace(job.a, rows=gathered(job.a.rows, rows, job.budget), missing=job.a.missing[rows])
    within = replace(job, a=side, b=side, excluded=Exclusion.of_rows(len(rows), len(rows)))
    each_nearest(within, side.rows, side.rows, count, found.append)
    yield from ((rows[anchor], rows[positive], score) for anchor, positive, score in found)
