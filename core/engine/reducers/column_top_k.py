"""The k best rows of A for each row of B from a sweep for the rows of A: each tile tells of its columns too."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...results import Column
from ..kernels import Tile
from ..places import Found, Hits
from ..plan import Span
from .base import NOTHING, PartialResult, joined
from .capped_top_k import ROUNDING
from .self_join_top_k import SelfJoinTopK


@dataclass
class ColumnTopK(SelfJoinTopK):
    """The k best rows of A for each row of B, known once all tiles have been seen.

    Args:
        k: how many, at most the rows of A.
        spec: what is asked, as for the rows of A.
        query_block: columns whose candidates are filed together.
        give: takes the row of B, the row of A and the score, rows of B ascending, best first, once, from `finish`.
    """

    @property
    def _queries(self) -> int:
        """How many columns look for neighbours."""
        return len(self.spec.pairs.b)

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Keep what may be among the k best of a column."""
        self._look(query_block, corpus_block, tile, by_column=True)

    def end(self, query_block: Span) -> None:
        """Wait: no column is finished before the last query block."""

    def part(self) -> PartialResult:
        """Return what takes query blocks by themselves, from what is sure here."""
        given: list[Hits] = []
        reducer = ColumnTopK(self.k, self.spec, self.query_block, given.append)
        reducer.lower_bound[:] = self.lower_bound
        return PartialResult(reducer, given)

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Return the k best of some rows of A for each column."""
        assert isinstance(part.reducer, ColumnTopK)
        part.reducer.finish()
        return joined([NOTHING, *part.given])

    def restore(self, rows: Span, kept: Any) -> None:
        """File the k best of some rows of A under their columns."""
        column, row, score = kept
        least = self.spec.kernel.proxy_score(score)
        self._keep(Found(column, row, least, least + ROUNDING * np.maximum(1.0, np.abs(least))))
        if self.held > self.spec.most:
            self._reduce()

    def finish(self) -> None:
        """Score the candidates and give the best."""
        for number in sorted(self.found):
            self._finish(number)

    def _score(self, queries: Column, neighbours: Column) -> Column:
        return self.spec.pairs.score(neighbours, queries)
