"""What becomes of tiles where rows are ranked: those that reach a threshold are kept, those closer than one counted."""

from copy import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..backend import Array
from ..engine import PairwiseJob, PartialResult, Reducer, Span, Tile
from ..results import Column


class Reached(NamedTuple):
    """Rows that may be among the closest, by query, the closest first.

    Args:
        query: (r,) places among the queries, ascending.
        row: (r,) rows.
        proxy: (r,) float64 proxy scores, descending within a query.
        rank: (r,) from 1, among those of the query.
        step: (q,) how much less than it is a proxy score may be.
    """

    query: Column
    row: Column
    proxy: Column
    rank: Column
    step: Column


@dataclass
class Reaching(Reducer):
    """Keeps what reaches the threshold of its query.

    Args:
        queries: (q,) rows.
        thresholds: (q,) of the dtype of the tiles.
        most: (q,) of how many rows a query is given up: nothing of it is kept.
        bidirectional: all rows are queries, and a pair i < j tells both of each other.
    """

    queries: Column
    thresholds: Column
    most: Column
    bidirectional: bool = False
    found: list[tuple[Column, Column, Column]] = field(default_factory=list)
    error: Column = field(init=False)
    count: Column = field(init=False)

    def __post_init__(self) -> None:
        self.error, self.count = np.zeros(len(self.queries)), np.zeros(len(self.queries), dtype=np.int64)
        # nobody asks for -inf, which stands for no pair
        self.asked = np.maximum(self.thresholds, np.finfo(self.thresholds.dtype).min)

    def part(self) -> PartialResult:
        """Return what takes query blocks by themselves, and gives no query up that it need not."""
        return PartialResult(Reaching(self.queries, self.thresholds, self.most, self.bidirectional))

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Return the places, and of the queries that the rows may tell of the error and the count."""
        found = part.reducer
        assert isinstance(found, Reaching)
        filled = slice(rows.start, None if self.bidirectional else rows.stop)
        count = found.count[filled]
        return found.found, found.error[filled], count.astype(np.min_scalar_type(int(count.max(initial=0))))

    def restore(self, rows: Span, kept: Any) -> None:
        """Take over what was found, and count it."""
        found, error, count = kept
        filled = slice(rows.start, rows.start + len(count))
        self.found += found
        self.error[filled] = np.maximum(self.error[filled], error)
        self.count[filled] += count

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether a tile has been seen the other way round."""
        return self.bidirectional and corpus_block.stop <= query_block.start + 1

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Keep places of a tile."""
        if not self.bidirectional:
            proxy = without_self(self.queries[query_block.start : query_block.stop], corpus_block, tile)
            self._keep(query_block, corpus_block, tile, proxy, by_column=False)
            return
        proxy = upper_triangle(query_block, corpus_block, tile, -np.inf)
        for by_column in (False, True):
            self._keep(query_block, corpus_block, tile, proxy, by_column=by_column)

    def _keep(self, query_block: Span, corpus_block: Span, tile: Tile, proxy: Array, *, by_column: bool) -> None:
        xp, backend = tile.kernel.backend.xp, tile.kernel.backend
        queries = corpus_block if by_column else query_block
        own = slice(queries.start, queries.stop)
        asked = backend.put(self.asked[own])
        reached = proxy >= (asked[None, :] if by_column else asked[:, None])
        places = xp.nonzero(xp.reshape(reached, (-1,)))[0]
        values = backend.get(xp.take(xp.reshape(proxy, (-1,)), places))
        row, column = np.divmod(backend.get(places), len(corpus_block))
        query, other = (column, row + query_block.start) if by_column else (row, column + corpus_block.start)
        self.error[own] = np.maximum(self.error[own], backend.get(tile.error(by_column=by_column)))
        self.count[own] += np.bincount(query, minlength=len(queries))
        self.asked[own][self.count[own] > self.most[own]] = np.inf
        narrow = np.min_scalar_type(max(query_block.stop, corpus_block.stop))
        self.found.append(((query + queries.start).astype(narrow), other.astype(narrow), values))

    def sorted(self) -> Reached:
        """Return what was found of the queries that were not given up.

        Query, proxy score and row are packed into one number each, which is sorted: a proxy score as the number of
        steps above the threshold, in as many bits as the others leave.
        """
        proxies = [proxy for _, _, proxy in self.found if len(proxy)]
        bits = max(int(row.max(initial=1)) for _, row, _ in self.found).bit_length()
        width = 62 - bits - len(self.queries).bit_length()
        steps = (1 << width) - 1
        low = np.maximum(
            self.thresholds.astype(np.float64), min((float(proxy.min()) for proxy in proxies), default=0.0)
        )
        low[~np.isfinite(low)] = 0.0  # nothing is asked
        top = max((float(proxy.max()) for proxy in proxies), default=0.0)
        step = np.maximum((top - low) / steps, 1e-300) * (1 + 1e-9)
        keys = np.concatenate([self._packed(part, low, step, steps, bits) for part in self.found])
        self.found.clear()
        keys.sort()
        row, keys = keys & ((1 << bits) - 1), keys >> bits
        query, level = keys >> width, steps - (keys & steps)
        starts = np.flatnonzero(np.diff(query, prepend=-1))
        rank = np.arange(1, len(query) + 1) - np.repeat(starts, np.diff(starts, append=len(query)))
        return Reached(query, row, low[query] + level * step[query], rank, step)

    def _packed(self, part: tuple[Column, ...], low: Column, step: Column, steps: int, bits: int) -> Column:
        keep = np.flatnonzero((self.count <= self.most)[part[0]])
        query, row, proxy = part[0][keep].astype(np.int64), part[1][keep].astype(np.int64), part[2][keep]
        level = ((proxy.astype(np.float64) - low[query]) / step[query]).astype(np.int64)
        keys: Column = (query * (steps + 1) + (steps - level) << bits) + row
        return keys


@dataclass
class Closer(Reducer):
    """Counts the rows that are closer to a query than a row of its class, of equally close ones those before it.

    Args:
        numbers: (n,) by which equally close rows are ordered.
        queries: (q,) rows.
        row: (q,) that row.
        far: (q,) its exact score, negated where larger is closer.
    """

    job: PairwiseJob
    numbers: Column
    queries: Column
    row: Column
    far: Column
    count: Column = field(init=False)

    def __post_init__(self) -> None:
        self.count = np.zeros(len(self.queries), dtype=np.int64)
        self.pairs = self.job.pairs(self.job.a.rows, self.job.b.rows)
        self.sign = -1.0 if self.job.entry.larger_is_closer else 1.0

    def part(self) -> PartialResult:
        """Return what counts query blocks by themselves."""
        other = copy(self)
        other.count = np.zeros_like(self.count)
        return PartialResult(other)

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Return the counts of the queries."""
        assert isinstance(part.reducer, Closer)
        return part.reducer.count[rows.start : rows.stop]

    def restore(self, rows: Span, kept: Any) -> None:
        """Take over the counts of the queries."""
        self.count[rows.start : rows.stop] = kept

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Count a tile."""
        kernel, own = tile.kernel, slice(query_block.start, query_block.stop)
        xp, backend, proxy = kernel.backend.xp, kernel.backend, without_self(self.queries[own], corpus_block, tile)
        error, exact = backend.get(tile.error()).astype(np.float64), kernel.proxy_score(self.sign * self.far[own])
        low = kernel.proxy_threshold(exact, error)
        # a proxy score is undone from a score to 1e-12
        high = exact + 4e-12 * (np.abs(exact) + 1.0 * kernel.measure.has_unit_rows) + error
        is_closer = proxy > backend.put(high)[:, None]
        self.count[own] += backend.get(xp.sum(xp.astype(is_closer, xp.int64), axis=1))
        is_open = (proxy >= backend.put(low)[:, None]) & ~is_closer
        place, column = np.divmod(backend.get(xp.nonzero(xp.reshape(is_open, (-1,)))[0]), len(corpus_block))
        place, column = place + query_block.start, column + corpus_block.start
        far, limit = self.sign * self.pairs.score(self.queries[place], column), self.far[place]
        is_before = (far < limit) | ((far == limit) & (self.numbers[column] < self.numbers[self.row[place]]))
        self.count += np.bincount(place[is_before], minlength=len(self.queries))


def without_self(queries: Column, corpus_block: Span, tile: Tile) -> Array:
    """Return the tile, in which a query does not find itself."""
    backend, proxy = tile.kernel.backend, tile.proxy
    own = np.flatnonzero((queries >= corpus_block.start) & (queries < corpus_block.stop))
    if len(own):
        proxy[backend.put(own), backend.put(queries[own] - corpus_block.start)] = -np.inf
    return proxy


def upper_triangle(query_block: Span, corpus_block: Span, tile: Tile, filled: float) -> Array:
    """Return a tile of a set with itself, all but the pairs i < j filled with a number."""
    proxy: Array = tile.proxy
    width = min(query_block.stop, corpus_block.stop) - corpus_block.start
    if width > 0:
        xp, backend = tile.kernel.backend.xp, tile.kernel.backend
        row, column = np.arange(query_block.start, query_block.stop), corpus_block.start + np.arange(width)
        upper = backend.put(column[None, :] > row[:, None])
        proxy[:, :width] = xp.where(upper, proxy[:, :width], filled)
    return proxy
