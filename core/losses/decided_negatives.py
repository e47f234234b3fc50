"""What negatives come to where a pair decides: the nearest one, and those that are within a margin.

Tiles hold distances that may be off by a share of themselves. Where that leaves open which is the nearest, or whether a
term is above 0, the distances in question are computed exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np

from ..backend import Array
from ..results import Column
from .negatives import Ends, Options, ScoreTile, sums_of_tile, weights_of
from .numerics import hinge

DOUBT = 2.0**-36  # share of a distance that a tile's may be off by


@dataclass(frozen=True)
class Nearest:
    """The smallest distance of a negative, and how many negatives are as near; which one it is, is decided exactly."""

    empty: tuple[float, ...] = (inf, 0.0)

    def tolerates(self, error: float, options: Options) -> bool:
        """Tell that whatever decides is settled."""
        return True

    def of_tile(self, tile: ScoreTile) -> tuple[Column, Column]:
        """Return the nearest of rows and columns; none where what is known is nearer."""
        scores, places = self._settled(tile)
        nearest = scores[places]
        rows, columns = (_least(nearest, along, count) for along, count in zip(places, scores.shape, strict=True))
        return rows, columns

    def merge(self, some: Column, others: Column) -> Column:
        """Return the nearest of both."""
        least = np.minimum(some[:, 0], others[:, 0])
        ties = sum(np.where(each[:, 0] == least, each[:, 1], 0.0) for each in (some, others))
        return np.stack([least, ties], axis=1)

    def slopes(self, tile: ScoreTile, rows: Ends | None, columns: Ends | None) -> Column:
        """Return the derivatives, of which those that are as near have equal shares."""
        known = rows and rows[0], columns and columns[0]
        scores, _ = self._settled(tile._replace(known=known))
        found = np.zeros(scores.shape)
        for ends, shape in ((rows, (-1, 1)), (columns, (1, -1))):
            if ends is not None:
                states, slopes = ends
                share = slopes[:, 0] / np.maximum(states[:, 1], 1.0)
                found += np.where(scores == states[:, 0].reshape(shape), share.reshape(shape), 0.0)
        return found

    def _settled(self, tile: ScoreTile) -> tuple[Column, tuple[Column, ...]]:
        """Return the distances, exact where they may be the smallest of a row or column, and where that is."""
        members, settle = tile.members, tile.settle
        scores = tile.scores.copy() if members is None else np.where(members, tile.scores, inf)
        least = [scores.min(axis=axis) for axis in (1, 0)]
        for own, known in zip(least, tile.known, strict=True):
            if known is not None:
                np.minimum(own, known[:, 0], out=own)
        rows, columns = ((1.0 + 2.0 * DOUBT) * own for own in least)
        nearest = scores <= rows[:, None]
        nearest |= scores <= columns
        if members is not None:
            nearest &= members
        settle(scores, nearest)
        return scores, np.unravel_index(np.flatnonzero(nearest), scores.shape)


def _least(distances: Column, along: Column, count: int) -> Column:
    """Return the (count, 2) smallest distances of each row or column, and how often it is there."""
    least = np.full(count, inf)
    np.minimum.at(least, along, distances)
    ties = np.bincount(along[distances == least[along]], minlength=count)
    return np.stack([least, ties], axis=1)


@dataclass(frozen=True)
class HingeSum:
    """The sum over the negatives of max(0, sum of addends), how many are above 0, and how many negatives there are.

    Which are above 0 is decided exactly.

    Args:
        addends: distances and the options of the loss -> the addends: minus the distances, a new array, and numbers.
    """

    addends: Callable[..., tuple[Array, ...]]
    empty: tuple[float, ...] = (0.0, 0.0, 0.0)

    def tolerates(self, error: float, options: Options) -> bool:
        """Tell that whatever decides is settled."""
        return True

    def of_tile(self, tile: ScoreTile) -> tuple[Column, Column]:
        """Return the sums and the counts of rows and columns."""
        found, members = self._hinged(tile), tile.members
        positive, ends = (found > 0).view(np.uint8), []
        for axis, sums in zip((1, 0), sums_of_tile(found), strict=True):
            own = np.empty((found.shape[1 - axis], 3))
            own[:, 0], own[:, 1] = sums, positive.sum(axis=axis, dtype=np.uint32)
            own[:, 2] = found.shape[axis] if members is None else np.count_nonzero(members, axis=axis)
            ends.append(own)
        return ends[0], ends[1]

    def merge(self, some: Column, others: Column) -> Column:
        """Return the sums of both."""
        return some + others

    def slopes(self, tile: ScoreTile, rows: Ends | None, columns: Ends | None) -> Column:
        """Return the derivatives: minus what each active term counts."""
        active = self._hinged(tile) > 0
        return np.where(active, -1.0, 0.0) * weights_of(rows, columns, lambda ends: ends[1][:, 0])

    def _hinged(self, tile: ScoreTile) -> Column:
        scores, members, options, settle, _ = tile
        total, *others = self.addends(scores, **options)
        largest = max(float(total.max()), -float(total.min())) + sum(map(abs, others))
        total += sum(others)
        found: Column = np.abs(total)
        if found.min() <= 2.0 * DOUBT * largest:
            undecided = found <= 2.0 * DOUBT * largest
            scores = scores.copy()
            settle(scores, undecided if members is None else undecided & members)
            total = hinge(*self.addends(scores, **options))
            found = np.abs(total)
        found += total
        found *= 0.5  # (|t| + t) / 2 is max(0, t), in less time than a maximum takes
        if members is not None:
            found[~members] = 0.0
        return found
