"""The k best of the rows of both sides from one sweep: each tile tells of its columns as of its rows."""

from dataclasses import dataclass

from ...results import Column
from ..kernels import Tile
from ..plan import Span
from .base import Reducer
from .self_join_top_k import MutualTopK


@dataclass
class ColumnTopK(MutualTopK):
    """The k best rows of A for each row of B, known once all tiles have been seen.

    Args:
        k: how many, at most the rows of A.
        question: what is asked, as for the rows of A.
        stripe: columns whose candidates are filed together.
        give: takes the row of B, the row of A and the score, rows of B ascending, best first, once, from `finish`.
    """

    @property
    def _owners(self) -> int:
        """How many columns look for partners."""
        return len(self.question.pairs.b)

    def take(self, stripe: Span, block: Span, tile: Tile) -> None:
        """Keep what may be among the k best of a column."""
        self._look(stripe, block, tile, by_column=True)

    def end(self, stripe: Span) -> None:
        """Wait: no column is finished before the last stripe."""

    def finish(self) -> None:
        """Score the candidates and give the best."""
        for number in sorted(self.found):
            self._finish(number)

    def _score(self, owners: Column, partners: Column) -> Column:
        return self.question.pairs.score(partners, owners)


@dataclass
class BothWays(Reducer):
    """Two reducers of the same tiles."""

    rows: Reducer
    columns: Reducer

    def begin(self, stripe: Span) -> None:
        """Start a stripe."""
        self.rows.begin(stripe)
        self.columns.begin(stripe)

    def take(self, stripe: Span, block: Span, tile: Tile) -> None:
        """Give a tile to both."""
        self.rows.take(stripe, block, tile)
        self.columns.take(stripe, block, tile)

    def end(self, stripe: Span) -> None:
        """Finish a stripe."""
        self.rows.end(stripe)
        self.columns.end(stripe)
