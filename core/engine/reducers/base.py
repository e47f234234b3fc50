"""What becomes of the tiles: the k best of each row, all pairs up to a threshold, or the best pairs overall."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from ...backend import Array
from ...errors import ResourceError
from ...results import Column
from ..candidates import Found, Hits, Scan, kth_largest
from ..exclusion import Exclusion
from ..kernels import Kernel, Tile
from ..plan import Span
from ..rescoring import Pairs, best_of

GROWTH = 2.0  # by which the candidates of a query block may grow before those that are out by now are dropped
GIVEN = 1 << 18  # pairs that are ordered and given at a time, unless one row has more

Give = Callable[[Hits], None]

NOTHING: Hits = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))


class Reducer:
    """Takes the tiles of one query block after another; by default it wants them all."""

    holds = False  # whether a tile's memory must not be used again
    scans = False  # whether it wants the maxima of groups first, and of most tiles nothing else
    apart = False  # whether a part of it finds as fast without knowing of other query blocks

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

    def part(self, kernel: Kernel) -> "PartialResult | None":
        """Return a reducer for one query block beside others, or None where they are only taken one after the other.

        Args:
            kernel: of the device that the query block is scored on.
        """
        return None

    def join(self, query_block: Span, part: "PartialResult") -> None:
        """Take over what a part found in its query block; query blocks come in ascending order."""
        raise NotImplementedError


@dataclass(frozen=True)
class PartialResult:
    """A reducer of one query block, and what it gave."""

    reducer: Reducer
    given: list[Hits] = field(default_factory=list)


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


@dataclass
class TopK(Reducer):
    """The k best columns of each row.

    Known of each row is `lower_bound`, a proxy score that k of its columns have for certain. A column that may reach it
    is kept, those kept raise it, and at the end of the query block they are scored exactly: the k best of those are
    the k best of all.

    Args:
        k: how many.
        spec: what is asked of which rows.
        give: takes row, column and score of finished rows, best first.
    """

    k: int
    spec: SelectionSpec
    give: Give

    scans = apart = True

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return self.spec.skips(query_block, corpus_block)

    def begin(self, query_block: Span) -> None:
        """Start a query block with nothing sure."""
        self.lower_bound = np.full(len(query_block), -np.inf)
        self.found: list[Found] = []
        self.held, self.limit, self.fresh = 0, 0.0, True

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Keep what may be among the k best."""
        spec = self.spec
        if self._masks:
            tile = spec.without_others(query_block, corpus_block, tile)
        scan = Scan(tile, self.lower_bound, has_missing=spec.has_missing)
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

    def end(self, query_block: Span) -> None:
        """Score the candidates of the query block and give the k best of each row."""
        self._settle(query_block)
        self.give(self._best())

    def part(self, kernel: Kernel) -> PartialResult:
        """Return a reducer for one query block: no row of it needs to know of other query blocks."""
        given: list[Hits] = []
        return PartialResult(TopK(self.k, replace(self.spec, kernel=kernel), given.append), given)

    def join(self, query_block: Span, part: PartialResult) -> None:
        """Give what was found."""
        for hits in part.given:
            self.give(hits)

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
        best = best_of(row, column, score, self.k, larger_is_closer=self.spec.larger_is_closer)
        return row[best], column[best], score[best]


@dataclass
class Threshold(Reducer):
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

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return self.spec.skips(query_block, corpus_block)

    def begin(self, query_block: Span) -> None:
        """Start a query block."""
        self.found: list[Hits] = [NOTHING]

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Score what may reach the threshold and keep what does."""
        spec = self.spec
        lower_bound = np.full(len(query_block), spec.kernel.proxy_score(np.asarray(self.threshold)))
        scan = Scan(tile, lower_bound, has_missing=spec.has_missing).rescan(
            lower_bound, spec.pairs, query_block, corpus_block
        )
        for found in scan.candidates(lower_bound):
            row, column, _, _ = spec.wanted(query_block, corpus_block, found)
            score = spec.pairs.score(row, column)
            close = score >= self.threshold if spec.larger_is_closer else score <= self.threshold
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

    def part(self, kernel: Kernel) -> PartialResult:
        """Return a reducer for one query block, which stops when its pairs with those known here are too many."""
        given: list[Hits] = []
        spec = replace(self.spec, kernel=kernel)
        return PartialResult(Threshold(self.threshold, self.most, spec, given.append, self.count), given)

    def join(self, query_block: Span, part: PartialResult) -> None:
        """Give what was found, unless it is too much with what other parts found meanwhile."""
        self.found = part.given
        self.count += sum(len(hits[0]) for hits in part.given)
        if self.count > self.most:
            self._refuse(query_block, Span(0, len(self.spec.pairs.b)))
        for hits in part.given:
            self.give(hits)

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
        raise ResourceError(
            f"more than {self.most:,} pairs reach {self.threshold:g}",
            "«threshold»",
            f"«threshold={fitting:.4g}» would fit by what was seen so far; «max_results» allows more",
        )


@dataclass
class BestPairs(Reducer):
    """The best pairs of all, closest first, ties by row, then by column.

    Args:
        most: how many.
        spec: what is asked of which rows.
        give: takes row, column and score of the pairs, once, from `finish`.
    """

    most: int
    spec: SelectionSpec
    give: Give
    lower_bound: float = -np.inf
    pool: Column = field(default_factory=lambda: np.empty(0))
    found: list[Found] = field(default_factory=list)

    scans = True

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return self.spec.skips(query_block, corpus_block)

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Keep what may be among the best."""
        spec = self.spec
        tile = spec.without_others(query_block, corpus_block, tile)
        scan, pool = Scan(tile, np.full(len(query_block), self.lower_bound), has_missing=spec.has_missing), self.pool
        self._tighten(scan)
        lower_bound = np.full(len(query_block), self.lower_bound)
        fine = scan.rescan(lower_bound, spec.pairs, query_block, corpus_block, usual=self.most / len(query_block))
        if fine is not scan:
            self.pool = pool  # else the pairs of this tile would count twice
            self._tighten(fine)
        for found in fine.candidates(np.full(len(query_block), self.lower_bound)):
            self.found.append(spec.wanted(query_block, corpus_block, found))
            self._reduce_if_many()

    def part(self, kernel: Kernel) -> PartialResult:
        """Return a reducer for one query block, which starts from what is sure here."""
        spec = replace(self.spec, kernel=kernel)
        return PartialResult(BestPairs(self.most, spec, self.give, self.lower_bound, self.pool))

    def join(self, query_block: Span, part: PartialResult) -> None:
        """Take over what was found, and the higher bound."""
        other = part.reducer
        assert isinstance(other, BestPairs)
        if other.lower_bound > self.lower_bound or len(other.pool) > len(self.pool):
            # never both pools: the part's may hold pairs of this one, which would count twice
            self.lower_bound, self.pool = max(self.lower_bound, other.lower_bound), other.pool
        self.found += other.found
        self._reduce_if_many()

    def _reduce_if_many(self) -> None:
        if sum(len(part.query) for part in self.found) > max(self.spec.most, 4 * self.most):
            self._reduce()

    def _reduce(self) -> None:
        """Keep the exact best of what was found."""
        row, column, score = self._best()
        least = self.spec.kernel.proxy_score(score)
        if len(score) == self.most:
            self.lower_bound = max(self.lower_bound, float(least[-1]))
        self.found = [Found(row, column, least, np.full(len(row), np.inf))]

    def finish(self) -> None:
        """Score the candidates and give the best."""
        self.give(self._best())

    def _tighten(self, scan: Scan) -> None:
        """Raise what is sure: maxima of disjoint groups are scores of different pairs."""
        each = -(-self.most // scan.maxima.shape[0])
        bounds = scan.kernel.backend.get(scan.bounds(each)).ravel()
        bounds = np.concatenate([self.pool, bounds[bounds > self.lower_bound]])
        if len(bounds) >= self.most:
            bounds = np.partition(bounds, len(bounds) - self.most)[len(bounds) - self.most :]
            self.lower_bound = max(self.lower_bound, float(bounds.min()))
        self.pool = bounds

    def _best(self) -> Hits:
        found = Found.of(self.found)
        if len(found.query) > self.most:
            last = len(found.query) - self.most
            self.lower_bound = max(self.lower_bound, float(np.partition(found.least, last)[last]))
        row, column, _, _ = found.where(found.most >= self.lower_bound)
        score = self.spec.pairs.score(row, column)
        order = np.lexsort((column, row, -score if self.spec.larger_is_closer else score))[: self.most]
        return row[order], column[order], score[order]
