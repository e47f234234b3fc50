"""Ranks of the rows of a query's class among all other rows: fast tiles find them, exact scores decide what is close.

A sample of the rows tells for each query a proxy score that somewhat more rows reach than are asked for. What reaches
it is sorted. Two rows whose proxy scores are further apart than both errors are in order; of others the exact score is
asked only where a row of the class is among rows of other classes. A query for which the sample told too much or too
little, or of which too much is open, is answered by the k closest rows as anyone would find them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..backend import Array
from ..engine import Exclusion, Hits, Kernel, PairwiseJob, Reducer, Span, Tile, each_nearest, middle, reduce_pairs
from ..results import Column, Progress, begin

SAMPLE = 4096  # rows, of which the threshold of a query is told
SPREAD = 3.5  # standard deviations that the number of rows above it may be off
QUERIES = 1 << 13  # at once
BLOCK = 1024  # queries that meet the sample at a time

Give = Callable[[Column, Column], None]  # takes query and rank of hits, ranks from 1


class Reached(NamedTuple):
    """Rows that may be among the closest, by query, the closest first.

    Args:
        query: (r,) places among the queries, ascending.
        row: (r,) numbers of rows.
        proxy: (r,) float64, descending within a query.
    """

    query: Column
    row: Column
    proxy: Column


@dataclass(frozen=True)
class HitRanks:
    """A set of rows with classes, each row a query for the others of its class.

    Args:
        job: the set with itself, its ids the row numbers.
        classes: (n,) the class of each row.
        depth: (n,) how many of its closest rows a query ranks.
    """

    job: PairwiseJob
    classes: Column
    depth: Column

    def give(self, queries: Column, give: Give, progress: Progress | None = None) -> None:
        """Give the hits among the closest rows of some queries, each query's at once and in order.

        Args:
            queries: (q,) row numbers.
            give: takes queries and ranks.
            progress: called with the queries that are done and their number.
        """
        begin(progress, "closest rows")
        for part in self._portions(queries, self.depth[queries]):
            self._rank(queries[part], give, _from(progress, part.start, len(queries)))

    def _portions(self, queries: Column, sizes: Column) -> Iterator[slice]:
        """Yield ranges of queries that do not reach too many rows together."""
        whole, start = np.cumsum(sizes), 0
        while start < len(queries):
            most = (whole[start - 1] if start else 0) + self.job.budget.candidates
            stop = min(max(int(np.searchsorted(whole, most, side="right")), start + 1), start + QUERIES)
            yield slice(start, stop)
            start = stop

    @cached_property
    def _kernel(self) -> Kernel:
        job, rows = self.job, self.job.a.rows
        is_narrow = job.metric.has_product and job.fits_float32
        center = middle(rows) if is_narrow and job.metric.expands_squares else None
        return Kernel(job.metric, "float32" if is_narrow else "float64", job.scaled, job.backend, center=center)

    def _rank(self, queries: Column, give: Give, progress: Progress | None) -> None:
        depth = self.depth[queries]
        thresholds, most = self._thresholds(self.job.a.rows[queries], depth)
        reaching = _Reaching(queries, thresholds, most)
        self._sweep(queries, reaching, progress)
        found, error = reaching.sorted(), reaching.error
        # whoever reaches the threshold by both errors is closer than anyone who does not
        sure = found.proxy >= (thresholds + 2.0 * error)[found.query]
        counts = [np.bincount(found.query[part], minlength=len(queries)) for part in (sure, slice(None))]
        is_known = (counts[0] >= depth) | (counts[1] == len(self.classes) - 1)
        is_hit, is_open = self._hits(found, queries, depth, error)
        is_known &= np.bincount(found.query[is_open], minlength=len(queries)) <= 2 * depth + BLOCK // 16
        self._decide(found, queries, is_hit, np.flatnonzero(is_open & is_known[found.query]))
        rank = _ranks(found.query)
        is_hit &= is_known[found.query] & (rank <= depth[found.query])
        give(queries[found.query[is_hit]], rank[is_hit])
        if not is_known.all():
            self._list(queries[~is_known], give)

    def _sweep(self, queries: Column, reducer: Reducer, progress: Progress | None) -> None:
        a, b = self.job.a.rows[queries], self.job.b.rows
        reduce_pairs(a, b, self._kernel, reducer, budget=self.job.budget, progress=progress)

    def _thresholds(self, rows: Column, depth: Column) -> tuple[Column, Column]:
        """Return the (q,) proxy scores that the depth and somewhat more rows reach, and the most that should."""
        everyone, kernel = self.job.b.rows, self._kernel
        n, size = len(everyone), min(SAMPLE, len(everyone))
        sample = kernel.prepare(everyone[np.sort(np.random.default_rng(0).permutation(n)[:size])])
        share = size / n
        place = np.ceil(depth * share + SPREAD * np.sqrt(depth * share * (1 - share)) + 2).astype(np.int64)
        thresholds = np.full(len(rows), -np.inf)
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            own = np.flatnonzero(place[part] <= size)
            if not len(own):
                continue
            tile = Tile(kernel, kernel.prepare(rows[part]), sample)
            most = int(place[part][own].max())
            best = np.sort(kernel.backend.get(kernel.backend.largest(tile.proxy, most))[own], axis=1)
            reached = best[np.arange(len(own)), most - place[part][own]]
            thresholds[start + own] = reached - 2.0 * kernel.backend.get(tile.error())[own]
        return thresholds.astype(kernel.dtype), 4.0 * place / share

    def _hits(self, found: Reached, queries: Column, depth: Column, error: Column) -> tuple[Column, Column]:
        """Return (r,) which are of the class of their query, and which are not yet in order with others."""
        is_hit = self.classes[found.row] == self.classes[queries[found.query]]
        gap, slack = -np.diff(found.proxy), error[found.query]
        is_first = np.append(True, (gap > slack[1:] + slack[:-1]) | (np.diff(found.query) > 0))[: len(is_hit)]
        chain, first = np.cumsum(is_first) - 1, np.flatnonzero(is_first)
        sizes, hits = np.bincount(chain), np.bincount(chain, is_hit)
        is_asked = _ranks(found.query)[first] <= depth[found.query[first]]
        return is_hit, (is_asked & (hits > 0) & (hits < sizes))[chain]

    def _decide(self, found: Reached, queries: Column, is_hit: Column, places: Column) -> None:
        """Put the hits of rows that are too close to call into the order of their exact scores."""
        query, row = found.query[places], found.row[places]
        score = self.job.pairs(self.job.a.rows, self.job.b.rows).score(queries[query], row)
        far = -score if self.job.entry.larger_is_closer else score
        # a chain of close rows is a range of places; beyond its ends everything is in order already
        chain = np.cumsum(np.diff(places, prepend=-2) > 1)
        is_hit[places] = is_hit[places][np.lexsort((row, far, query, chain))]

    def _list(self, queries: Column, give: Give) -> None:
        """Give the hits of queries by their closest rows, exactly scored."""
        rows = self.job.b.rows

        def take(hits: Hits) -> None:
            place, row, _ = hits
            query, rank = queries[place], _ranks(place)
            is_hit = (self.classes[row] == self.classes[query]) & (rank <= self.depth[query])
            give(query[is_hit], rank[is_hit])

        excluded = Exclusion(queries, np.arange(len(rows)))
        job = replace(self.job, excluded=excluded, alone=False)
        each_nearest(job, self.job.a.rows[queries], rows, int(self.depth[queries].max()), take)

    def first(self, queries: Column, progress: Progress | None = None) -> Column:
        """Return the rank of the first hit of queries that have one, however far it is."""
        ranks = np.empty(len(queries), dtype=np.int64)
        begin(progress, "first rows of the class")
        sizes = np.bincount(self.classes)[self.classes[queries]]
        for part in self._portions(queries, sizes):
            own = queries[part]
            closer = _Closer(self.job, own, *self._best(own, sizes[part]))
            rows = self.job.a.rows[own], self.job.b.rows
            reduce_pairs(
                *rows, self._kernel, closer, budget=self.job.budget, progress=_from(progress, part.start, len(queries))
            )
            ranks[part] = closer.count + 1
        return ranks

    def _best(self, queries: Column, sizes: Column) -> tuple[Column, Column]:
        """Return the (q,) closest row of the class of each query, and their scores."""
        order = np.argsort(self.classes, kind="stable")
        starts = np.searchsorted(self.classes[order], self.classes[queries])
        place = np.repeat(np.arange(len(queries)), sizes)
        row = order[np.repeat(starts - np.cumsum(sizes) + sizes, sizes) + np.arange(len(place))]
        place, row = (column[row != queries[place]] for column in (place, row))
        score = self.job.pairs(self.job.a.rows, self.job.b.rows).score(queries[place], row)
        far = -score if self.job.entry.larger_is_closer else score
        ranked = np.lexsort((row, far, place))
        best = ranked[np.flatnonzero(np.diff(place[ranked], prepend=-1))]
        return row[best], score[best]


@dataclass
class _Reaching(Reducer):
    """Keeps what reaches the threshold of its query.

    Args:
        queries: (q,) row numbers.
        thresholds: (q,) of the dtype of the tiles.
        most: (q,) of how many rows a query is given up: nothing of it is kept.
    """

    queries: Column
    thresholds: Column
    most: Column
    found: list[Reached] = field(default_factory=list)
    error: Column = field(init=False)
    count: Column = field(init=False)

    def __post_init__(self) -> None:
        self.error, self.count = np.zeros(len(self.queries)), np.zeros(len(self.queries), dtype=np.int64)
        self.asked = self.thresholds.copy()

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Keep places of a tile."""
        backend, own = tile.kernel.backend, slice(query_block.start, query_block.stop)
        xp, proxy = backend.xp, _without_self(self.queries[own], corpus_block, tile)
        flat = xp.reshape(proxy, (-1,))
        places = xp.nonzero(xp.reshape(proxy >= backend.put(self.asked[own])[:, None], (-1,)))[0]
        query, column = np.divmod(backend.get(places), len(corpus_block))
        self.error[own] = np.maximum(self.error[own], backend.get(tile.error()))
        self.count[own] += np.bincount(query, minlength=len(query_block))
        self.asked[own][self.count[own] > self.most[own]] = np.inf
        values = backend.get(xp.take(flat, places))
        self.found.append(Reached(query + query_block.start, column + corpus_block.start, values))

    def sorted(self) -> Reached:
        """Return what was found of the queries that were not given up."""
        query, row, proxy = (np.concatenate(part) for part in zip(*self.found, strict=True))
        keep = (self.count <= self.most)[query] & (proxy > -np.inf)
        query, row, proxy = query[keep], row[keep], proxy[keep]
        order = np.argsort(-proxy)
        order = order[np.argsort(query[order].astype(np.uint16), kind="stable")]  # numpy is fast at 16 bits
        return Reached(query[order], row[order], proxy[order].astype(np.float64))


@dataclass
class _Closer(Reducer):
    """Counts the rows that are closer to a query than a row of its class, of equally close ones those before it.

    Args:
        job: the set.
        queries: (q,) row numbers.
        row: (q,) that row.
        score: (q,) its exact score.
    """

    job: PairwiseJob
    queries: Column
    row: Column
    score: Column
    count: Column = field(init=False)

    def __post_init__(self) -> None:
        self.count = np.zeros(len(self.queries), dtype=np.int64)
        self.pairs = self.job.pairs(self.job.a.rows, self.job.b.rows)

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Count a tile."""
        kernel, own = tile.kernel, slice(query_block.start, query_block.stop)
        xp, backend, proxy = kernel.backend.xp, kernel.backend, _without_self(self.queries[own], corpus_block, tile)
        error, exact = backend.get(tile.error()).astype(np.float64), kernel.proxy_score(self.score[own])
        low = kernel.proxy_threshold(exact, error)
        # a proxy score is undone from a score to 1e-12
        high = exact + 4e-12 * (np.abs(exact) + 1.0 * kernel.measure.has_unit_rows) + error
        is_closer = proxy > backend.put(high)[:, None]
        self.count[own] += backend.get(xp.sum(xp.astype(is_closer, xp.int64), axis=1))
        is_open = (proxy >= backend.put(low)[:, None]) & ~is_closer
        place, column = np.divmod(backend.get(xp.nonzero(xp.reshape(is_open, (-1,)))[0]), len(corpus_block))
        place, column = place + query_block.start, column + corpus_block.start
        score = self.pairs.score(self.queries[place], column)
        limit = self.score[place]
        is_before = score > limit if self.job.entry.larger_is_closer else score < limit
        is_before |= (score == limit) & (column < self.row[place])
        self.count += np.bincount(place[is_before], minlength=len(self.queries))


def _without_self(queries: Column, corpus_block: Span, tile: Tile) -> Column:
    """Return the tile, in which a query does not find itself."""
    proxy: Array = tile.proxy
    backend = tile.kernel.backend
    own = np.flatnonzero((queries >= corpus_block.start) & (queries < corpus_block.stop))
    if len(own):
        proxy[backend.put(own), backend.put(queries[own] - corpus_block.start)] = -np.inf
    return proxy


def _ranks(query: Column) -> Column:
    """Return the rank of each of some rows, sorted by query, among those of its query."""
    starts = np.flatnonzero(np.diff(query, prepend=-1))
    ranks: Column = np.arange(1, len(query) + 1) - np.repeat(starts, np.diff(starts, append=len(query)))
    return ranks


def _from(progress: Progress | None, start: int, total: int) -> Progress | None:
    return None if progress is None else lambda done, _: progress(start + done, total)
