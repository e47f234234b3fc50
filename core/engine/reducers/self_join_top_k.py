"""The k best others of each row of one set: the upper triangle of tiles, each read both ways."""

from dataclasses import dataclass, field, replace

import numpy as np

from ...results import Column
from ..candidates import Found, Hits, Scan, kth_largest
from ..kernels import Kernel, Tile
from ..plan import Span
from ..rescoring import best_of
from .base import GROWTH, Give, Part, Question, Reducer, TopK


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
    found: dict[int, list[Found]] = field(default_factory=dict)  # by the number of the stripe of the owner
    limits: dict[int, float] = field(default_factory=dict)
    held: int = 0

    def __post_init__(self) -> None:
        self.sure = np.full(self._owners, -np.inf)

    def skips(self, stripe: Span, block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return self.question.skips(stripe, block)

    def take(self, stripe: Span, block: Span, tile: Tile) -> None:
        """Keep what may be among the k best of a row, and of a column."""
        tile = self.question.without_others(stripe, block, tile)
        self._look(stripe, block, tile, by_column=False)
        self._look(stripe, block, tile, by_column=True)

    def end(self, stripe: Span) -> None:
        """Give the k best of each row of the stripe."""
        self._finish(stripe.start // self.stripe)

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

    def _look(self, stripe: Span, block: Span, tile: Tile, *, by_column: bool) -> None:
        """Keep what may be among the k best of the rows of a tile, or of its columns."""
        owners, partners = (block, stripe) if by_column else (stripe, block)
        sure = self.sure[owners.start : owners.stop]
        scan = Scan(tile, sure, gaps=self.question.gaps, by_column=by_column)
        if not np.isfinite(sure).all():
            self._tighten(scan, sure)
        fine = scan.sharpened(sure, self.question.pairs, stripe, block, usual=self.k)
        if fine is not scan:
            self._tighten(fine, sure)
        for found in fine.candidates(sure):
            self._keep(found._replace(owner=found.owner + owners.start, partner=found.partner + partners.start))
            if self.held > self.question.most:
                self._reduce()

    def _tighten(self, scan: Scan, sure: Column) -> None:
        """Raise what is sure: maxima of disjoint groups are scores of different partners."""
        bounds = self.question.kernel.backend.get(scan.bounds(self.k))
        width = bounds.shape[1]
        if width >= self.k:
            np.maximum(sure, np.partition(bounds, width - self.k, axis=1)[:, width - self.k], out=sure)

    def _keep(self, found: Found) -> None:
        """File places under the stripe of their owner."""
        numbers = found.owner // self.stripe
        for number in np.unique(numbers).tolist():
            own = found.where(numbers == number)
            self.found.setdefault(number, []).append(own)
            self.held += len(own.owner)
            if _count(self.found[number]) > self.limits.get(number, 0.0):
                self._settle(number)

    def _settle(self, number: int) -> None:
        """Raise what is sure of the rows of a stripe by what was found, and keep what still may be among the k best."""
        found, start = Found.of(self.found[number]), number * self.stripe
        sure = self.sure[start : start + self.stripe]
        np.maximum(sure, kth_largest(found.owner - start, found.least, len(sure), self.k), out=sure)
        self._set(number, found.where(found.most >= self.sure[found.owner]))

    def _set(self, number: int, found: Found) -> None:
        self.held += len(found.owner) - _count(self.found[number])
        self.found[number], self.limits[number] = [found], GROWTH * len(found.owner)

    def _reduce(self) -> None:
        """Drop what is out by now, and where that is not enough keep the exact best."""
        for number in self.found:
            self._settle(number)
        if self.held <= self.question.most // 2:
            return
        for number, parts in self.found.items():
            row, column, score = self._best(parts)
            # they stay whatever is sure
            self._set(number, Found(row, column, self.question.kernel.nearness(score), np.full(len(row), np.inf)))
            self._settle(number)

    def _finish(self, number: int) -> None:
        """Give the k best of each row of a stripe that has seen all its tiles."""
        if number in self.found:
            self._settle(number)
            self.held -= _count(self.found[number])
            self.give(self._best(self.found.pop(number)))

    def _best(self, parts: list[Found]) -> Hits:
        row, column, _, _ = Found.of(parts)
        score = self._score(row, column)
        best = best_of(row, column, score, self.k, larger_is_closer=self.question.larger_is_closer)
        return row[best], column[best], score[best]


def _count(parts: list[Found]) -> int:
    return sum(len(part.owner) for part in parts)
