"""The k best of the rows of both sides from one sweep: each tile tells of its columns as of its rows."""

from dataclasses import dataclass

from ...results import Column
from ..kernels import Tile
from ..plan import Span
from .base import Reducer
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

    def finish(self) -> None:
        """Score the candidates and give the best."""
        for number in sorted(self.found):
            self._finish(number)

    def _score(self, queries: Column, neighbours: Column) -> Column:
        return self.spec.pairs.score(neighbours, queries)


@dataclass
class BidirectionalTopK(Reducer):
    """Two reducers of the same tiles."""

    rows: Reducer
    columns: Reducer

    def begin(self, query_block: Span) -> None:
        """Start a query block."""
        self.rows.begin(query_block)
        self.columns.begin(query_block)

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Give a tile to both."""
        self.rows.take(query_block, corpus_block, tile)
        self.columns.take(query_block, corpus_block, tile)

    def end(self, query_block: Span) -> None:
        """Finish a query block."""
        self.rows.end(query_block)
        self.columns.end(query_block)
