"""Which negatives decide the triplet losses that rank them, and what they come to.

Rows hold distances that may be off by DOUBT of themselves. Whatever that leaves open about the order of a negative and
a bound is computed exactly: the distances that are `open`.
"""

from dataclasses import dataclass
from math import inf
from typing import NamedTuple, Protocol

import numpy as np

from ..results import Column
from .decided_negatives import DOUBT
from .numerics import PAST, hinge

WINDOW = 4 * DOUBT  # share of a distance within which the order of two is open
TOLERATED = 1e-7  # share of a sum of losses that the distances may make it be off by


class Deciding(NamedTuple):
    """The negatives of an anchor that decide its losses.

    Args:
        columns: (c,) by distance, ascending.
        distances: (c,) ascending.
        open: (c,) bool, which have to be computed exactly.
        nearer: columns of negatives that are nearer than all of these, and within every bound.
        total: the sum of their distances.
    """

    columns: Column
    distances: Column
    open: Column
    nearer: Column
    total: float = 0.0

    def settled(self, row: Column) -> "Deciding":
        """Return the same in the order of the distances that a row has by now."""
        distances = row[self.columns]
        order = np.argsort(distances, kind="stable")
        return self._replace(columns=self.columns[order], distances=distances[order])


class Miner(Protocol):
    """A triplet loss that ranks the negatives of an anchor."""

    def deciding(self, near: Column, row: Column, *, margin: float) -> Deciding:
        """Return what decides.

        Args:
            near: (k,) the distances of the positives.
            row: (n,) those of the negatives, and NaN where there is none.
            margin: of the loss.
        """

    def losses(self, near: Column, far: Deciding, *, margin: float) -> tuple[Column, Column]:
        """Return, per positive, the sum of its losses and how many of them are not 0."""

    def add_slopes(self, near: Column, far: Deciding, slopes: Column, *, margin: float) -> Column:
        """Return the derivatives by the distances of the positives, and add those by the negatives to an (n,) row."""


@dataclass(frozen=True)
class SemiHard:
    """Each positive with the nearest negative that is farther, else with the farthest."""

    def deciding(self, near: Column, row: Column, *, margin: float) -> Deciding:
        """Return the nearest negatives past each positive, and the farthest."""
        bounds = PAST * near
        past = row[row > (1 + WINDOW) * bounds.max()]
        low, high = (1 - WINDOW) * bounds.min(), (1 + WINDOW) * past.min() if len(past) else inf
        if not len(past):
            low = min(low, (1 - WINDOW) * float(np.fmax.reduce(row)))
        columns, distances = _ascending(row, low, high)
        surely = np.searchsorted(distances, (1 + WINDOW) * bounds, side="right")
        chosen = distances[np.minimum(surely, len(distances) - 1)]
        first = np.searchsorted(distances, (1 - WINDOW) * np.minimum(bounds, chosen))
        inside = _between(first, np.searchsorted(distances, (1 + WINDOW) * chosen, side="right"), len(distances))
        return Deciding(columns[inside], distances[inside], inside[inside], columns[:0])

    def losses(self, near: Column, far: Deciding, *, margin: float) -> tuple[Column, Column]:
        """Return the loss of each positive."""
        found = hinge(near, -far.distances[self._chosen(near, far)], margin)
        return found, (found > 0).astype(np.int64)

    def add_slopes(self, near: Column, far: Deciding, slopes: Column, *, margin: float) -> Column:
        """Add -1 for each loss to what was chosen."""
        active = self.losses(near, far, margin=margin)[1].astype(np.float64)
        np.subtract.at(slopes, far.columns[self._chosen(near, far)], active)
        return active

    def _chosen(self, near: Column, far: Deciding) -> Column:
        places = np.searchsorted(far.distances, PAST * near, side="right")
        return np.minimum(places, len(far.distances) - 1)  # past the end is the farthest


@dataclass(frozen=True)
class EveryTriplet:
    """Each positive with all negatives that are within the margin."""

    def deciding(self, near: Column, row: Column, *, margin: float) -> Deciding:
        """Return the negatives between the least and the largest bound; all, where a sum would be off by too much."""
        bounds = (near + margin) / PAST
        low, high = (1 - WINDOW) * float(bounds.min()), (1 + WINDOW) * float(bounds.max())
        columns, distances = _ascending(row, low, high)
        first, last = (np.searchsorted(distances, (1 + each) * bounds, side="right") for each in (-WINDOW, WINDOW))
        nearer = np.flatnonzero(row < low)
        found = Deciding(columns, distances, _between(first, last, len(columns)), nearer, float(row[nearer].sum()))
        losses, active = self.losses(near, found, margin=margin)
        if DOUBT * float(active @ bounds) <= TOLERATED * float(losses.sum()):
            return found
        columns, distances = _ascending(row, -inf, high)
        return Deciding(columns, distances, np.ones(len(columns), dtype=bool), columns[:0])

    def losses(self, near: Column, far: Deciding, *, margin: float) -> tuple[Column, Column]:
        """Return the sum of each positive's losses: the negatives within its bound as often as that, less their sum."""
        within = np.searchsorted(far.distances, (near + margin) / PAST, side="left")
        running = np.concatenate(([0.0], np.cumsum(far.distances))) + far.total
        active = within + len(far.nearer)
        # the difference of two large sums may round below 0
        return np.maximum(active * (near + margin) - running[within], 0.0), active

    def add_slopes(self, near: Column, far: Deciding, slopes: Column, *, margin: float) -> Column:
        """Add -1 for each positive whose bound a negative is within."""
        active = self.losses(near, far, margin=margin)[1]
        ends = np.bincount(active - len(far.nearer), minlength=len(far.columns) + 1)
        slopes[far.columns] -= len(near) - np.cumsum(ends)[:-1]
        slopes[far.nearer] -= len(near)
        return active.astype(np.float64)


def _ascending(row: Column, low: float, high: float) -> tuple[Column, Column]:
    """Return the columns of the distances of a range, and these, ascending."""
    columns = np.flatnonzero((row >= low) & (row <= high))
    order = np.argsort(row[columns])
    columns = columns[order]
    return columns, row[columns]


def _between(first: Column, last: Column, count: int) -> Column:
    """Return which of `count` places are in one of the ranges."""
    starts, stops = (np.bincount(ends, minlength=count + 1) for ends in (first, last))
    inside: Column = np.cumsum(starts - stops)[:-1] > 0
    return inside


SEMI_HARD = SemiHard()  # of semi_hard_triplet
EVERY_TRIPLET = EveryTriplet()  # of batch_all_triplet
