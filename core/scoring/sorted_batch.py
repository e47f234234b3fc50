"""A batch whose rows are sorted by class, so that the positives of every anchor are one range of columns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..backend import Backend
from ..losses.negatives import Settle
from ..metrics import are_moderate
from ..results import Column
from .batch_scores import WholeRows
from .distances import distance_of
from .loss_distance import Prepared

ROWS, COLUMNS = 256, 512  # of a tile: small for a cache, large for threads that seldom wait for each other
HELD = 1 << 21  # numbers of a gradient by columns that are held at a time
FAR = 4.0  # times the largest squared length from amid the rows: that from the origin, from which on products cancel
GATHERED = 1 << 20  # numbers of the rows of pairs that are held at a time
NEAR = 1 << 18  # scores of anchors with the classes of theirs that are held at a time


class AnchorTile(NamedTuple):
    """A range of anchors with a range of columns.

    Args:
        rows: the anchors.
        columns: what they are compared with.
        turned: whether the columns are anchors too, and meet the rows in no other tile.
        mixed: whether a pair of the tile may be of one class.
    """

    rows: slice
    columns: slice
    turned: bool
    mixed: bool


@dataclass(frozen=True)
class SortedBatch:
    """A batch in the order of its classes; two views are a class of two rows each.

    Args:
        whole: the rows in that order.
        order: (n,) the place in the batch of each anchor.
        codes: (n,) the classes of the anchors, ascending.
        other_codes: (m,) those of the columns, ascending; of one set, the same array.
    """

    whole: WholeRows
    order: Column
    codes: Column
    other_codes: Column

    @property
    def is_self(self) -> bool:
        """Whether one set is compared with itself."""
        return self.codes is self.other_codes

    @cached_property
    def starts(self) -> Column:
        """(n,) the first column of each anchor's class."""
        return np.searchsorted(self.other_codes, self.codes)

    @cached_property
    def stops(self) -> Column:
        """(n,) the column after the last of each anchor's class."""
        return np.searchsorted(self.other_codes, self.codes, side="right")

    @cached_property
    def positives(self) -> Column:
        """(n,) how many positives each anchor has."""
        return self.stops - self.starts - self.is_self

    @cached_property
    def negatives(self) -> Column:
        """(n,) how many negatives each anchor has."""
        return len(self.other_codes) - (self.stops - self.starts)

    def scores(self, metric: str, rows: slice, columns: slice, *, quick: bool = False) -> Column:
        """Return the (r, c) scores of a tile; if `quick`, distances within DOUBT of themselves."""
        found: Column = distance_of(metric).of_prepared(*self.sides(metric, rows, columns), quick=quick)
        return found

    def scores_of(self, metrics: Iterable[str], rows: slice, columns: slice, *, quick: bool) -> dict[str, Column]:
        """Return the scores of a tile by several metrics, of which as many as can share a product of matrices.

        Cosines may be past 1 by what rounding makes of it.
        """
        found = {}
        if quick and self.inverse_norms is not None:
            x, y = self.whole.anchors[rows], self.whole.others[columns]
            given = x @ y.T
            cosines = given * self.inverse_norms[0][rows, None]
            cosines *= self.inverse_norms[1][columns]
        else:
            x, y = (side.rows for side in self.sides("cosine", rows, columns))
            given, cosines = None, x @ y.T
        for metric in metrics:
            if metric == "cosine":
                found[metric] = cosines
                continue
            distance, sides = distance_of(metric), self.sides(metric, rows, columns)
            shared = cosines if distance.of_unit_rows else given
            found[metric] = distance.of_prepared(*sides, quick=quick, products=shared)
        return found

    @cached_property
    def inverse_norms(self) -> tuple[Column, Column] | None:
        """What makes cosines of the products of the rows as they came; None where distances want other products.

        These cancel less where the rows are far from the origin. A row of zeros, or near the end of what a number
        holds, has a cosine of its own.
        """
        inverse = []
        for metric, sides in self.whole.sides.items():
            if distance_of(metric).of_unit_rows or sides[0].split is None:
                continue
            for split in filter(None, (side.split for side in sides)):
                amid = float((split.high_squares + split.low_squares).max() * split.unit[0] ** 2)
                if not are_moderate(split.squares) or split.squares.max() > FAR * amid:
                    return None
                inverse.append(1.0 / np.maximum(np.sqrt(split.squares), self.whole.eps))
            return inverse[0], inverse[1]
        return None

    def sides(self, metric: str, rows: slice, columns: slice) -> tuple[Prepared, Prepared]:
        """Return the prepared rows of both sides of a tile."""
        x, y = self.whole.sides[metric]
        return x.part(rows.start, rows.stop), y.part(columns.start, columns.stop)

    def settle(self, metric: str, rows: slice, columns: slice) -> Settle:
        """Return what computes marked scores of a tile exactly, in place, where quick ones are not exact."""

        def settle(scores: Column, marked: Column) -> None:
            if distance_of(metric).squared is not None:
                places = np.unravel_index(np.flatnonzero(marked), marked.shape)
                self.settle_listed(metric, rows, columns, scores, np.stack(places))

        return settle

    def settle_listed(self, metric: str, rows: slice, columns: slice, scores: Column, places: Column) -> None:
        """Do the same with the scores of a tile at (2, k) places."""
        distance, sides = distance_of(metric), self.sides(metric, rows, columns)
        if distance.squared is None:
            return
        step = max(1, GATHERED // self.whole.others.shape[1])
        for start in range(0, places.shape[1], step):
            piece = tuple(places[:, start : start + step])
            scores[piece] = distance.of_differences(*sides, *piece)

    def query_blocks(self) -> Iterator[slice]:
        """Yield the anchors, a few at a time."""
        for start in range(0, len(self.codes), ROWS):
            yield slice(start, min(start + ROWS, len(self.codes)))

    def column_blocks(self) -> Iterator[slice]:
        """Yield all columns, as many at a time as a gradient by them is held of."""
        count = ROWS * max(1, HELD // (ROWS * self.whole.others.shape[1]))
        for start in range(0, len(self.other_codes), count):
            yield slice(start, min(start + count, len(self.other_codes)))

    def tiles(self, rows: slice, among: slice | None = None) -> Iterator[AnchorTile]:
        """Yield the tiles of some anchors; of one set compared with itself, those on and past the diagonal.

        Args:
            rows: the anchors.
            among: one of `column_blocks`; None is all columns.
        """
        among = slice(0, len(self.other_codes)) if among is None else among
        low, high = self.near(rows)
        starts = list(range(among.start, among.stop, COLUMNS))
        if self.is_self:
            diagonal = [rows.start] if among.start <= rows.start < among.stop else []
            starts = [*diagonal, *range(max(rows.stop, among.start), among.stop, COLUMNS)]
        for start, stop in zip(starts, [*starts[1:], among.stop], strict=False):  # perhaps none
            turned = self.is_self and start >= rows.stop
            yield AnchorTile(rows, slice(start, stop), turned, start < high and stop > low)

    def near(self, rows: slice) -> tuple[int, int]:
        """Return the columns, first and past the last, among which all positives of some anchors are."""
        first, last = self.codes[[rows.start, rows.stop - 1]]
        return int(np.searchsorted(self.other_codes, first)), int(np.searchsorted(self.other_codes, last, side="right"))

    def near_blocks(self) -> Iterator[tuple[slice, slice]]:
        """Yield the anchors, a few at a time, with the columns among which their positives are."""
        start = 0
        while start < len(self.codes):
            count = ROWS
            while True:
                rows = slice(start, min(start + count, len(self.codes)))
                columns = slice(*self.near(rows))
                if count == 1 or (rows.stop - start) * (columns.stop - columns.start) <= NEAR:
                    break
                count //= 2
            yield rows, columns
            start = rows.stop

    def same(self, rows: slice, columns: slice) -> tuple[Column, Column]:
        """Return which pairs of a tile are of one class, and which are anchors with themselves, of that class too."""
        same: Column = self.codes[rows, None] == self.other_codes[None, columns]
        if not self.is_self:
            return same, np.zeros_like(same)
        return same, np.arange(rows.start, rows.stop)[:, None] == np.arange(columns.start, columns.stop)[None, :]

    def belonging(self, rows: slice, columns: slice) -> Column:
        """Return which pairs of a tile are positive; of two sides, the column of each anchor's partner."""
        if not self.is_self:
            partners: Column = self.starts[rows] - columns.start
            return partners
        same, diagonal = self.same(rows, columns)
        return same & ~diagonal


def sorted_batch(
    inputs: list[Column], classes: Column | None, metrics: tuple[str, ...], eps: float, backend: Backend
) -> SortedBatch:
    """Return a batch in the order of its classes.

    Args:
        inputs: (n, d) float64 rows; and those that they are compared with, if these are others.
        classes: (n,) the classes of the rows, or the column that belongs to each; None where that is its own number.
        metrics: what scores are wanted.
        eps: the least norm that a cosine divides by.
        backend: numpy.
    """
    codes = np.arange(len(inputs[0])) if classes is None else classes
    order = np.argsort(codes, kind="stable")
    anchors, codes = inputs[0][order], codes[order]
    others, other_codes = (anchors, codes) if len(inputs) == 1 else (inputs[1], np.arange(len(inputs[1])))
    return SortedBatch(WholeRows(anchors, others, None, None, metrics, eps, backend), order, codes, other_codes)
