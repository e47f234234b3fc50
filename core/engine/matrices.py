"""The whole matrix of scores: kept, or handed on in whole rows as it comes."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from math import prod

import numpy as np

from ..errors import ParameterError
from ..results import (
    Column,
    Columns,
    Grid,
    HeatMap,
    Into,
    MatrixPart,
    PartSink,
    Progress,
    Result,
    begin,
    over_batches,
)
from .job import PairwiseJob
from .kernels import Kernel
from .matrix_rows import MatrixCells, MatrixRows
from .plan import Plan, Span
from .reducers.full_matrix import Full, Moments
from .reducers.heat_map import MeanCells
from .reducers.matrix_parts import CORNER, MatrixParts
from .sweep import sweep

WIDEST_FLOAT32 = 4096  # dims up to which a float32 product is within 2e-6
GRIDS, LOW = 4, 8  # matrices of a batch that a person is shown, and the rows of each
SMALL = 16  # rows and columns of a matrix that a person still reads whole


def full_matrix(
    job: PairwiseJob, into: Into | None, nonfinite: str, progress: Progress | None, heat_map: int | None = None
) -> Result:
    """Compute the matrix; the options are checked by the caller."""
    n, m = job.shape
    dtype, arithmetic = _dtypes(job)
    kernel = Kernel(job.metric, arithmetic, job.scaled, job.backend)
    target = MatrixTarget(job, into, dtype, heat_map)
    moments: list[Moments] = []
    begin(progress, "matrix")
    for number, a, b in job.batches():
        part = over_batches(progress, number, prod(job.batch))
        with target.reducer(number)(
            kernel,
            job.pairs(a, b),
            m,
            np.dtype(dtype),
            excluded=job.excluded,
            propagate=nonfinite == "propagate",
        ) as reducer:
            kept = job.budget.plan(n, m, job.dims, np.dtype(arithmetic).itemsize).kept_columns
            sweep(a, b, kernel, reducer, Plan.of(n, m, job.dims, kept_columns=kept, whole_rows=True), part)
            moments.append(reducer.moments())
    return target.result(kernel.products, moments)


def _dtypes(job: PairwiseJob) -> tuple[str, str]:
    """Return the dtypes of the matrix and of the arithmetic behind it."""
    metric, automatic = job.metric, job.precision == "auto"
    if job.precision == "float64" or (automatic and job.wide and not metric.has_unit_rows):
        return "float64", "float64"
    long = automatic and job.dims > WIDEST_FLOAT32
    product = metric.scores_are_proxies and not long and job.fits_float32
    return "float32", "float32" if product else "float64"


class MatrixTarget:
    """Takes whole rows: for the caller's sink or the array in memory, and for what a person sees of them.

    Args:
        job: both sides, whose rows are compared.
        into: opens what takes the rows; None keeps them.
        dtype: of the scores.
        heat_map: rows and columns of the matrix in means; None: no means.
    """

    def __init__(self, job: PairwiseJob, into: Into | None, dtype: str, heat_map: int | None) -> None:
        (n, m), self.job = job.shape, job
        shape = (*job.batch, n, m)
        beside = job.a.carried(np.arange(n), "a"), job.b.carried(np.arange(m), "b")
        self.cells = MatrixCells(job.a.ids, job.b.ids, bool(job.batch), job.excluded, *beside)
        self.sink = into(shape, np.dtype(dtype)) if into is not None else None
        self.array: Column | None = None if self.sink is not None else self._allocated(shape, dtype)
        corner = (n, m) if max(n, m) <= SMALL else (min(n, LOW if job.batch else CORNER), min(m, CORNER))
        self.corners = [np.empty(corner, dtype=dtype) for _ in range(min(prod(job.batch), GRIDS))]
        self.means: MeanCells | None = None
        if heat_map is not None:
            if isinstance(self.sink, PartSink):
                what = "a heat map is drawn as the rows come, and parts come in any order"
                raise ParameterError(what, "«plot»", "«output=scores.npy», or leave it out")
            self.means = MeanCells((n, m), _most(heat_map, job), excluded=job.excluded)

    def reducer(self, number: int) -> Callable[..., Full]:
        """Return what makes the reducer of a batch."""
        if not isinstance(parts := self.sink, PartSink):
            return partial(Full, take_rows=partial(self.take, number))

        def write(start: int, pieces: Sequence[Column]) -> str:
            starts = accumulate(map(len, pieces), initial=start)
            pairs = zip(starts, pieces, strict=False)
            return parts.write([MatrixPart(first, scores, self.cells) for first, scores in pairs])

        def has(rows: Span, mark: str) -> bool:
            return parts.has(rows.start, rows.stop, mark)

        return partial(MatrixParts, take_rows=partial(self._show, number), write=write, has=has)

    def take(self, number: int, start: int, scores: Column) -> None:
        """Take whole rows of a batch; the first is its row `start`."""
        self._show(number, start, scores)
        start += number * self.job.shape[0]
        if self.means is not None:
            self.means.take(start, scores)
        part = MatrixPart(start, scores, self.cells)
        if isinstance(self.sink, PartSink):
            self.sink.write([part])
        elif self.sink is not None:
            self.sink(part)
        elif self.array is not None:
            self.array.reshape(-1, scores.shape[1])[start : start + len(scores)] = scores

    def _show(self, number: int, start: int, scores: Column) -> None:
        """Keep what a person sees of whole rows, or of their first columns."""
        if number < len(self.corners) and start < len(self.corners[number]):
            corner = self.corners[number]
            part = scores[: len(corner) - start, : corner.shape[1]]
            corner[start : start + len(part)] = part

    def result(self, scan: str, moments: list[Moments]) -> Result:
        """Return the matrix, what its products were computed in and what its scores are like."""
        n, m = self.job.shape
        summary = {"rows": n, "columns": m, **Moments().merge(moments).summary()}
        shown = self.array, self._grids(), self._heat_map()
        return Result("pairwise", {}, {"scan": scan}, summary, self._rows(), *shown)

    def _rows(self) -> MatrixRows | Columns:
        """Return the cells of a matrix in memory."""
        if self.array is None:
            return Columns({})
        return MatrixRows(self.array.reshape(-1, self.array.shape[-1]), self.cells)

    def _grids(self) -> tuple[Grid, ...]:
        """Return the corner, or those of the first matrices of a batch."""
        (rows, columns), batches = self.corners[0].shape, prod(self.job.batch)
        ids = self.job.a.ids[:rows], self.job.b.ids[:columns]
        return tuple(
            Grid(self.job.shape, *ids, corner, number if self.job.batch else None, batches)
            for number, corner in enumerate(self.corners)
        )

    def _heat_map(self) -> HeatMap | None:
        """Return the whole matrix in means, where they were asked for."""
        return None if self.means is None else self.means.means(self.job.a.ids, self.job.b.ids)

    def _allocated(self, shape: tuple[int, ...], dtype: str) -> Column:
        check_matrix(self.job, shape)
        return np.empty(shape, dtype=dtype)


def matrix_bytes(job: PairwiseJob, shape: tuple[int, ...]) -> int:
    """Return the bytes of a matrix of that shape."""
    return prod(shape) * np.dtype(_dtypes(job)[0]).itemsize


def check_matrix(job: PairwiseJob, shape: tuple[int, ...]) -> int:
    """Return the bytes of a matrix that is kept, and refuse one that does not fit."""
    size = matrix_bytes(job, shape)
    hint = "«output=scores.npy» writes it as it comes; «top_k» or «threshold» keep a part"
    job.budget.check(size, f"the {' x '.join(map(str, shape))} matrix", hint)
    return size


def _most(heat_map: int, job: PairwiseJob) -> int:
    if heat_map < 1:
        raise ParameterError(f"a heat map of {heat_map} rows and columns, expected at least 1", "heat_map")
    if job.batch:
        what = f"a heat map shows one matrix, and there are {prod(job.batch)} in batches"
        raise ParameterError(what, "«plot»", "give one of them, of shape (n, d)")
    return heat_map
