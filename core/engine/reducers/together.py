"""Several reducers of the same tiles: one sweep answers several questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..kernels import Tile
from ..plan import Span
from .base import PartialResult, Reducer


@dataclass(frozen=True)
class Together(Reducer):
    """Takes every tile through several reducers."""

    reducers: Sequence[Reducer]

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether no reducer wants a tile."""
        return all(reducer.skips(query_block, corpus_block) for reducer in self.reducers)

    def begin(self, query_block: Span) -> None:
        """Start a query block."""
        for reducer in self.reducers:
            reducer.begin(query_block)

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Give a tile to all of them."""
        for reducer in self.reducers:
            reducer.take(query_block, corpus_block, tile)

    def end(self, query_block: Span) -> None:
        """Finish a query block."""
        for reducer in self.reducers:
            reducer.end(query_block)

    def part(self) -> PartialResult | None:
        """Return parts of all of them, or None where one has none."""
        parts = [reducer.part() for reducer in self.reducers]
        found = [part for part in parts if part is not None]
        return PartialResult(Together([part.reducer for part in found]), before=found) if found == parts else None

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Return what is kept of each."""
        return [each.kept(rows, own) for each, own in zip(self.reducers, part.before, strict=True)]

    def restore(self, rows: Span, kept: Any) -> None:
        """Let each take over its own."""
        for each, own in zip(self.reducers, kept, strict=True):
            each.restore(rows, own)
