"""Groups of close rows: pairs within a threshold are folded into the groups as they come, and never all kept."""

from abc import abstractmethod
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np

from ...results import Column
from ..candidates import Scan, is_crowded
from ..kernels import Kernel, Tile
from ..plan import Span
from .base import PartialResult, Reducer, SelectionSpec

FEW = 1024  # pairs that are scored at once
PIVOTS = 16  # rows of a crowded tile that join their groups first


class Linkage(Reducer):
    """Groups at one threshold or several: each row meets the earlier ones, half of the tiles.

    Attributes:
        first: for each threshold, (n,) what leads to the first row of the group of each row.

    Args:
        thresholds: the least similarities, or the largest distances.
        spec: what is asked of which rows; both sides are the same.
        codes: (n,) ascending; only rows of equal codes are compared. None for all.
    """

    scans = in_order = True
    is_upper = False  # whether each row meets the later ones instead

    def __init__(self, thresholds: Sequence[float], spec: SelectionSpec, codes: Column | None = None) -> None:
        self.thresholds, self.spec, self.codes = thresholds, spec, codes
        self.loosest = min(thresholds) if spec.larger_is_closer else max(thresholds)
        self.first = [np.arange(len(spec.pairs.a)) for _ in thresholds]

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether no row of the query block meets one of its code in the tile."""
        low, high = (query_block, corpus_block) if self.is_upper else (corpus_block, query_block)
        if low.start >= high.stop - 1:
            return True
        return self.codes is not None and bool(self.codes[low.stop - 1] < self.codes[high.start])

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Fold in what may reach the loosest threshold."""
        lower_bound = self.lower_bound(query_block)
        scan = self.spec.scan(query_block, corpus_block, tile, lower_bound)
        self.sift(query_block, corpus_block, scan, lower_bound)

    def sift(self, query_block: Span, corpus_block: Span, scan: Scan, lower_bound: Column) -> None:
        """Fold in what may reach the lower bound of its row."""
        scan = scan.rescan(lower_bound, self.spec.pairs, query_block, corpus_block)
        for found in scan.candidates(lower_bound):
            row, column = found.query + query_block.start, found.neighbour + corpus_block.start
            wanted = (column > row) if self.is_upper else (column < row)
            if self.codes is not None:
                wanted &= self.codes[row] == self.codes[column]
            self.fold(query_block, row[wanted], column[wanted])

    def lower_bound(self, query_block: Span) -> Column:
        """Return the proxy score that a pair of each row of the query block must reach to matter."""
        return np.full(len(query_block), self.spec.least(self.loosest))

    def part(self) -> PartialResult:
        """Return the reducer itself, which has to know the rows before."""
        return PartialResult(self)

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Return for each threshold the groups of some rows."""
        return [first[rows.start : rows.stop] for first in self.first]

    def restore(self, rows: Span, kept: Any) -> None:
        """Take over the groups of some rows."""
        for first, own in zip(self.first, kept, strict=True):
            first[rows.start : rows.stop] = own

    @abstractmethod
    def fold(self, query_block: Span, row: Column, column: Column) -> None:
        """Take pairs that may be close."""

    def groups(self) -> list[Column]:
        """Return for each threshold the first row of the group of each row."""
        return self.first


class Connected(Linkage):
    """Connected components: rows are of one group where a chain of close pairs leads from one to the other.

    Several query blocks share the groups: in whatever order pairs are folded in, the groups are the same.
    """

    in_order = False
    apart = is_upper = True  # the first query block meets all rows: what it joins need not be looked at again

    def __init__(self, thresholds: Sequence[float], spec: SelectionSpec, codes: Column | None = None) -> None:
        super().__init__(thresholds, spec, codes)
        # rows of one group at the strictest threshold are of one group at all
        self.strictest = self.first[int(np.argmax(thresholds) if spec.larger_is_closer else np.argmin(thresholds))]
        self.lock = Lock()

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether a tile has nothing to give: all of its rows may be of one group already."""
        return super().skips(query_block, corpus_block) or self._is_one(query_block, corpus_block)

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Fold in a tile, unless its rows have become one group since it was asked for.

        Of a crowded one the pairs within a group are left out, once a few rows have joined theirs: as good as none of
        the millions of pairs of a large group is listed.
        """
        if self._is_one(query_block, corpus_block):
            return
        lower_bound = self.lower_bound(query_block)
        scan = self.spec.scan(query_block, corpus_block, tile, lower_bound)
        if is_crowded(scan.hits(lower_bound)):
            scan = self._between_groups(query_block, corpus_block, tile, lower_bound)
            if is_crowded(hits := scan.hits(lower_bound)):
                pivots, few = np.argsort(-hits.sum(axis=1), kind="stable")[:PIVOTS], np.full(len(lower_bound), np.inf)
                few[pivots] = lower_bound[pivots]
                self.sift(query_block, corpus_block, scan, few)
                scan = self._between_groups(query_block, corpus_block, tile, lower_bound)
        self.sift(query_block, corpus_block, scan, lower_bound)

    def _between_groups(self, query_block: Span, corpus_block: Span, tile: Tile, lower_bound: Column) -> Scan:
        """Return the scan of a tile without the pairs of rows of one group."""
        backend, proxy = tile.kernel.backend, tile.proxy
        spans = (np.arange(span.start, span.stop) for span in (query_block, corpus_block))
        with self.lock:
            row, column = (backend.put(roots(self.strictest, rows)) for rows in spans)
        one = row[:, None] == column[None, :]
        between = replace(tile, scored=backend.xp.where(one, backend.xp.full_like(proxy, -np.inf), proxy))
        return self.spec.scan(query_block, corpus_block, between, lower_bound)

    def _is_one(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether all rows of a tile are of one group at the strictest threshold."""
        ends = np.asarray([query_block.start, query_block.stop - 1, corpus_block.start, corpus_block.stop - 1])
        with self.lock:
            if len(set(roots(self.strictest, ends).tolist())) > 1:
                return False
            rows = np.r_[query_block.start : query_block.stop, corpus_block.start : corpus_block.stop]
            found = roots(self.strictest, rows)
        return bool((found == found[0]).all())

    def fold(self, query_block: Span, row: Column, column: Column) -> None:
        """Join the groups of close pairs: at first one pair of each group, because that may be enough."""
        for side in (2, 3, None):
            apart = self._apart(row, column)
            row, column = apart[:2]
            if side is None or len(row) <= FEW:
                self._join(row, column)
                return
            some = np.unique(apart[side], return_index=True)[1]
            self._join(row[some], column[some])

    def _apart(self, row: Column, column: Column) -> tuple[Column, Column, Column, Column]:
        """Return the pairs of which both rows are not yet of one group, and their groups."""
        with self.lock:
            one, other = roots(self.strictest, row), roots(self.strictest, column)
        apart = one != other
        return row[apart], column[apart], one[apart], other[apart]

    def _join(self, row: Column, column: Column) -> None:
        if not len(row):
            return
        score = self.spec.pairs.score(row, column)
        for first, threshold in zip(self.first, self.thresholds, strict=True):
            close = self.spec.reach(score, threshold)
            with self.lock:
                unite(first, row[close], column[close])

    def groups(self) -> list[Column]:
        """Return for each threshold the first row of the group of each row."""
        with self.lock:
            return [roots(first, np.arange(len(first))) for first in self.first]

    def partial(self, kernel: Kernel) -> PartialResult:
        """Return a reducer for one query block, which shares the groups."""
        part = copy(self)
        part.spec = replace(self.spec, kernel=kernel)
        return PartialResult(part)

    def merge(self, query_block: Span, partial: PartialResult) -> None:
        """Have nothing to take over."""

    def part(self) -> PartialResult:
        """Return a reducer that begins with these groups, which are of blocks that are kept, and of no others."""
        part, before = Connected(self.thresholds, self.spec, self.codes), self.groups()
        for first, was in zip(part.first, before, strict=True):
            first[:] = was
        return PartialResult(part, before=before)

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Return for each threshold the rows that got into another group, and its first row."""
        assert isinstance(part.reducer, Connected)
        groups = part.reducer.groups()
        changed = [np.flatnonzero(now != was) for now, was in zip(groups, part.before, strict=True)]
        return [(rows, now[rows]) for rows, now in zip(changed, groups, strict=True)]

    def restore(self, rows: Span, kept: Any) -> None:
        """Make one group of what was."""
        with self.lock:
            for first, (some, firsts) in zip(self.first, kept, strict=True):
                unite(first, some, firsts)


def roots(first: Column, rows: Column) -> Column:
    """Return where rows lead to, and have them lead there at once (union-find with path halving).

    Args:
        first: (n,) a row of the same group that is not later, or the row itself.
        rows: numbers of rows.
    """
    found = first[rows]
    while not np.array_equal(above := first[found], found):
        first[rows] = found = above
    return found


def unite(first: Column, rows: Column, columns: Column) -> None:
    """Make one group of the groups of each pair, of which the earliest row is the root."""
    while len(rows):
        one, other = roots(first, rows), roots(first, columns)
        apart = one != other
        rows, columns, one, other = rows[apart], columns[apart], one[apart], other[apart]
        np.minimum.at(first, np.maximum(one, other), np.minimum(one, other))
