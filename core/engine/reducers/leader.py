"""Groups around a leader: a row is of the group of the earliest kept row that it is close to, or is kept itself."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ...results import Column
from ..candidates import is_crowded
from ..kernels import Tile
from ..plan import Span
from .base import NOTHING
from .connected import Linkage


class Leader(Linkage):
    """Leader clustering in row order (Hartigan 1975, chapter 3): every row is close to the first row of its group.

    A row meets the kept rows alone, and none once it has its leader: of large groups few pairs are scored.
    """

    def begin(self, query_block: Span) -> None:
        """Start a query block: no pair within it is known."""
        self.inner: list[tuple[Column, Column]] = [NOTHING[:2]]

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether a tile has nothing to give: none of its earlier rows may be kept, or all rows have a leader."""
        if super().skips(query_block, corpus_block):
            return True
        early = Span(corpus_block.start, min(corpus_block.stop, query_block.stop))
        return not self._undecided(query_block).any() or not self._undecided(early).any()

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Fold in a tile; of a crowded one the columns of rows that are not kept are left out."""
        lower_bound = self.lower_bound(query_block)
        scan = self.spec.scan(query_block, corpus_block, tile, lower_bound)
        if is_crowded(scan.hits(lower_bound)):
            backend, led = tile.kernel.backend, ~self._undecided(corpus_block)
            kept = replace(tile, scored=backend.blanked(tile.proxy, backend.put(led)[None, :]))
            scan = self.spec.scan(query_block, corpus_block, kept, lower_bound)
        self.sift(query_block, corpus_block, scan, lower_bound)

    def lower_bound(self, query_block: Span) -> Column:
        """Return what pairs must reach; nothing is asked for a row that has its leader."""
        return np.where(self._undecided(query_block), super().lower_bound(query_block), np.inf)

    def fold(self, query_block: Span, row: Column, column: Column) -> None:
        """Follow leaders of earlier query blocks; what is close within this one is looked at in its order."""
        early = column < query_block.start
        self.inner.append((row[~early], column[~early]))
        for first, threshold in zip(self.first, self.thresholds, strict=True):
            may_lead = early & (first[column] == column) & (column < first[row])
            self._follow(first, threshold, row[may_lead], column[may_lead])

    def end(self, query_block: Span) -> None:
        """Decide the rows that found no earlier leader: one without an open row before it is kept, and may lead."""
        pairs = [np.concatenate(side) for side in zip(*self.inner, strict=True)]
        score = self.spec.pairs.score(*pairs) if len(self.thresholds) > 1 else None
        for first, threshold in zip(self.first, self.thresholds, strict=True):
            kept = np.zeros(len(query_block), dtype=bool)  # for certain
            open_rows = first[pairs[0]] == pairs[0]
            if score is not None:  # of several thresholds most pairs are only close at the loosest
                open_rows &= self.spec.reach(score, threshold)
            row, column = (side[open_rows] for side in pairs)
            while len(row):
                waiting = np.zeros(len(query_block), dtype=bool)
                waiting[row - query_block.start] = True
                kept |= ~waiting
                leads = kept[column - query_block.start] & (first[column] == column)
                self._follow(first, threshold, row[leads], column[leads])
                left = ~leads & (first[column] == column) & (column < first[row])
                row, column = row[left], column[left]

    def _follow(self, first: Column, threshold: float, row: Column, column: Column) -> None:
        """Have rows follow kept ones that they are close to, if these are before their leader."""
        close = self.spec.reach(self.spec.pairs.score(row, column), threshold)
        np.minimum.at(first, row[close], column[close])

    def _undecided(self, rows: Span) -> Column:
        """Return which rows have no leader at some threshold."""
        numbers = np.arange(rows.start, rows.stop)
        found: Column = np.any([first[numbers] == numbers for first in self.first], axis=0)
        return found


def by_row(row: Column, column: Column) -> Iterator[tuple[int, Column]]:
    """Yield each row that pairs have, in order, with the earlier rows of its pairs."""
    order = np.argsort(row, kind="stable")
    row, column = row[order], column[order]
    ends = [*np.flatnonzero(np.diff(row, prepend=-1)).tolist(), len(row)]
    for start, stop in pairwise(ends):
        yield int(row[start]), column[start:stop]
