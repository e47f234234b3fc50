"""The k best columns of each row."""

from dataclasses import dataclass, replace

import numpy as np

from ...results import Column
from ..candidates import Scan
from ..kernels import Kernel, Tile
from ..places import Found, Hits, kth_largest
from ..plan import Span
from ..tie_order import best_of
from .base import Give, PartialResult, SelectingReducer, SelectionSpec

GROWTH = 2.0  # by which the candidates of a query block may grow before those that are out by now are dropped


@dataclass
class TopK(SelectingReducer):
    """The k best columns of each row.

    Known of each row is `lower_bound`, a proxy score that k of its columns have for certain. A column that may reach it
    is kept, those kept raise it, and at the end of the query block they are scored exactly: the k best of those are
    the k best of all.

    Args:
        k: how many.
        spec: what is asked of which rows.
        give: takes row, column and score of finished rows, best first.
        threshold: the least similarity, or the largest distance, that counts; None for any.
    """

    k: int
    spec: SelectionSpec
    give: Give
    threshold: float | None = None

    scans = apart = True

    def begin(self, query_block: Span) -> None:
        """Start a query block with nothing sure."""
        self.lower_bound = np.full(len(query_block), self.spec.least(self.threshold))
        self.found: list[Found] = []
        self.held, self.limit, self.fresh = 0, 0.0, True

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Keep what may be among the k best."""
        spec, scan = self.spec, self.scanned(query_block, corpus_block, tile)
        if self.fresh:
            self._tighten(scan)
        fine = scan.rescan(self.lower_bound, spec.pairs, query_block, corpus_block, usual=self._asked)
        if fine is not scan:
            self._tighten(fine)
        self.fresh = False
        for found in fine.candidates(self.lower_bound):
            self.found.append(spec.wanted(query_block, corpus_block, found))
            self.held += len(self.found[-1].query)
            if self.held > self.limit:
                self._settle(query_block)

    def scanned(self, query_block: Span, corpus_block: Span, tile: Tile) -> Scan:
        """Return a tile on its way to candidates, in which places that are left out are -inf, unless they are few."""
        if self._masks:
            tile = self.spec.without_others(query_block, corpus_block, tile)
        return self.spec.scan(query_block, corpus_block, tile, self.lower_bound)

    def end(self, query_block: Span) -> None:
        """Score the candidates of the query block and give the k best of each row."""
        self._settle(query_block)
        self.give(self._best())

    def partial(self, kernel: Kernel) -> PartialResult:
        """Return a reducer for one query block: no row of it needs to know of other query blocks."""
        given: list[Hits] = []
        return PartialResult(TopK(self.k, replace(self.spec, kernel=kernel), given.append, self.threshold), given)

    @property
    def _asked(self) -> int:
        """How many of the closest hold k that count: where one at most is left out, k and one more."""
        return self.k + (self.spec.excluded is not None and not self._masks)

    @property
    def _masks(self) -> bool:
        """Whether what is left out is taken out of the tiles, because it may be more than one column of a row."""
        return self.spec.excluded is not None and self.spec.excluded.most > 1

    def _tighten(self, scan: Scan) -> None:
        """Raise what is sure: maxima of disjoint groups are scores, so the k-th of them bounds the k-th best."""
        kernel, wanted = self.spec.kernel, self._asked
        bounds = scan.bounds(wanted)
        if bounds.shape[1] >= wanted:
            least = kernel.backend.xp.min(kernel.backend.largest(bounds, wanted), axis=1)
            self.lower_bound = np.maximum(self.lower_bound, kernel.backend.get(least))

    def _settle(self, query_block: Span) -> None:
        """Raise what is sure by what was found, and keep what still may be among the k best."""
        found = Found.of(self.found)
        self.lower_bound = np.maximum(
            self.lower_bound, kth_largest(found.query - query_block.start, found.least, len(query_block), self.k)
        )
        self.found = [found.where(found.most >= self.lower_bound[found.query - query_block.start])]
        if len(self.found[0].query) > self.spec.most:
            row, column, score = self._best()
            self.found = [Found(row, column, self.spec.kernel.proxy_score(score), np.full(len(row), np.inf))]
            self._raise(row - query_block.start, score)
        self.held = len(self.found[0].query)
        self.limit = min(GROWTH * self.held, self.spec.most)

    def _raise(self, rows: Column, scores: Column) -> None:
        """Raise what is sure to the exact k-th score of the rows that have k."""
        full = np.flatnonzero(np.bincount(rows, minlength=len(self.lower_bound)) == self.k)
        last = np.searchsorted(rows, full, side="right") - 1
        self.lower_bound[full] = np.maximum(self.lower_bound[full], self.spec.kernel.proxy_score(scores[last]))

    def _best(self) -> Hits:
        found = Found.of(self.found)
        row, column, _, _ = found.where(np.argsort(found.query, kind="stable"))  # a row is fetched once for its pairs
        score = self.spec.pairs.score(row, column)
        if self.threshold is not None:
            close = self.spec.reach(score, self.threshold)
            row, column, score = row[close], column[close], score[close]
        best = best_of(row, column, score, self.k, larger_is_closer=self.spec.larger_is_closer)
        return row[best], column[best], score[best]
