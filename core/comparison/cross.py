"""The matrix of set scores of every item of A with every item of B, in whole rows as they come."""

from math import fsum

import numpy as np

from ..aggregates.record import AggregateRequest
from ..backend import Backend
from ..engine import MatrixCells, MatrixRows, Moments, budget_of
from ..results import Column, Columns, Grid, Into, MatrixPart, Progress, Rows, Scalar, begin
from .compared_sets import ComparisonInputs
from .token_blocks import item_scores

CORNER = 8
SMALL = 16  # rows and columns of a matrix that a person still reads whole


class Cross:
    """The matrix of one aggregate: handed on, or kept where nobody takes it.

    Args:
        inputs: two lists of sets.
        request: the aggregate.
        into: opens what takes the rows; None keeps them.
    """

    def __init__(self, inputs: ComparisonInputs, request: AggregateRequest, into: Into | None) -> None:
        self.inputs, self.request = inputs, request
        n, m = map(len, inputs.tokens)
        self.shape = n, m
        self.cells = MatrixCells(inputs.item_ids(0), inputs.item_ids(1), batched=False)
        self.sink = into(self.shape, np.dtype(np.float64)) if into is not None else None
        self.array: Column | None = None
        if self.sink is None:
            budget_of(None).check(n * m * 8, f"the {n} x {m} matrix", "«output=scores.npy» writes it as it comes")
            self.array = np.empty(self.shape)
        corner = self.shape if max(n, m) <= SMALL else (min(n, CORNER), min(m, CORNER))
        self.corner = np.full(corner, np.nan)
        self.moments: list[Moments] = []

    def run(self, *, eps: float, backend: Backend, progress: Progress | None) -> None:
        """Compute the matrix."""
        begin(progress, "matrix", "items")
        for start, scores in item_scores(*self.inputs.tokens, [self.request], eps=eps, backend=backend):
            part = scores[self.request.name]
            self._take(start, part)
            if progress is not None:
                progress(start + len(part), self.shape[0])

    def _take(self, start: int, part: Column) -> None:
        if start < len(self.corner):
            shown = part[: len(self.corner) - start, : self.corner.shape[1]]
            self.corner[start : start + len(shown)] = shown
        defined = part[~np.isnan(part)]
        if len(defined):
            extremes = float(defined.min()), float(defined.max())
            self.moments.append(Moments(len(defined), fsum(defined.tolist()), *extremes))
        if self.sink is not None:
            self.sink(MatrixPart(start, part, self.cells))
        elif self.array is not None:
            self.array[start : start + len(part)] = part

    def summary(self) -> dict[str, Scalar]:
        """Return the size of the matrix and what its scores are like."""
        return {"rows": self.shape[0], "columns": self.shape[1], **Moments().merge(self.moments).summary()}

    def rows(self) -> Rows:
        """Return the cells of a matrix in memory."""
        return Columns({}) if self.array is None else MatrixRows(self.array, self.cells)

    def grid(self) -> Grid:
        """Return the corner."""
        ids = self.cells.a[: len(self.corner)], self.cells.b[: self.corner.shape[1]]
        return Grid(self.shape, *ids, self.corner)


CROSS_KEYS = ("rows", "columns", "mean", "min", "max")
