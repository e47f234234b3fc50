"""Pairs that are left out: those of equal ids or row numbers, and any whose rows have the same code."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from ..backend import Array, Backend
from ..results import Column
from .input_rows import Input
from .plan import Span


@dataclass(frozen=True)
class Exclusion:
    """Leaves out the pairs of a row of A and a row of B with equal codes.

    A code stands for whatever must not meet itself: the number of a row, an id, a class, a group.

    Args:
        a: (n,) int64 code of each row of A; codes may repeat.
        b: (m,) int64 code of each row of B.
    """

    a: Column
    b: Column

    @classmethod
    def of_rows(cls, n: int, m: int) -> Self:
        """Leave out row i of A with row i of B."""
        return cls(np.arange(n), np.arange(m))

    @cached_property
    def counts(self) -> Column:
        """(n,) how many rows of B each row of A is not compared with."""
        ordered = np.sort(self.b)
        first, last = (np.searchsorted(ordered, self.a, side=side) for side in ("left", "right"))
        counts: Column = last - first
        return counts

    @cached_property
    def most(self) -> int:
        """The largest of the counts."""
        return int(self.counts.max(initial=0))

    def of_columns(self, numbers: Column | None) -> "Exclusion":
        """Return the exclusion for some rows of B; None stands for all."""
        return self if numbers is None else Exclusion(self.a, self.b[numbers])

    def holds(self, rows: Column, columns: Column) -> Column:
        """Return whether each pair (rows[i], columns[i]) is left out."""
        return self.a[rows] == self.b[columns]  # type: ignore[no-any-return]

    def mask(self, rows: Span) -> Column | None:
        """Return (rows, m) which pairs of whole rows are left out; None where none is."""
        part = slice(rows.start, rows.stop)
        return self.a[part, None] == self.b[None, :] if self.counts[part].any() else None

    def kept(self, backend: Backend, rows: Span, columns: Span) -> Array:
        """Return (rows, columns) which pairs of a tile stay, on its device; None where all do."""
        a, b = self.a[rows.start : rows.stop], self.b[columns.start : columns.stop]
        if a.max() < b.min() or b.max() < a.min() or not self.counts[rows.start : rows.stop].any():
            return None
        return backend.put(a)[:, None] != backend.put(b)[None, :]


def same_rows(a: Input, b: Input, *, of_one_file: bool = False) -> tuple[str, Exclusion]:
    """Return what tells the same row of A and B, `id` or `row`, and the exclusion of such pairs.

    Two sets with ids hold the same row where the ids are equal as text; one set, selections of one file, or sets
    without ids, where the numbers of the rows in their files are equal.
    """
    if a is b or of_one_file or not (a.named and b.named):
        return "row", Exclusion(a.places, b.places)
    codes: dict[str, int] = {}
    sides = ([codes.setdefault(str(each), len(codes)) for each in side.ids.tolist()] for side in (a, b))
    return "id", Exclusion(*(np.asarray(side, dtype=np.int64) for side in sides))
