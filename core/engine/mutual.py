"""The k best others of each row of one set: the upper triangle of tiles, each read both ways."""

from dataclasses import dataclass, field, replace

import numpy as np

from ..results import Column
from .candidates import Hits, Scan
from .exact import best_of
from .kernels import Kernel, Tile
from .reducers import EARLY, EVERY, Give, Part, Question, Reducer, TopK
from .tiles import Span


@dataclass
class MutualTopK(Reducer):
    """As `TopK` where A is compared with itself, with half the tiles: each tells of its columns as of its rows.

    A stripe is finished once its own tiles are: those before it have met its rows as columns.

    Args:
        k: how many.
        question: what is asked; its pairs are unordered.
        stripe: rows of a stripe.
        give: takes row, column and score of finished rows, best first.
    """

    k: int
    question: Question
    stripe: int
    give: Give
    sure: Column = field(init=False)
    pool: Column = field(init=False)
    found: dict[int, list[Hits]] = field(default_factory=dict)
    held: int = 0

    def __post_init__(self) -> None:
        self.sure = np.full(self._owners, -np.inf)
        self.pool = np.full((self._owners, self.k), -np.inf)

    def skips(self, stripe: Span, block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return self.question.skips(stripe, block)

    def begin(self, stripe: Span) -> None:
        """Start a stripe."""
        self.blocks = 0

    def take(self, stripe: Span, block: Span, tile: Tile) -> None:
        """Keep what may be among the k best of a row, and of a column."""
        tile = self.question.without_others(stripe, block, tile)
        self._look(stripe, block, tile, turn=self.blocks, by_column=False)
        self._look(stripe, block, tile, turn=stripe.start // self.stripe, by_column=True)
        self.blocks += 1

    def end(self, stripe: Span) -> None:
        """Give the k best of each row of the stripe."""
        hits = self.found.pop(stripe.start // self.stripe, [])
        if hits:
            self.give(self._best(hits))
            self.held -= sum(len(part[0]) for part in hits)

    def part(self, kernel: Kernel) -> Part:
        """Return a reducer for one stripe that reads both triangles.

        What a tile tells of its columns belongs to stripes that are with other devices: sharing it would make them
        wait for each other. The k best are the same.
        """
        given: list[Hits] = []
        return Part(TopK(self.k, replace(self.question, kernel=kernel, unordered=False), given.append), given)

    def join(self, stripe: Span, part: Part) -> None:
        """Give what was found."""
        for hits in part.given:
            self.give(hits)

    @property
    def _owners(self) -> int:
        """How many rows look for partners."""
        return len(self.question.pairs.a)

    def _score(self, owners: Column, partners: Column) -> Column:
        return self.question.pairs.score(owners, partners)

    def _look(self, stripe: Span, block: Span, tile: Tile, *, turn: int, by_column: bool) -> None:
        """Keep what may be among the k best of the rows of a tile, or of its columns."""
        owners, partners = (block, stripe) if by_column else (stripe, block)
        sure = self.sure[owners.start : owners.stop]
        scan, pool = Scan(tile, sure, gaps=self.question.gaps, by_column=by_column), self._pool(owners).copy()
        if turn < EARLY or turn % EVERY == 0:
            self._tighten(scan, owners)
        fine = scan.sharpened(sure, self.question.pairs, stripe, block, usual=self.k)
        if fine is not scan:
            self._pool(owners)[:] = pool  # else the partners of this tile would count twice
            self._tighten(fine, owners)
        for hits in fine.candidates(sure):
            self._keep((hits[0] + owners.start, hits[1] + partners.start, hits[2]))
            if self.held > self.question.most:
                self._reduce()

    def _pool(self, owners: Span) -> Column:
        return self.pool[owners.start : owners.stop]

    def _tighten(self, scan: Scan, owners: Span) -> None:
        """Raise what is sure: maxima of disjoint groups are scores of different partners."""
        bounds = self.question.kernel.backend.get(scan.bounds(self.k))
        pool = np.concatenate([self._pool(owners), bounds], axis=1)
        pool = np.partition(pool, pool.shape[1] - self.k, axis=1)[:, pool.shape[1] - self.k :]
        self._pool(owners)[:] = pool
        sure = self.sure[owners.start : owners.stop]
        np.maximum(sure, pool.min(axis=1), out=sure)

    def _keep(self, hits: Hits) -> None:
        """File hits under the stripe of their owner."""
        number = hits[0] // self.stripe
        for stripe in np.unique(number).tolist():
            own = number == stripe
            self.found.setdefault(stripe, []).append((hits[0][own], hits[1][own], hits[2][own]))
        self.held += len(number)

    def _reduce(self) -> None:
        """Drop what is out by now, and where that is not enough keep the exact best."""
        for exactly in (False, True):
            for stripe, parts in self.found.items():
                row, column, near = (np.concatenate(part) for part in zip(*parts, strict=True))
                if exactly:
                    row, column, _ = self._best(parts)
                    near = np.full(len(row), np.inf)  # they stay whatever is sure
                keep = near >= self.sure[row]
                self.found[stripe] = [(row[keep], column[keep], near[keep])]
            self.held = sum(len(part[0]) for parts in self.found.values() for part in parts)
            if self.held <= self.question.most // 2:
                return

    def _best(self, parts: list[Hits]) -> Hits:
        row, column, near = (np.concatenate(part) for part in zip(*parts, strict=True))
        keep = near >= self.sure[row]
        row, column = row[keep], column[keep]
        score = self._score(row, column)
        best = best_of(row, column, score, self.k, larger_is_closer=self.question.larger_is_closer)
        return row[best], column[best], score[best]
