"""Groups of close or equal rows of one input, each with the row that is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from ..engine import PairwiseJob, first_equals, gathered, group_rows
from ..results import Column, Progress, begin
from .medoids import medoids

ROW = 96  # bytes that a row takes in an arrangement and in the groups
LISTED_ROWS = 5  # of each group in a listing


@dataclass(frozen=True)
class Groups:
    """Which row stands for each row of an input.

    Args:
        kept_row: (n,) the number of the row that is kept of its group.
    """

    kept_row: Column

    @cached_property
    def kept(self) -> Column:
        """(n,) which rows are kept."""
        is_kept: Column = self.kept_row == np.arange(len(self.kept_row))
        return is_kept

    @cached_property
    def sizes(self) -> Column:
        """(n,) how many rows a kept row stands for, itself too; 0 for the others."""
        return np.bincount(self.kept_row, minlength=len(self.kept_row))

    @cached_property
    def numbers(self) -> Column:
        """(n,) the number of the group of each row, counted by their first rows."""
        first = np.full(len(self.kept_row), len(self.kept_row))
        np.minimum.at(first, self.kept_row, np.arange(len(self.kept_row)))
        return np.unique(first[self.kept_row], return_inverse=True)[1]

    def summary(self) -> dict[str, int]:
        """Return the counts: rows, those kept and dropped, groups of two rows or more, rows of the largest."""
        kept = int(self.kept.sum())
        return {
            "rows": len(self.kept),
            "kept": kept,
            "dropped": len(self.kept) - kept,
            "groups": int((self.sizes > 1).sum()),
            "largest_group": int(self.sizes.max(initial=0)),
        }

    def listed(self, scores: Column, top: int, *, larger_is_closer: bool) -> Column:
        """Return rows of the largest groups: the kept one, then those that are least close to it.

        Args:
            scores: (n,) of each row with the one that is kept.
            top: how many groups.
            larger_is_closer: the direction of the scores.
        """
        largest = np.lexsort((self.numbers, -self.sizes))[:top]
        listed = [np.empty(0, dtype=np.int64)]
        for kept in largest[self.sizes[largest] > 1].tolist():
            others = np.flatnonzero((self.kept_row == kept) & ~self.kept)
            furthest = np.argsort(scores[others] if larger_is_closer else -scores[others], kind="stable")
            listed += [np.asarray([kept]), others[furthest[: LISTED_ROWS - 1]]]
        return np.concatenate(listed)


@dataclass(frozen=True)
class Arrangement:
    """The distinct rows of an input in the order in which they are preferred, and which row stands for which.

    Args:
        rows: (m,) numbers of the distinct rows: by code, then most preferred first.
        equal: (n,) the most preferred row that is equal to each row and close to it.
        codes: (m,) of the distinct rows, or None.
    """

    rows: Column
    equal: Column
    codes: Column | None

    @classmethod
    def of(cls, job: PairwiseJob, order: Column, codes: Column | None, strictest: float | None) -> Self:
        """Arrange the rows of a job.

        Args:
            job: of one set with itself.
            order: (n,) its rows, most preferred first.
            codes: (n,) only rows of equal codes are of one group; None for all.
            strictest: the threshold that equal rows have to reach; a zero row is not close to itself. None for none.
        """
        count, first = len(order), first_equals(job.a.rows, codes)
        repeated = np.unique(first[first != np.arange(count)])
        if strictest is not None:
            score = job.pairs(job.a.rows, job.a.rows).score(repeated, repeated)
            close = score >= strictest if job.metric.larger_is_closer else score <= strictest
            alone = np.zeros(count, dtype=bool)
            alone[repeated[~close]] = True
            first = np.where(alone[first], np.arange(count), first)
        rank, best = np.empty(count, dtype=np.int64), np.full(count, count)
        rank[order] = np.arange(count)
        np.minimum.at(best, first, rank)
        equal = order[best[first]]
        rows = order[equal[order] == order]
        if codes is None:
            return cls(rows, equal, None)
        rows = rows[np.argsort(codes[rows], kind="stable")]
        return cls(rows, equal, codes[rows])

    def groups(
        self, job: PairwiseJob, linkage: str, thresholds: Sequence[float], progress: Progress | None
    ) -> "GroupsFound":
        """Return the groups at each threshold, each with its most preferred row, and what scanned them."""
        rows, side = self.rows, job.a
        if not np.array_equal(rows, np.arange(len(side.rows))):
            side = replace(side, rows=gathered(side.rows, rows, job.budget), missing=side.missing[rows])
        begin(progress, "close pairs")
        arranged = replace(job, a=side, b=side)
        firsts, kernel = group_rows(arranged, linkage, thresholds, self.codes, progress)
        place = np.empty(len(self.equal), dtype=np.int64)
        place[rows] = np.arange(len(rows))
        return GroupsFound([Groups(rows[first[place[self.equal]]]) for first in firsts], kernel.products)


@dataclass(frozen=True)
class GroupsFound:
    """The groups at each threshold, and the product that scanned the pairs; None where none was needed."""

    groups: list[Groups]
    scan: str | None

    def with_medoids(self, job: PairwiseJob) -> "GroupsFound":
        """Return the same groups, of which the row that is closest to the others on average is kept."""
        return replace(self, groups=[Groups(medoids(job, each.kept_row)) for each in self.groups])
