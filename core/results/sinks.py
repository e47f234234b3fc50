"""Where rows and matrices go that do not fit in memory: a caller's functions, which take them as they come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from .records import Column


class RowMaker(Protocol):
    """Makes rows of a table of whole rows of a matrix."""

    def columns(self, first: int, scores: Column) -> dict[str, Column]:
        """Return the cells of the (rows, m) scores, whose first row is the row `first` of the matrix."""


@dataclass(frozen=True)
class MatrixPart:
    """Whole rows of a matrix, on their way to a writer; their memory is used again once it has taken them.

    Args:
        start: number of the first row; rows of later batches follow those of the first.
        scores: (rows, m).
        cells: makes them a table.
    """

    start: int
    scores: Column
    cells: RowMaker

    def columns(self) -> dict[str, Column]:
        """Return the cells as columns `a`, `b`, `score`, for batches `batch` in front."""
        return self.cells.columns(self.start, self.scores)


@runtime_checkable
class PartSink(Protocol):
    """Takes a matrix as parts of some rows each, in any order, by any process."""

    def has(self, start: int, stop: int, mark: str) -> bool:
        """Tell whether the part of these rows is there, with the mark that it was given: it is not computed again."""

    def write(self, rows: Sequence[MatrixPart]) -> str:
        """Take a part whole, rows that follow each other; return a mark that no other content of it has."""


Sink = Callable[[MatrixPart], None]
Into = Callable[[tuple[int, ...], np.dtype[Any]], Sink | PartSink | None]  # takes the shape and dtype of a matrix
RowsInto = Callable[[dict[str, Column]], None]
