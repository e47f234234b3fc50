"""Ranks of the rows of a query's class among all other rows: fast tiles find them, exact scores decide what is close.

A sample of the rows tells for each query a proxy score that somewhat more rows reach than are asked for. What reaches
it is sorted. Two rows whose proxy scores are further apart than both errors are in order; of others the exact score is
asked only where a row of the class is among rows of other classes. A query for which the sample told too much or too
little, or of which too much is open, is answered by the k closest rows as anyone would find them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..engine import Exclusion, Hits, Kernel, PairwiseJob, Reducer, Tile, each_nearest, gathered, middle, reduce_pairs
from ..results import Column, Progress, begin
from .reached import Closer, Reached, Reaching

SAMPLE = 4096  # rows, of which the threshold of a query is told
SPREAD = 3.5  # standard deviations that the number of rows above it may be off
QUERIES = 1 << 13  # at once
FOLDED = 8  # groups of the sample for each row that a query asks of it
BLOCK = 1024  # queries that meet the sample at a time
OPEN = 64  # rows too close to call that a query may have beside twice those it asks for
REACHED_BYTES = 100  # of a row that reaches a threshold, until it is ranked

Give = Callable[[Column, Column], None]  # takes number and rank of hits, ranks from 1
Sweep = Callable[[Reducer], None]


@dataclass(frozen=True)
class HitRanks:
    """A set of rows with classes, each row a query for the others of its class.

    Args:
        job: the set with itself.
        classes: (n,) the class of each row.
        numbers: (n,) the number of each row: it names the row, and of equally close rows the smaller comes first.
        depth: (n,) how many of its closest rows a query ranks; 0 for no query.
    """

    job: PairwiseJob
    classes: Column
    numbers: Column
    depth: Column

    def give(self, give: Give, progress: Progress | None = None, triangle: Sweep | None = None) -> None:
        """Give the hits among the closest rows of every query, each query's at once and in order.

        Args:
            give: takes numbers of queries, and ranks.
            progress: called with the queries that are done and their number.
            triangle: takes a reducer through all pairs i < j of the rows, as somebody else has to do anyway.
        """
        if triangle is not None and self._fits:
            reaching = self._reaching(np.arange(len(self.classes)), bidirectional=True)
            triangle(reaching)
            self._rank(reaching, give)
            return
        begin(progress, "closest rows")
        queries = np.flatnonzero(self.depth)
        for part in self._portions(self.depth[queries]):
            reaching = self._reaching(queries[part])
            self._sweep(reaching.queries, reaching, _from(progress, part.start, len(queries)))
            self._rank(reaching, give)

    @property
    def _fits(self) -> bool:
        """Whether what all queries reach may be held at once, and what a pair tells one row it tells the other."""
        held = int(self._expected(self.depth)[1].sum()) * REACHED_BYTES
        return self.job.metric.is_symmetric and held <= self.job.budget.left // 2

    def _portions(self, sizes: Column) -> Iterator[slice]:
        """Yield ranges of queries that do not reach too many rows together."""
        whole, start = np.cumsum(sizes), 0
        while start < len(sizes):
            most = (whole[start - 1] if start else 0) + self.job.budget.candidates
            stop = min(max(int(np.searchsorted(whole, most, side="right")), start + 1), start + QUERIES)
            yield slice(start, stop)
            start = stop

    def _sweep(self, queries: Column, reducer: Reducer, progress: Progress | None) -> None:
        a, b = self.job.a.rows[queries], self.job.b.rows
        reduce_pairs(a, b, self.kernel, reducer, budget=self.job.budget, progress=progress)

    @cached_property
    def kernel(self) -> Kernel:
        """The kernel of the tiles."""
        job, rows = self.job, self.job.a.rows
        is_narrow = job.metric.has_product and job.fits_float32
        center = middle(rows) if is_narrow and job.metric.expands_squares else None
        return Kernel(job.metric, "float32" if is_narrow else "float64", job.scaled, job.backend, center=center)

    def _expected(self, depth: Column) -> tuple[Column, Column]:
        """Return the rank in the sample of what bounds the closest rows, and how many rows that should be."""
        share = min(SAMPLE, len(self.classes)) / len(self.classes)
        place = np.ceil(depth * share + SPREAD * np.sqrt(depth * share * (1 - share)) + 2).astype(np.int64)
        return place, np.where(depth > 0, place / share, 0.0)

    def _reaching(self, queries: Column, *, bidirectional: bool = False) -> Reaching:
        """Return what keeps the rows that reach the thresholds of some queries."""
        everyone, kernel, depth = self.job.b.rows, self.kernel, self.depth[queries]
        size = min(SAMPLE, len(everyone))
        sample = kernel.prepare(everyone[np.sort(np.random.default_rng(0).permutation(len(everyone))[:size])])
        place, expected = self._expected(depth)
        thresholds = np.where(depth > 0, -np.inf, np.inf)
        for start in range(0, len(queries), BLOCK):
            own = start + np.flatnonzero((place[start : start + BLOCK] <= size) & (depth[start : start + BLOCK] > 0))
            if len(own):
                tile = Tile(kernel, kernel.prepare(self.job.a.rows[queries[own]]), sample)
                most = int(place[own].max())
                # few of the closest share a group, whose closest alone is looked at: a threshold a little too low
                fold = max(1, size // (FOLDED * most))
                grouped = kernel.backend.group_maxima(tile.proxy[:, : size - size % fold], size // fold, positive=False)
                best = np.sort(kernel.backend.get(kernel.backend.largest(grouped, most)), axis=1)
                reached = best[np.arange(len(own)), most - place[own]]
                thresholds[own] = reached - 2.0 * kernel.backend.get(tile.error())
        return Reaching(queries, thresholds.astype(kernel.dtype), 4.0 * expected, bidirectional)

    def _rank(self, reaching: Reaching, give: Give) -> None:
        """Give the hits among what was found, and look further for those queries of which it does not tell enough."""
        queries, depth, error = reaching.queries, self.depth[reaching.queries], reaching.error
        found = reaching.sorted()
        # whoever reaches the threshold by both errors is closer than anyone who does not
        sure = found.proxy >= (reaching.thresholds + 2.0 * error + found.step)[found.query]
        counts = [np.bincount(found.query[part], minlength=len(queries)) for part in (sure, slice(None))]
        is_known = (counts[0] >= depth) | (counts[1] == len(self.classes) - 1)
        is_hit = self.classes[found.row] == self.classes[queries[found.query]]
        is_open = self._open(found, is_hit, depth, 2.0 * error + found.step)
        is_known &= np.bincount(found.query[is_open], minlength=len(queries)) <= 2 * depth + OPEN
        self._decide(found, queries, is_hit, np.flatnonzero(is_open & is_known[found.query]))
        is_hit &= is_known[found.query] & (found.rank <= depth[found.query])
        give(self.numbers[queries[found.query[is_hit]]], found.rank[is_hit])
        if not is_known.all():
            self._list(queries[~is_known], give)

    def _open(self, found: Reached, is_hit: Column, depth: Column, slack: Column) -> Column:
        """Return (r,) which are in a chain of rows too close to call, of this class and of others."""
        apart = -np.diff(found.proxy, prepend=np.inf) > slack[found.query]
        first = np.flatnonzero(apart | (found.rank == 1))
        sizes = np.diff(first, append=len(is_hit))
        hits = np.add.reduceat(is_hit, first, dtype=np.int64) if len(first) else sizes
        is_asked = found.rank[first] <= depth[found.query[first]]
        return np.repeat(is_asked & (hits > 0) & (hits < sizes), sizes)

    def _decide(self, found: Reached, queries: Column, is_hit: Column, places: Column) -> None:
        """Put the hits of rows that are too close to call into the order of their exact scores."""
        query, row = found.query[places], found.row[places]
        far = self._far(queries[query], row)
        # a chain of close rows is a range of places; beyond its ends everything is in order already
        chain = np.cumsum(np.diff(places, prepend=-2) > 1)
        is_hit[places] = is_hit[places][np.lexsort((self.numbers[row], far, query, chain))]

    def _far(self, queries: Column, rows: Column) -> Column:
        """Return the exact scores of pairs, negated where larger is closer."""
        scores = self.job.pairs(self.job.a.rows, self.job.b.rows).score(queries, rows)
        return -scores if self.job.entry.larger_is_closer else scores

    def _list(self, queries: Column, give: Give) -> None:
        """Give the hits of queries by their closest rows, exactly scored."""
        place = np.argsort(self.numbers)  # of equally close rows the first are listed
        rows, classes, depth = gathered(self.job.b.rows, place), self.classes[place], self.depth[queries]

        def take(hits: Hits) -> None:
            own, row, _ = hits
            rank = np.arange(len(own)) - np.searchsorted(own, own) + 1
            is_hit = (classes[row] == self.classes[queries[own]]) & (rank <= depth[own])
            give(self.numbers[queries[own[is_hit]]], rank[is_hit])

        excluded = Exclusion(self.numbers[queries], np.arange(len(rows)))
        job = replace(self.job, excluded=excluded, self_join=False)
        each_nearest(job, self.job.a.rows[queries], rows, int(depth.max()), take)

    def first(self, queries: Column, progress: Progress | None = None) -> Column:
        """Return the rank of the first hit of queries that have one, however far it is."""
        ranks = np.empty(len(queries), dtype=np.int64)
        begin(progress, "first rows of the class")
        sizes = np.bincount(self.classes)[self.classes[queries]]
        for part in self._portions(sizes):
            own = queries[part]
            closer = Closer(self.job, self.numbers, own, *self._best(own, sizes[part]))
            self._sweep(own, closer, _from(progress, part.start, len(queries)))
            ranks[part] = closer.count + 1
        return ranks

    def _best(self, queries: Column, sizes: Column) -> tuple[Column, Column]:
        """Return the (q,) closest row of the class of each query, and how far it is."""
        order = np.argsort(self.classes, kind="stable")
        starts = np.searchsorted(self.classes[order], self.classes[queries])
        place = np.repeat(np.arange(len(queries)), sizes)
        row = order[np.repeat(starts - np.cumsum(sizes) + sizes, sizes) + np.arange(len(place))]
        place, row = (column[row != queries[place]] for column in (place, row))
        far = self._far(queries[place], row)
        ranked = np.lexsort((self.numbers[row], far, place))
        best = ranked[np.flatnonzero(np.diff(place[ranked], prepend=-1))]
        return row[best], far[best]


def _from(progress: Progress | None, start: int, total: int) -> Progress | None:
    return None if progress is None else lambda done, _: progress(start + done, total)
