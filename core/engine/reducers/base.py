"""What becomes of the tiles of a sweep: what every reducer is, and what every selection has to know."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...backend import Array
from ...results import Column
from ..candidates import Scan
from ..exclusion import Exclusion
from ..kernels import Kernel, Tile
from ..places import Found, Hits
from ..plan import Span
from ..prefix_scan import PrefixKernel, PrefixScan
from ..rescoring import Pairs

Give = Callable[[Hits], None]
NOTHING: Hits = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))


class Reducer:
    """Takes the tiles of one query block after another; by default it wants them all."""

    holds = False  # whether a tile's memory must not be used again
    scans = False  # whether it wants the maxima of groups first, and of most tiles nothing else
    apart = False  # whether a query block of it is done as fast without knowing of the others
    in_order = False  # whether a query block needs those before it, so that blocks of kept work do too
    whole_rows = False  # whether its plan is one of whole rows
    in_parts = False  # whether it takes the blocks of kept work where none is kept too
    kept_bytes = 24  # of what is kept of a row of A, about

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return False

    def begin(self, query_block: Span) -> None:
        """Start a query block."""

    def room(self, query_block: Span, corpus_block: Span) -> Array:
        """Return an array that the tile may be written to, or None."""
        return None

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Take a tile; its memory is used again afterwards."""
        raise NotImplementedError

    def end(self, query_block: Span) -> None:
        """Finish a query block."""

    def partial(self, kernel: Kernel) -> "PartialResult | None":
        """Return a reducer for one query block beside others, or None where they are only taken one after the other.

        Args:
            kernel: of the device that the query block is scored on.
        """
        return None

    def merge(self, query_block: Span, partial: "PartialResult") -> None:
        """Take over the partial result of a query block; query blocks come in ascending order."""
        raise NotImplementedError

    def part(self) -> "PartialResult | None":
        """Return a reducer for some query blocks whose outcome can be kept, or None where none can."""
        return None

    def kept(self, rows: Span, part: "PartialResult") -> Any:
        """Return what the query blocks of some rows came to in a `part`: arrays, numbers, and tuples of them."""
        raise NotImplementedError

    def stands(self, rows: Span, kept: Any) -> bool:
        """Tell whether what lies elsewhere of some rows is there, so that what was kept of them will do."""
        return True

    def restore(self, rows: Span, kept: Any) -> None:
        """Take over what was kept of some rows, whoever computed it; blocks of rows come in ascending order."""
        raise NotImplementedError


@dataclass(frozen=True)
class PartialResult:
    """What a reducer of one query block came to: its state, and what it gave; merged in the order of the blocks.

    Args:
        reducer: with its state.
        given: what it gave.
        before: what was known when it began, where that is asked for.
    """

    reducer: Reducer
    given: list[Hits] = field(default_factory=list)
    before: Any = None


@dataclass(frozen=True)
class SelectionSpec:
    """What every selection has to know.

    Args:
        kernel: the kernel of the tiles.
        pairs: the exact scores.
        larger_is_closer: the direction of the metric.
        has_missing: whether B has rows of NaN, which are never found.
        excluded: the pairs to leave out.
        upper_triangle: whether row i, column j and row j, column i are one pair, listed as i < j.
        most: how many candidates may be held, before they are reduced to the exact best.
    """

    kernel: Kernel
    pairs: Pairs
    larger_is_closer: bool
    has_missing: bool = False
    excluded: Exclusion | None = None
    upper_triangle: bool = False
    most: int = 1 << 21

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether a tile has nothing to give: of unordered pairs only the upper triangle counts."""
        return self.upper_triangle and corpus_block.stop <= query_block.start + 1

    def least(self, threshold: float | None) -> float:
        """Return a proxy score that every pair at a threshold or closer has."""
        return -np.inf if threshold is None else float(self.kernel.proxy_score(np.asarray(threshold)))

    def reach(self, score: Column, threshold: float) -> Column:
        """Return which scores are at a threshold or closer."""
        return score >= threshold if self.larger_is_closer else score <= threshold

    def scan(self, query_block: Span, corpus_block: Span, tile: Tile, lower_bound: Column) -> Scan:
        """Return a tile on its way to candidates of its rows."""
        if isinstance(tile.kernel, PrefixKernel):
            return PrefixScan(tile, lower_bound, self.pairs, query_block, corpus_block, has_missing=self.has_missing)
        return Scan(tile, lower_bound, has_missing=self.has_missing)

    def without_others(self, query_block: Span, corpus_block: Span, tile: Tile) -> Tile:
        """Return a tile whose places that are not asked for are -inf."""
        xp, backend = tile.kernel.backend.xp, tile.kernel.backend
        keep = None if self.excluded is None else self.excluded.kept(backend, query_block, corpus_block)
        if self.upper_triangle and corpus_block.start < query_block.stop:
            row, column = (backend.put(np.arange(span.start, span.stop)) for span in (query_block, corpus_block))
            upper = column[None, :] > row[:, None]
            keep = upper if keep is None else keep & upper
        if keep is None:
            return tile
        return replace(tile, scored=xp.where(keep, tile.proxy, xp.full_like(tile.proxy, -np.inf)))

    def wanted(self, query_block: Span, corpus_block: Span, found: Found) -> Found:
        """Return places of a tile as numbers of rows and columns of the whole, without those not asked for."""
        row, column = found.query + query_block.start, found.neighbour + corpus_block.start
        whole = Found(row, column, found.least, found.most)
        if self.excluded is None and not self.upper_triangle:
            return whole
        # one copy only: of rows that are all alike a tile has millions of places
        keep = np.ones(len(row), dtype=bool) if self.excluded is None else ~self.excluded.holds(row, column)
        if self.upper_triangle:
            keep &= column > row
        return whole.where(keep)


class SelectingReducer(Reducer):
    """A reducer that gives pairs: what all of them share."""

    spec: SelectionSpec
    give: Give

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return self.spec.skips(query_block, corpus_block)

    def merge(self, query_block: Span, partial: PartialResult) -> None:
        """Give what was found in the query block."""
        for hits in partial.given:
            self.give(hits)

    def part(self) -> PartialResult | None:
        """Return what takes query blocks by themselves."""
        return self.partial(self.spec.kernel)

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Return the pairs."""
        return joined([NOTHING, *part.given])

    def restore(self, rows: Span, kept: Any) -> None:
        """Give the pairs."""
        self.merge(rows, PartialResult(self, [kept]))


def joined(found: list[Hits]) -> Hits:
    """Return hits that were given in turn as one."""
    query, neighbour, score = (np.concatenate(part) for part in zip(*found, strict=True))
    return query, neighbour, score
