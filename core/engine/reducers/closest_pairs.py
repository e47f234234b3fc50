"""The closest pairs of all."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...results import Column
from ..candidates import Scan
from ..kernels import Kernel, Tile
from ..places import Found, Hits
from ..plan import Span
from ..tie_order import closest_of_all
from .base import NOTHING, Give, PartialResult, SelectingReducer, SelectionSpec, joined

FEWEST = 1 << 14  # candidates that are scored at a time where only upper bounds are known


@dataclass
class ClosestPairs(SelectingReducer):
    """The best pairs of all, closest first, ties by row, then by column.

    Args:
        most: how many.
        spec: what is asked of which rows.
        give: takes row, column and score of the pairs, once, from `finish`.
    """

    most: int
    spec: SelectionSpec
    give: Give
    lower_bound: float = -np.inf
    pool: Column = field(default_factory=lambda: np.empty(0))
    found: list[Found] = field(default_factory=list)
    best: Hits = NOTHING

    scans = True

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Keep what may be among the best."""
        spec = self.spec
        tile = spec.without_others(query_block, corpus_block, tile)
        scan = spec.scan(query_block, corpus_block, tile, np.full(len(query_block), self.lower_bound))
        pool = self.pool
        if scan.knows_scores:
            self._tighten(scan)
        lower_bound = np.full(len(query_block), self.lower_bound)
        fine = scan.rescan(lower_bound, spec.pairs, query_block, corpus_block, usual=self.most / len(query_block))
        if fine is not scan:
            self.pool = pool  # else the pairs of this tile would count twice
            self._tighten(fine)
        for found in fine.candidates(np.full(len(query_block), self.lower_bound)):
            self.found.append(spec.wanted(query_block, corpus_block, found))
            self._reduce_if_many()

    def partial(self, kernel: Kernel) -> PartialResult:
        """Return a reducer for one query block, which starts from what is sure here."""
        spec = replace(self.spec, kernel=kernel)
        return PartialResult(ClosestPairs(self.most, spec, self.give, self.lower_bound, self.pool))

    def merge(self, query_block: Span, partial: PartialResult) -> None:
        """Take over what was found, and the higher bound."""
        other = partial.reducer
        assert isinstance(other, ClosestPairs)
        if other.lower_bound > self.lower_bound or len(other.pool) > len(self.pool):
            # never both pools: the partial one may hold pairs of this one, which would count twice
            self.lower_bound, self.pool = max(self.lower_bound, other.lower_bound), other.pool
        self.found += other.found
        self.best = joined([self.best, other.best])
        self._reduce_if_many()

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Return the best pairs, and the proxy score that so many are known to have."""
        reducer = part.reducer
        assert isinstance(reducer, ClosestPairs)
        reducer._reduce()
        return reducer.best, reducer.lower_bound

    def restore(self, rows: Span, kept: Any) -> None:
        """Take over the best pairs."""
        best, lower_bound = kept
        self.merge(rows, PartialResult(replace(self, lower_bound=lower_bound, pool=np.empty(0), found=[], best=best)))
        if len(self.best[2]) > 2 * self.most:
            self._reduce()

    def _reduce_if_many(self) -> None:
        # of upper bounds alone nothing else raises what is sure
        most = max(self.spec.most, 4 * self.most) if self.spec.kernel.knows_scores else max(FEWEST, 2 * self.most)
        if sum(len(part.query) for part in self.found) > most:
            self._reduce()

    def _reduce(self) -> None:
        """Score what was found, and keep the exact best."""
        self.best, self.found = self._best(), []
        if len(self.best[2]) == self.most:
            self.lower_bound = max(self.lower_bound, float(self.spec.kernel.proxy_score(self.best[2][-1:])[0]))

    def finish(self) -> None:
        """Score the candidates and give the best."""
        self.give(self._best())

    def _tighten(self, scan: Scan) -> None:
        """Raise what is sure: maxima of disjoint groups are scores of different pairs."""
        each = -(-self.most // scan.maxima.shape[0])
        bounds = scan.kernel.backend.get(scan.bounds(each)).ravel()
        bounds = np.concatenate([self.pool, bounds[bounds > self.lower_bound]])
        if len(bounds) >= self.most:
            bounds = np.partition(bounds, len(bounds) - self.most)[len(bounds) - self.most :]
            self.lower_bound = max(self.lower_bound, float(bounds.min()))
        self.pool = bounds

    def _best(self) -> Hits:
        """Return the best of what was found and what was kept before."""
        found = Found.of(self.found)
        if len(found.query) > self.most:
            last = len(found.query) - self.most
            self.lower_bound = max(self.lower_bound, float(np.partition(found.least, last)[last]))
        row, column, _, _ = found.where(found.most >= self.lower_bound)
        row, column, score = joined([self.best, (row, column, self.spec.pairs.score(row, column))])
        order = closest_of_all(row, column, score, self.most, larger_is_closer=self.spec.larger_is_closer)
        return row[order], column[order], score[order]
