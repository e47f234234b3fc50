"""All pairs up to a threshold."""

from dataclasses import dataclass, replace

import numpy as np

from ...errors import ParameterError
from ..kernels import Kernel, Tile
from ..places import Hits
from ..plan import Span
from .base import NOTHING, Give, PartialResult, SelectingReducer, SelectionSpec

GIVEN = 1 << 18  # pairs that are ordered and given at a time, unless one row has more


@dataclass
class Threshold(SelectingReducer):
    """All pairs whose exact score is at the threshold or closer.

    Args:
        threshold: the least similarity, or the largest distance.
        most: how many pairs may be found.
        spec: what is asked of which rows.
        give: takes row, column and score of the pairs of a query block, in order of row and column.
    """

    threshold: float
    most: int
    spec: SelectionSpec
    give: Give
    count: int = 0

    scans = apart = True

    def begin(self, query_block: Span) -> None:
        """Start a query block."""
        self.found: list[Hits] = [NOTHING]

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Score what may reach the threshold and keep what does."""
        spec = self.spec
        lower_bound = np.full(len(query_block), spec.least(self.threshold))
        scan = spec.scan(query_block, corpus_block, tile, lower_bound).rescan(
            lower_bound, spec.pairs, query_block, corpus_block
        )
        for found in scan.candidates(lower_bound):
            row, column, _, _ = spec.wanted(query_block, corpus_block, found)
            score = spec.pairs.score(row, column)
            close = spec.reach(score, self.threshold)
            self.found.append((row[close], column[close], score[close]))
            self.count += int(close.sum())
        if self.count > self.most:
            self._refuse(query_block, corpus_block)

    def end(self, query_block: Span) -> None:
        """Give the pairs of the query block, in order of row and column, some rows at a time."""
        each = np.zeros(len(query_block), dtype=np.int64)
        for part in self.found:
            each += np.bincount(part[0] - query_block.start, minlength=len(query_block))
        start = query_block.start
        while start < query_block.stop:
            reached = np.cumsum(each[start - query_block.start :])
            stop = start + max(1, int(np.searchsorted(reached, GIVEN, side="right")))
            # the rows of every part ascend
            places = [slice(*np.searchsorted(part[0], (start, stop))) for part in self.found]
            parts = [[column[p] for column in part] for part, p in zip(self.found, places, strict=True)]
            row, column, score = (np.concatenate(part) for part in zip(*parts, strict=True))
            order = np.lexsort((column, row))
            self.give((row[order], column[order], score[order]))
            start = stop

    def partial(self, kernel: Kernel) -> PartialResult:
        """Return a reducer for one query block, which stops when its pairs with those known here are too many."""
        given: list[Hits] = []
        spec = replace(self.spec, kernel=kernel)
        return PartialResult(Threshold(self.threshold, self.most, spec, given.append, self.count), given)

    def merge(self, query_block: Span, partial: PartialResult) -> None:
        """Give what was found, unless it is too much with what was found elsewhere meanwhile."""
        self.found = partial.given
        self.count += sum(len(hits[0]) for hits in partial.given)
        if self.count > self.most:
            self._refuse(query_block, Span(0, len(self.spec.pairs.b)))
        super().merge(query_block, partial)

    def _refuse(self, query_block: Span, corpus_block: Span) -> None:
        """Raise the error that names a threshold that would fit, judged by the tiles seen in this query block."""
        score = np.sort(np.concatenate([part[2] for part in self.found]))
        score = score[::-1] if self.spec.larger_is_closer else score
        n, m = len(self.spec.pairs.a), len(self.spec.pairs.b)
        seen, everything = len(query_block) * corpus_block.stop, n * m
        if self.spec.upper_triangle:
            columns = np.clip(corpus_block.stop - 1 - np.arange(query_block.start, query_block.stop), 0, None)
            seen, everything = int(columns.sum()), n * (n - 1) // 2
        fitting = float(score[min(len(score) - 1, int(self.most * 0.8 * seen / everything))])
        raise ParameterError(
            f"more than {self.most:,} pairs reach {self.threshold:g}",
            "«threshold»",
            f"«threshold={fitting:.4g}» would fit by what was seen so far; «max_results» allows more",
        )
