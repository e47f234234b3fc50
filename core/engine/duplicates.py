"""Equal rows: found by hash, confirmed number by number."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..results import Column
from .budget import Budget, gathered

CHUNK = 1 << 16  # numbers that are hashed at a time, few enough to stay in a cache
SHARE = 0.1  # of the rows that must fall away before it pays to copy the others


def row_hashes(rows: Column) -> Column:
    """Return a 64-bit hash of each row of an (n, ...) array of numbers; 0.0 and -0.0 count as one number."""
    width = max(1, int(np.prod(rows.shape[1:])))
    wide = bool(width * rows.itemsize % 8)  # rows that are not whole words are widened
    words = width if wide else width * rows.itemsize // 8
    keys = np.random.default_rng(0).integers(0, 2**64, words, dtype=np.uint64)
    hashes = np.empty(len(rows), dtype=np.uint64)
    step = max(1, CHUNK // width)
    for start in range(0, len(rows), step):
        part = np.ascontiguousarray(rows[start : start + step]).reshape(-1, width)
        bits = (part.astype(np.float64) + 0.0 if wide else _without_minus_zero(part)).view(np.uint64)
        hashes[start : start + step] = _mixed(bits + keys).sum(axis=1, dtype=np.uint64)
    return hashes


def _mixed(bits: Column) -> Column:
    """Return each 64-bit number with all its bits spread over all (Steele et al. 2014, splitmix64), in place."""
    # one product is not enough: numbers such as 1 and -1 differ in their highest bits alone
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits ^= bits >> np.uint64(shift)
        bits *= np.uint64(factor)
    bits ^= bits >> np.uint64(31)
    return bits


def _without_minus_zero(rows: Column) -> Column:
    if rows.dtype == np.float16:  # whose own arithmetic is slow
        return np.where(rows.view(np.uint16) == 0x8000, np.float16(0), rows)
    added: Column = rows + rows.dtype.type(0)
    return added


def occurrences(hashes: Column) -> tuple[Column, Column]:
    """Return for each row which of its equals comes first, and how many of them come before it."""
    order = np.argsort(hashes, kind="stable")
    ranked = hashes[order]
    start = np.searchsorted(ranked, ranked)
    first, before = np.empty_like(order), np.empty_like(order)
    first[order], before[order] = order[start], np.arange(len(order)) - start
    return first, before


def first_equals(rows: Column, codes: Column | None = None) -> Column:
    """Return for each row the first of those equal to it, number by number.

    Args:
        rows: (n, d) numbers; of two zeros or two NaN each equals the other.
        codes: (n,) int64; rows of different codes are not equal. None for all.
    """
    hashes, first = row_hashes(rows), np.arange(len(rows))
    if codes is not None:
        hashes += _mixed(codes.astype(np.uint64))
    left = first
    while len(left):
        # rows that have the hash of others alone are compared among themselves
        place, before = occurrences(hashes[left])
        repeated = before > 0
        left, earlier = left[repeated], left[place[repeated]]
        equal = _are_equal(rows, left, earlier)
        if codes is not None:
            equal &= codes[left] == codes[earlier]
        first[left[equal]] = earlier[equal]
        left = left[~equal]
    return first


def _are_equal(rows: Column, some: Column, others: Column) -> Column:
    """Return which of aligned numbers of rows are of equal rows."""
    equal, step = np.empty(len(some), dtype=bool), max(1, CHUNK // max(1, rows.shape[1]))
    for start in range(0, len(some), step):
        x, y = rows[some[start : start + step]], rows[others[start : start + step]]
        same = (x == y) | ((x != x) & (y != y))  # noqa: PLR0124 - NaN equals NaN
        equal[start : start + step] = same.all(axis=1)
    return equal


def beyond(rows: Column, limit: int) -> Column | None:
    """Return the rows that are left when of equal rows only the first `limit` stay; None where few would go."""
    if limit >= len(rows):
        return None
    first, before = occurrences(row_hashes(rows))
    if np.count_nonzero(before >= limit) < SHARE * len(rows):
        return None
    repeated = np.flatnonzero(before)
    if not _are_equal(rows, repeated, first[repeated]).all():
        return None  # different rows of one hash, which is as good as never: nothing was counted right
    return np.flatnonzero(before < limit)


@dataclass(frozen=True)
class Distinct:
    """The rows of a set without the repeats that cannot be found, where those are many.

    Args:
        every: (n, d) all rows.
        kept: numbers of those that are left, ascending; None where all are.
        rows: those that are left.
    """

    every: Column
    kept: Column | None
    rows: Column

    @classmethod
    def of(cls, rows: Column, limit: int, budget: Budget) -> "Distinct":
        """Leave out what repeats a row more than `limit` times, if that is many rows."""
        kept = beyond(rows, limit)
        return cls(rows, kept, rows if kept is None else gathered(rows, kept, budget))

    @cached_property
    def place(self) -> Column:
        """(n,) where among the rows that are left the first equal of each row is."""
        if self.kept is None:
            return np.arange(len(self.every))
        first, _ = occurrences(row_hashes(self.every))
        return np.searchsorted(self.kept, first)

    def numbers(self, places: Column) -> Column:
        """Return the numbers in the set of places among the rows that are left."""
        return places if self.kept is None else self.kept[places]
