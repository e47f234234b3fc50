"""Groups of which all rows are close to each other: a row joins the earliest group to whose every row it is close."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...results import Column
from ..kernels import Tile
from ..plan import Span
from .base import SelectionSpec
from .connected import Linkage
from .leader import by_row

MOST = 1 << 20  # counts of close rows of a group that are held before those that cannot be whole are dropped


class Complete(Linkage):
    """Complete linkage, greedy in row order.

    Of each row of a query block and each earlier group it is counted how many rows of the group are close.
    """

    def __init__(self, thresholds: Sequence[float], spec: SelectionSpec, codes: Column | None = None) -> None:
        super().__init__(thresholds, spec, codes)
        self.sizes = [np.zeros(len(first), dtype=np.int64) for first in self.first]

    def restore(self, rows: Span, kept: Any) -> None:
        """Take over the groups of some rows, and count their rows."""
        super().restore(rows, kept)
        self.sizes = [np.bincount(first[: rows.stop], minlength=len(first)) for first in self.first]

    def begin(self, query_block: Span) -> None:
        """Start a query block: nothing is counted, and no pair within it is known."""
        self.inner: list[tuple[Column, Column, Column]] = []
        none = np.empty(0, dtype=np.int64)
        self.counts = [(none, none) for _ in self.first]

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Fold in the pairs of a tile; too many counts are cut down to those of groups that may be joined."""
        super().take(query_block, corpus_block, tile)
        for number, (first, (keys, counts)) in enumerate(zip(self.first, self.counts, strict=True)):
            if len(keys) > MOST:
                seen = np.bincount(first[: min(corpus_block.stop, query_block.start)], minlength=len(first))
                whole = counts == seen[keys % len(first)]
                self.counts[number] = keys[whole], counts[whole]

    def fold(self, query_block: Span, row: Column, column: Column) -> None:
        """Count the close rows of earlier groups."""
        score, early = self.spec.pairs.score(row, column), column < query_block.start
        self.inner.append((row[~early], column[~early], score[~early]))
        for number, (first, threshold) in enumerate(zip(self.first, self.thresholds, strict=True)):
            close = self.spec.reach(score, threshold) & early
            added = (row[close] - query_block.start) * len(first) + first[column[close]]
            known, counts = self.counts[number]
            keys, place = np.unique(np.concatenate([known, added]), return_inverse=True)
            weights = np.concatenate([counts, np.ones(len(added), dtype=np.int64)])
            self.counts[number] = keys, np.bincount(place, weights, len(keys)).astype(np.int64)

    def end(self, query_block: Span) -> None:
        """Give each row of the query block its group, one after the other."""
        row, column, score = (np.concatenate(part) for part in zip(*self.inner, strict=True)) if self.inner else _NONE
        for number, (first, threshold) in enumerate(zip(self.first, self.thresholds, strict=True)):
            close, (keys, counts) = self.spec.reach(score, threshold), self.counts[number]
            local, group = np.divmod(keys, len(first))
            whole = counts == self.sizes[number][group]
            earlier = {each: groups.tolist() for each, groups in by_row(local[whole], group[whole])}
            inner = {each: set(columns.tolist()) for each, columns in by_row(row[close], column[close])}
            joined: dict[int, set[int]] = {}
            for each in range(query_block.start, query_block.stop):
                near = inner.get(each, set())
                choices = [*earlier.get(each - query_block.start, ()), *(other for other in near if other in joined)]
                fitting = [other for other in choices if joined.get(other, set()) <= near]
                first[each] = min(fitting, default=each)
                joined.setdefault(int(first[each]), set()).add(each)
            np.add.at(self.sizes[number], first[query_block.start : query_block.stop], 1)


_NONE = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
