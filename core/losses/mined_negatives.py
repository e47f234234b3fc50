"""Which negatives decide the triplet losses that rank them, and what they come to.

Rows hold distances that may be off by DOUBT of themselves. Whatever that leaves open about the order of a negative and
a bound is computed exactly: the distances that are `open`. No row is sorted: its distances fall into buckets, and only
those in the bucket of a bound are looked at.
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
BUCKETS = 1 << 12
FINE = 1 << 14  # buckets where what they hold is sorted, not summed
LEAST = 1e-300  # of what all buckets take: their number over it is finite
NARROW = 1 / 1024  # share of the largest bound that all buckets take at least: one is far wider than WINDOW of it


class Nearer(NamedTuple):
    """Negatives that are surely within some bounds, bucket by bucket.

    Args:
        counts: (k,) how many are within the bound of each positive.
        totals: (k,) the sums of their distances.
        buckets: (n,) of the columns.
        ends: (k,) the bucket of each bound.
        wanted: (b,) bool, the buckets whose negatives are among those that decide.
    """

    counts: Column
    totals: Column
    buckets: Column
    ends: Column
    wanted: Column

    @property
    def bounds(self) -> Column:
        """(n,) how many bounds each column is within, but for those that decide."""
        past = len(self.ends) - np.cumsum(np.bincount(self.ends, minlength=len(self.wanted)))
        found: Column = np.where(self.wanted, 0, past)[self.buckets]
        return found


class Deciding(NamedTuple):
    """The negatives of an anchor that decide its losses.

    Args:
        columns: (c,) by distance, ascending.
        distances: (c,) ascending.
        open: (c,) bool, which have to be computed exactly.
        nearer: what else there is within a bound, if that counts.
    """

    columns: Column
    distances: Column
    open: Column
    nearer: Nearer | None = None

    def settled(self, row: Column) -> "Deciding":
        """Return the same in the order of the distances that a row has by now."""
        if not self.open.any():
            return self
        distances = row[self.columns]
        order = np.argsort(distances, kind="stable")
        return self._replace(columns=self.columns[order], distances=distances[order])


class Miner(Protocol):
    """A triplet loss that ranks the negatives of an anchor."""

    def deciding(self, near: Column, row: Column, *, margin: float) -> Deciding:
        """Return what decides.

        Args:
            near: (k,) the distances of the positives.
            row: (n,) those of the negatives, and infinity where there is none.
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
        farthest = float(np.max(row, where=row < inf, initial=0.0))
        low = (1 - WINDOW) * min(float(bounds.min()), farthest)
        buckets = _Buckets(low, farthest, FINE)
        places = buckets.of(row)
        some, wanted = np.zeros((2, FINE + 1), dtype=bool)
        some[places] = True
        taken = np.flatnonzero(some[1:FINE]) + 1
        ends = buckets.of(np.outer((1 - WINDOW, 1 + WINDOW), np.append(bounds, farthest)))
        wanted[ends] = True
        # the first negative past a bound is in its bucket or the next that has any, and those as near in one more
        past = np.searchsorted(taken, ends[1], side="right")
        for each in (0, 1):
            wanted[taken[np.minimum(past + each, len(taken) - 1)]] = True
        wanted[[0, FINE]] = False
        columns, distances = _ascending(row, wanted.take(places))
        surely = np.searchsorted(distances, (1 + WINDOW) * bounds, side="right")
        chosen = distances[np.minimum(surely, len(distances) - 1)]
        first = np.searchsorted(distances, (1 - WINDOW) * np.minimum(bounds, chosen))
        last = np.searchsorted(distances, (1 + WINDOW) * chosen, side="right")
        inside = _between(first, last, len(distances))
        sure = (last - first == 1) & (TOLERATED * np.abs(near - chosen + margin) > DOUBT * (near + chosen + margin))
        unsure = np.zeros_like(inside) if sure.all() else _between(first[~sure], last[~sure], len(distances))
        return Deciding(columns[inside], distances[inside], unsure[inside])

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
        buckets = _Buckets(low, high)
        places, wanted = buckets.of(row), np.zeros(BUCKETS + 1, dtype=bool)
        ends = buckets.of(np.outer((1 - WINDOW, 1.0, 1 + WINDOW), bounds))
        wanted[ends] = True
        columns, distances = _ascending(row, wanted.take(places))
        first, last = (np.searchsorted(distances, (1 + each) * bounds, side="right") for each in (-WINDOW, WINDOW))
        nearer = _nearer(row, places, ends[1], wanted)
        found = Deciding(columns, distances, _between(first, last, len(columns)), nearer)
        losses, active = self.losses(near, found, margin=margin)
        if DOUBT * float(active @ bounds) <= TOLERATED * float(losses.sum()):
            return found
        columns, distances = _ascending(row, row <= high)
        return Deciding(columns, distances, np.ones(len(columns), dtype=bool))

    def losses(self, near: Column, far: Deciding, *, margin: float) -> tuple[Column, Column]:
        """Return the sum of each positive's losses: the negatives within its bound as often as that, less their sum."""
        within = np.searchsorted(far.distances, (near + margin) / PAST, side="left")
        totals, active = np.concatenate(([0.0], np.cumsum(far.distances)))[within], within
        if far.nearer is not None:
            totals, active = totals + far.nearer.totals, active + far.nearer.counts
        # the difference of two large sums may round below 0
        return np.maximum(active * (near + margin) - totals, 0.0), active

    def add_slopes(self, near: Column, far: Deciding, slopes: Column, *, margin: float) -> Column:
        """Add -1 for each positive whose bound a negative is within."""
        within = np.searchsorted(far.distances, (near + margin) / PAST, side="left")
        slopes[far.columns] -= len(near) - np.cumsum(np.bincount(within, minlength=len(far.columns) + 1))[:-1]
        if far.nearer is not None:
            slopes -= far.nearer.bounds
        return self.losses(near, far, margin=margin)[1].astype(np.float64)


class _Buckets(NamedTuple):
    """Equal parts of a range of distances; what is below is in bucket 0, what is past it in the last, `last`."""

    low: float
    high: float
    last: int = BUCKETS

    def of(self, distances: Column) -> Column:
        """Return the bucket of each distance: of two, that of the larger is no lower."""
        rate = (self.last - 2) / max(self.high - self.low, NARROW * self.high, LEAST)
        places = distances * rate
        places -= self.low * rate - 1.0
        # a whole number of 32 bits first: both steps are quicker than one
        return np.clip(places, 0, self.last, out=places).astype(np.int32).astype(np.intp)


def _nearer(row: Column, places: Column, ends: Column, wanted: Column) -> Nearer:
    """Return what is within bounds whose buckets are `ends`, but for the negatives in wanted buckets."""
    counts = np.bincount(places, minlength=BUCKETS + 1)
    totals = np.bincount(places, weights=row, minlength=BUCKETS + 1)
    inside = np.flatnonzero(wanted)
    counts[inside] = totals[inside] = 0
    return Nearer(np.cumsum(counts)[ends - 1], np.cumsum(totals)[ends - 1], places, ends, wanted)


def _ascending(row: Column, members: Column) -> tuple[Column, Column]:
    """Return the columns of some distances of a row, and these, ascending."""
    columns = np.flatnonzero(members)
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
