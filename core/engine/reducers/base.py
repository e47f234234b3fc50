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

GROWTH = 2.0  # by which the candidates of a stripe may grow before those that are out by now are dropped
GIVEN = 1 << 18  # pairs that are ordered and given at a time, unless one row has more

Give = Callable[[Hits], None]

NOTHING: Hits = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))


class Reducer:
    """Takes the tiles of one stripe after another; by default it wants them all."""

    holds = False  # whether a tile's memory must not be used again
    scans = False  # whether it wants the maxima of groups first, and of most tiles nothing else
    apart = False  # whether a part of it finds as fast without knowing of other stripes

    def skips(self, stripe: Span, block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return False

    def begin(self, stripe: Span) -> None:
        """Start a stripe."""

    def room(self, stripe: Span, block: Span) -> Array:
        """Return an array that the tile may be written to, or None."""
        return None

    def take(self, stripe: Span, block: Span, tile: Tile) -> None:
        """Take a tile; its memory is used again afterwards."""
        raise NotImplementedError

    def end(self, stripe: Span) -> None:
        """Finish a stripe."""

    def part(self, kernel: Kernel) -> "Part | None":
        """Return a reducer for one stripe beside others, or None where stripes are only taken one after the other.

        Args:
            kernel: of the device that the stripe is scored on.
        """
        return None

    def join(self, stripe: Span, part: "Part") -> None:
        """Take over what a part found in its stripe; stripes come in ascending order."""
        raise NotImplementedError


@dataclass(frozen=True)
class Part:
    """A reducer of one stripe, and what it gave."""

    reducer: Reducer
    given: list[Hits] = field(default_factory=list)


@dataclass(frozen=True)
class Question:
    """What every selection has to know.

    Args:
        kernel: the kernel of the tiles.
        pairs: the exact scores.
        larger_is_closer: the direction of the metric.
        gaps: whether B has rows of NaN, which are never found.
        excluded: the pairs to leave out.
        unordered: whether row i, column j and row j, column i are one pair, listed as i < j.
        most: how many candidates may be held, before they are reduced to the exact best.
    """

    kernel: Kernel
    pairs: Pairs
    larger_is_closer: bool
    gaps: bool = False
    excluded: Exclusion | None = None
    unordered: bool = False
    most: int = 1 << 21

    def skips(self, stripe: Span, block: Span) -> bool:
        """Tell whether a tile has nothing to give: of unordered pairs only the upper triangle counts."""
        return self.unordered and block.stop <= stripe.start + 1

    def without_others(self, stripe: Span, block: Span, tile: Tile) -> Tile:
        """Return a tile whose places that are not asked for are -inf."""
        xp, backend = tile.kernel.backend.xp, tile.kernel.backend
        keep = None if self.excluded is None else self.excluded.kept(backend, stripe, block)
        if self.unordered and block.start < stripe.stop:
            row, column = (backend.put(np.arange(span.start, span.stop)) for span in (stripe, block))
            upper = column[None, :] > row[:, None]
            keep = upper if keep is None else keep & upper
        if keep is None:
            return tile
        return replace(tile, scored=xp.where(keep, tile.near, xp.full_like(tile.near, -np.inf)))

    def wanted(self, stripe: Span, block: Span, found: Found) -> Found:
        """Return places of a tile as numbers of rows and columns of the whole, without those not asked for."""
        row, column = found.owner + stripe.start, found.partner + block.start
        whole = Found(row, column, found.least, found.most)
        if self.excluded is not None:
            whole = whole.where(~self.excluded.holds(whole.owner, whole.partner))
        return whole.where(whole.partner > whole.owner) if self.unordered else whole


@dataclass
class TopK(Reducer):
    """The k best columns of each row.

    Known of each row is `sure`, a nearness that k of its columns have for certain. A column that may reach it
    is kept, those kept raise it, and at the end of the stripe they are scored exactly: the k best of those are the k
    best of all.

    Args:
        k: how many.
        question: what is asked of which rows.
        give: takes row, column and score of finished rows, best first.
    """

    k: int
    question: Question
    give: Give

    scans = apart = True

    def skips(self, stripe: Span, block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return self.question.skips(stripe, block)

    def begin(self, stripe: Span) -> None:
        """Start a stripe with nothing sure."""
        self.sure = np.full(len(stripe), -np.inf)
        self.found: list[Found] = []
        self.held, self.limit, self.fresh = 0, 0.0, True

    def take(self, stripe: Span, block: Span, tile: Tile) -> None:
        """Keep what may be among the k best."""
        question = self.question
        if self._masks:
            tile = question.without_others(stripe, block, tile)
        scan = Scan(tile, self.sure, gaps=question.gaps)
        if self.fresh:
            self._tighten(scan)
        fine = scan.sharpened(self.sure, question.pairs, stripe, block, usual=self._asked)
        if fine is not scan:
            self._tighten(fine)
        self.fresh = False
        for found in fine.candidates(self.sure):
            self.found.append(question.wanted(stripe, block, found))
            self.held += len(self.found[-1].owner)
            if self.held > self.limit:
                self._settle(stripe)

    def end(self, stripe: Span) -> None:
        """Score the candidates of the stripe and give the k best of each row."""
        self._settle(stripe)
        self.give(self._best())

    def part(self, kernel: Kernel) -> Part:
        """Return a reducer for one stripe: no row of it needs to know of other stripes."""
        given: list[Hits] = []
        return Part(TopK(self.k, replace(self.question, kernel=kernel), given.append), given)

    def join(self, stripe: Span, part: Part) -> None:
        """Give what was found."""
        for hits in part.given:
            self.give(hits)

    @property
    def _asked(self) -> int:
        """How many of the closest hold k that count: where one at most is left out, k and one more."""
        return self.k + (self.question.excluded is not None and not self._masks)

    @property
    def _masks(self) -> bool:
        """Whether what is left out is taken out of the tiles, because it may be more than one column of a row."""
        return self.question.excluded is not None and self.question.excluded.most > 1

    def _tighten(self, scan: Scan) -> None:
        """Raise what is sure: maxima of disjoint groups are scores, so the k-th of them bounds the k-th best."""
        kernel, wanted = self.question.kernel, self._asked
        bounds = scan.bounds(wanted)
        if bounds.shape[1] >= wanted:
            least = kernel.backend.xp.min(kernel.backend.largest(bounds, wanted), axis=1)
            self.sure = np.maximum(self.sure, kernel.backend.get(least))

    def _settle(self, stripe: Span) -> None:
        """Raise what is sure by what was found, and keep what still may be among the k best."""
        found = Found.of(self.found)
        self.sure = np.maximum(self.sure, kth_largest(found.owner - stripe.start, found.least, len(stripe), self.k))
        self.found = [found.where(found.most >= self.sure[found.owner - stripe.start])]
        if len(self.found[0].owner) > self.question.most:
            row, column, score = self._best()
            self.found = [Found(row, column, self.question.kernel.nearness(score), np.full(len(row), np.inf))]
            self._raise(row - stripe.start, score)
        self.held = len(self.found[0].owner)
        self.limit = min(GROWTH * self.held, self.question.most)

    def _raise(self, rows: Column, scores: Column) -> None:
        """Raise what is sure to the exact k-th score of the rows that have k."""
        full = np.flatnonzero(np.bincount(rows, minlength=len(self.sure)) == self.k)
        last = np.searchsorted(rows, full, side="right") - 1
        self.sure[full] = np.maximum(self.sure[full], self.question.kernel.nearness(scores[last]))

    def _best(self) -> Hits:
        found = Found.of(self.found)
        row, column, _, _ = found.where(np.argsort(found.owner, kind="stable"))  # a row is fetched once for its pairs
        score = self.question.pairs.score(row, column)
        best = best_of(row, column, score, self.k, larger_is_closer=self.question.larger_is_closer)
        return row[best], column[best], score[best]


@dataclass
class Threshold(Reducer):
    """All pairs whose exact score is at the threshold or closer.

    Args:
        threshold: the least similarity, or the largest distance.
        most: how many pairs may be found.
        question: what is asked of which rows.
        give: takes row, column and score of the pairs of a stripe, in order of row and column.
    """

    threshold: float
    most: int
    question: Question
    give: Give
    count: int = 0

    scans = apart = True

    def skips(self, stripe: Span, block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return self.question.skips(stripe, block)

    def begin(self, stripe: Span) -> None:
        """Start a stripe."""
        self.found: list[Hits] = [NOTHING]

    def take(self, stripe: Span, block: Span, tile: Tile) -> None:
        """Score what may reach the threshold and keep what does."""
        question = self.question
        sure = np.full(len(stripe), question.kernel.nearness(np.asarray(self.threshold)))
        scan = Scan(tile, sure, gaps=question.gaps).sharpened(sure, question.pairs, stripe, block)
        for found in scan.candidates(sure):
            row, column, _, _ = question.wanted(stripe, block, found)
            score = question.pairs.score(row, column)
            close = score >= self.threshold if question.larger_is_closer else score <= self.threshold
            self.found.append((row[close], column[close], score[close]))
            self.count += int(close.sum())
        if self.count > self.most:
            self._refuse(stripe, block)

    def end(self, stripe: Span) -> None:
        """Give the pairs of the stripe, in order of row and column, some rows at a time."""
        each = np.zeros(len(stripe), dtype=np.int64)
        for part in self.found:
            each += np.bincount(part[0] - stripe.start, minlength=len(stripe))
        start = stripe.start
        while start < stripe.stop:
            reached = np.cumsum(each[start - stripe.start :])
            stop = start + max(1, int(np.searchsorted(reached, GIVEN, side="right")))
            # the rows of every part ascend
            places = [slice(*np.searchsorted(part[0], (start, stop))) for part in self.found]
            parts = [[column[p] for column in part] for part, p in zip(self.found, places, strict=True)]
            row, column, score = (np.concatenate(part) for part in zip(*parts, strict=True))
            order = np.lexsort((column, row))
            self.give((row[order], column[order], score[order]))
            start = stop

    def part(self, kernel: Kernel) -> Part:
        """Return a reducer for one stripe, which stops when its pairs with those known here are too many."""
        given: list[Hits] = []
        question = replace(self.question, kernel=kernel)
        return Part(Threshold(self.threshold, self.most, question, given.append, self.count), given)

    def join(self, stripe: Span, part: Part) -> None:
        """Give what was found, unless it is too much with what other parts found meanwhile."""
        self.found = part.given
        self.count += sum(len(hits[0]) for hits in part.given)
        if self.count > self.most:
            self._refuse(stripe, Span(0, len(self.question.pairs.b)))
        for hits in part.given:
            self.give(hits)

    def _refuse(self, stripe: Span, block: Span) -> None:
        """Raise the error that names a threshold that would fit, judged by the tiles seen in this stripe."""
        score = np.sort(np.concatenate([part[2] for part in self.found]))
        score = score[::-1] if self.question.larger_is_closer else score
        n, m = len(self.question.pairs.a), len(self.question.pairs.b)
        seen, everything = len(stripe) * block.stop, n * m
        if self.question.unordered:
            columns = np.clip(block.stop - 1 - np.arange(stripe.start, stripe.stop), 0, None)
            seen, everything = int(columns.sum()), n * (n - 1) // 2
        fitting = float(score[min(len(score) - 1, int(self.most * 0.8 * seen / everything))])
        raise ResourceError(
            f"more than {self.most:,} pairs reach {self.threshold:g}",
            "--threshold",
            f"--threshold {fitting:.4g} would fit by what was seen so far; --max-results allows more",
        )


@dataclass
class BestPairs(Reducer):
    """The best pairs of all, closest first, ties by row, then by column.

    Args:
        most: how many.
        question: what is asked of which rows.
        give: takes row, column and score of the pairs, once, from `finish`.
    """

    most: int
    question: Question
    give: Give
    sure: float = -np.inf
    pool: Column = field(default_factory=lambda: np.empty(0))
    found: list[Found] = field(default_factory=list)

    scans = True

    def skips(self, stripe: Span, block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return self.question.skips(stripe, block)

    def take(self, stripe: Span, block: Span, tile: Tile) -> None:
        """Keep what may be among the best."""
        question = self.question
        tile = question.without_others(stripe, block, tile)
        scan, pool = Scan(tile, np.full(len(stripe), self.sure), gaps=question.gaps), self.pool
        self._tighten(scan)
        sure = np.full(len(stripe), self.sure)
        fine = scan.sharpened(sure, question.pairs, stripe, block, usual=self.most / len(stripe))
        if fine is not scan:
            self.pool = pool  # else the pairs of this tile would count twice
            self._tighten(fine)
        for found in fine.candidates(np.full(len(stripe), self.sure)):
            self.found.append(question.wanted(stripe, block, found))
            self._reduce_if_many()

    def part(self, kernel: Kernel) -> Part:
        """Return a reducer for one stripe, which starts from what is sure here."""
        question = replace(self.question, kernel=kernel)
        return Part(BestPairs(self.most, question, self.give, self.sure, self.pool))

    def join(self, stripe: Span, part: Part) -> None:
        """Take over what was found, and the higher bound."""
        other = part.reducer
        assert isinstance(other, BestPairs)
        if other.sure > self.sure or len(other.pool) > len(self.pool):
            # never both pools: the part's may hold pairs of this one, which would count twice
            self.sure, self.pool = max(self.sure, other.sure), other.pool
        self.found += other.found
        self._reduce_if_many()

    def _reduce_if_many(self) -> None:
        if sum(len(part.owner) for part in self.found) > max(self.question.most, 4 * self.most):
            self._reduce()

    def _reduce(self) -> None:
        """Keep the exact best of what was found."""
        row, column, score = self._best()
        least = self.question.kernel.nearness(score)
        if len(score) == self.most:
            self.sure = max(self.sure, float(least[-1]))
        self.found = [Found(row, column, least, np.full(len(row), np.inf))]

    def finish(self) -> None:
        """Score the candidates and give the best."""
        self.give(self._best())

    def _tighten(self, scan: Scan) -> None:
        """Raise what is sure: maxima of disjoint groups are scores of different pairs."""
        each = -(-self.most // scan.peaks.shape[0])
        bounds = scan.kernel.backend.get(scan.bounds(each)).ravel()
        bounds = np.concatenate([self.pool, bounds[bounds > self.sure]])
        if len(bounds) >= self.most:
            bounds = np.partition(bounds, len(bounds) - self.most)[len(bounds) - self.most :]
            self.sure = max(self.sure, float(bounds.min()))
        self.pool = bounds

    def _best(self) -> Hits:
        found = Found.of(self.found)
        if len(found.owner) > self.most:
            last = len(found.owner) - self.most
            self.sure = max(self.sure, float(np.partition(found.least, last)[last]))
        row, column, _, _ = found.where(found.most >= self.sure)
        score = self.question.pairs.score(row, column)
        order = np.lexsort((column, row, -score if self.question.larger_is_closer else score))[: self.most]
        return row[order], column[order], score[order]
