"""The k best others of each row of one set: the upper triangle of tiles, each read both ways."""

from dataclasses import dataclass, field, replace

import numpy as np

from ...results import Column
from ..candidates import Scan
from ..kernels import Kernel, Tile
from ..places import Found, Hits, kth_largest
from ..plan import Span
from ..tie_order import best_of
from .base import Give, PartialResult, SelectingReducer, SelectionSpec
from .top_k import GROWTH, TopK


@dataclass
class SelfJoinTopK(SelectingReducer):
    """As `TopK` where A is compared with itself, with half the tiles: each tells of its columns as of its rows.

    A query block is finished once its own tiles are: those before it have met its rows as columns.

    Args:
        k: how many.
        spec: what is asked; its pairs are unordered.
        query_block: rows of a query block.
        give: takes row, column and score of finished rows, best first.
    """

    k: int
    spec: SelectionSpec
    query_block: int
    give: Give
    lower_bound: Column = field(init=False)
    found: dict[int, list[Found]] = field(default_factory=dict)  # by the number of the query block of the query
    limits: dict[int, float] = field(default_factory=dict)
    held: int = 0

    def __post_init__(self) -> None:
        self.lower_bound = np.full(self._queries, -np.inf)

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Keep what may be among the k best of a row, and of a column."""
        tile = self.spec.without_others(query_block, corpus_block, tile)
        self._look(query_block, corpus_block, tile, by_column=False)
        self._look(query_block, corpus_block, tile, by_column=True)

    def end(self, query_block: Span) -> None:
        """Give the k best of each row of the query block."""
        self._finish(query_block.start // self.query_block)

    def partial(self, kernel: Kernel) -> PartialResult:
        """Return a reducer for one query block that reads both triangles.

        What a tile tells of its columns belongs to query blocks that are with other devices: sharing it would make them
        wait for each other. The k best are the same.
        """
        given: list[Hits] = []
        return PartialResult(TopK(self.k, replace(self.spec, kernel=kernel, upper_triangle=False), given.append), given)

    @property
    def _queries(self) -> int:
        """How many rows look for neighbours."""
        return len(self.spec.pairs.a)

    def _score(self, queries: Column, neighbours: Column) -> Column:
        return self.spec.pairs.score(queries, neighbours)

    def _look(self, query_block: Span, corpus_block: Span, tile: Tile, *, by_column: bool) -> None:
        """Keep what may be among the k best of the rows of a tile, or of its columns."""
        queries, neighbours = (corpus_block, query_block) if by_column else (query_block, corpus_block)
        lower_bound = self.lower_bound[queries.start : queries.stop]
        scan = Scan(tile, lower_bound, has_missing=self.spec.has_missing, by_column=by_column)
        if not np.isfinite(lower_bound).all():
            self._tighten(scan, lower_bound)
        fine = scan.rescan(lower_bound, self.spec.pairs, query_block, corpus_block, usual=self.k)
        if fine is not scan:
            self._tighten(fine, lower_bound)
        for found in fine.candidates(lower_bound):
            self._keep(found._replace(query=found.query + queries.start, neighbour=found.neighbour + neighbours.start))
            if self.held > self.spec.most:
                self._reduce()

    def _tighten(self, scan: Scan, lower_bound: Column) -> None:
        """Raise what is sure: maxima of disjoint groups are scores of different neighbours."""
        bounds = self.spec.kernel.backend.get(scan.bounds(self.k))
        width = bounds.shape[1]
        if width >= self.k:
            np.maximum(lower_bound, np.partition(bounds, width - self.k, axis=1)[:, width - self.k], out=lower_bound)

    def _keep(self, found: Found) -> None:
        """File places under the query block of their query."""
        numbers = found.query // self.query_block
        for number in np.flatnonzero(np.bincount(numbers)).tolist():  # np.unique would load numpy.ma, 20 ms
            own = found.where(numbers == number)
            self.found.setdefault(number, []).append(own)
            self.held += len(own.query)
            if _count(self.found[number]) > self.limits.get(number, 0.0):
                self._settle(number)

    def _settle(self, number: int) -> None:
        """Raise the bounds of the rows of a query block by what was found; keep what may still be among the k best."""
        found, start = Found.of(self.found[number]), number * self.query_block
        lower_bound = self.lower_bound[start : start + self.query_block]
        np.maximum(
            lower_bound, kth_largest(found.query - start, found.least, len(lower_bound), self.k), out=lower_bound
        )
        self._set(number, found.where(found.most >= self.lower_bound[found.query]))

    def _set(self, number: int, found: Found) -> None:
        self.held += len(found.query) - _count(self.found[number])
        self.found[number], self.limits[number] = [found], GROWTH * len(found.query)

    def _reduce(self) -> None:
        """Drop what is out by now, and where that is not enough keep the exact best."""
        for number in self.found:
            self._settle(number)
        if self.held <= self.spec.most // 2:
            return
        for number, parts in self.found.items():
            row, column, score = self._best(parts)
            # they stay whatever is sure
            self._set(number, Found(row, column, self.spec.kernel.proxy_score(score), np.full(len(row), np.inf)))
            self._settle(number)

    def _finish(self, number: int) -> None:
        """Give the k best of each row of a query block that has seen all its tiles."""
        if number in self.found:
            self._settle(number)
            self.held -= _count(self.found[number])
            self.give(self._best(self.found.pop(number)))

    def _best(self, parts: list[Found]) -> Hits:
        row, column, _, _ = Found.of(parts)
        score = self._score(row, column)
        best = best_of(row, column, score, self.k, larger_is_closer=self.spec.larger_is_closer)
        return row[best], column[best], score[best]


def _count(parts: list[Found]) -> int:
    return sum(len(part.query) for part in parts)
