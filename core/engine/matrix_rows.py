"""The cells of a matrix of scores as rows `a`, `b`, `score`, made as they are read or written."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..results import Column
from .exclusion import Exclusion


@dataclass(frozen=True)
class MatrixCells:
    """Makes rows `a`, `b`, `score` of whole rows of a matrix.

    Args:
        a: (n,) ids or numbers of the rows.
        b: (m,) ids or numbers of the columns.
        batched: whether rows begin with a column `batch`.
        excluded: the cells that are no rows.
        beside_a: (n,) values that go with the rows, by the name of their column.
        beside_b: (m,) values that go with the columns.
    """

    a: Column
    b: Column
    batched: bool
    excluded: Exclusion | None = None
    beside_a: Mapping[str, Column] = field(default_factory=dict)
    beside_b: Mapping[str, Column] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return (*(("batch",) if self.batched else ()), "a", "b", "score", *self.beside_a, *self.beside_b)

    def columns(self, start: int, scores: Column) -> dict[str, Column]:
        """Return the columns for (rows, m) scores of which the first row is number `start`."""
        rows = np.arange(start, start + len(scores))
        row = rows % len(self.a)
        keep = np.ones(scores.size, dtype=bool)
        if self.excluded is not None:
            keep = ~self.excluded.holds(row[:, None], np.arange(len(self.b))).ravel()
        columns = {"batch": np.repeat(rows // len(self.a), len(self.b))} if self.batched else {}
        columns["a"] = np.repeat(self.a[row], len(self.b))
        columns |= {"b": np.tile(self.b, len(scores)), "score": scores.ravel()}
        columns |= {name: np.repeat(values[row], len(self.b)) for name, values in self.beside_a.items()}
        columns |= {name: np.tile(values, len(scores)) for name, values in self.beside_b.items()}
        return {name: column[keep] for name, column in columns.items()}

    def before(self, row: int) -> int:
        """Return how many cells lie before a row."""
        batches, rest = divmod(row, len(self.a))
        left_out = batches * int(self._left_out[-1]) + int(self._left_out[rest])
        return row * len(self.b) - left_out

    @cached_property
    def _left_out(self) -> Column:
        """(n + 1,) how many cells of a batch are left out before each row, and in all."""
        counts = np.zeros(len(self.a), dtype=np.int64) if self.excluded is None else self.excluded.counts
        return np.append(0, np.cumsum(counts))


@dataclass(frozen=True)
class MatrixRows:
    """The cells of a matrix in memory as rows, made as they are read."""

    matrix: Column
    cells: MatrixCells

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return self.cells.names

    def __len__(self) -> int:
        return self.cells.before(len(self.matrix))

    def read(self, start: int, stop: int) -> dict[str, Column]:
        """Return rows `start` to `stop` (exclusive), a 1-D array per column."""
        # with cells left out the rows differ in length, so the place is searched for, not computed
        edges, before = range(len(self.matrix) + 1), self.cells.before
        first = min(bisect_right(edges, start, key=before) - 1, len(self.matrix) - 1)
        last = min(bisect_left(edges, stop, key=before), len(self.matrix))
        columns = self.cells.columns(first, self.matrix[first:last])
        offset = self.cells.before(first)
        return {name: column[start - offset : stop - offset] for name, column in columns.items()}
