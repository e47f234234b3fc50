"""Groups around a leader: a row is of the group of the earliest kept row that it is close to, or is kept itself."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from ...results import Column
from ..plan import Span
from .connected import Linkage


class Leader(Linkage):
    """Leader clustering in row order (Hartigan 1975, chapter 3): every row is close to the first row of its group."""

    def begin(self, query_block: Span) -> None:
        """Start a query block: no pair within it is known."""
        self.inner: list[tuple[Column, Column, Column]] = []

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether a tile has nothing to give: none of its earlier rows may be kept."""
        if super().skips(query_block, corpus_block):
            return True
        numbers = np.arange(corpus_block.start, corpus_block.stop)
        return corpus_block.stop <= query_block.start and not any(
            (first[numbers] == numbers).any() for first in self.first
        )

    def lower_bound(self, query_block: Span) -> Column:
        """Return what pairs must reach; nothing is asked for a row that has its leader."""
        numbers = np.arange(query_block.start, query_block.stop)
        led = np.all([first[numbers] != numbers for first in self.first], axis=0)
        return np.where(led, np.inf, super().lower_bound(query_block))

    def fold(self, query_block: Span, row: Column, column: Column) -> None:
        """Follow leaders of earlier query blocks; what is close within this one is looked at in its order."""
        early = column < query_block.start
        useful = np.any([self._may_lead(first, row, column) for first in self.first], axis=0)
        within = np.flatnonzero(~early)
        if len(within):
            self.inner.append((row[within], column[within], self.spec.pairs.score(row[within], column[within])))
        row, column = row[early & useful], column[early & useful]
        score = self.spec.pairs.score(row, column)
        for first, threshold in zip(self.first, self.thresholds, strict=True):
            close = self.spec.reach(score, threshold) & self._may_lead(first, row, column)
            np.minimum.at(first, row[close], column[close])

    def end(self, query_block: Span) -> None:
        """Decide the rows that found no earlier leader, one after the other."""
        if not self.inner:
            return
        row, column, score = (np.concatenate(part) for part in zip(*self.inner, strict=True))
        for first, threshold in zip(self.first, self.thresholds, strict=True):
            close = self.spec.reach(score, threshold) & (first[row] == row)
            for number, earlier in by_row(row[close], column[close]):
                leaders = earlier[first[earlier] == earlier]
                if len(leaders):
                    first[number] = leaders.min()

    def _may_lead(self, first: Column, row: Column, column: Column) -> Column:
        """Return in which pairs the earlier row is kept, and earlier than the leader of the later one."""
        may_lead: Column = (first[column] == column) & (column < first[row])
        return may_lead


def by_row(row: Column, column: Column) -> Iterator[tuple[int, Column]]:
    """Yield each row that pairs have, in order, with the earlier rows of its pairs."""
    order = np.argsort(row, kind="stable")
    row, column = row[order], column[order]
    ends = [*np.flatnonzero(np.diff(row, prepend=-1)).tolist(), len(row)]
    for start, stop in pairwise(ends):
        yield int(row[start]), column[start:stop]
