"""`pairwise`: every row of A against every row of B: the whole matrix, the best of each row, or all close pairs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import fsum, inf, isnan, prod
from typing import Any

import numpy as np

from . import checks
from .backend import Backend, choose_backend, quiet
from .catalogue import Entry, find
from .cells import Cells, Into, MatrixPart, MatrixRows
from .engine.exact import Pairs
from .engine.kernels import Kernel
from .engine.matrix import Full, Moments, Take
from .engine.memory import available_memory
from .engine.reducers import Threshold, TopK
from .engine.sweep import Progress, sweep
from .engine.tiles import Plan, whole_rows
from .errors import ParameterError, ResourceError, ShapeError
from .inputs import Input, lay_out
from .metrics import EPS, needs_scale
from .results import Column, Columns, Grid, Result, Scalar

PRECISIONS = ("auto", "float32", "float64")
WIDEST_FLOAT32 = 4096  # dims up to which a float32 product is within 2e-6
CORNER = 8
SMALL = 16  # rows and columns of a matrix that a person still reads whole


def pairwise(
    a: Any,
    b: Any = None,
    *,
    top_k: int | None = None,
    threshold: float | None = None,
    metric: str = "cosine",
    eps: float = EPS,
    dim: int = -1,
    exclude_self: bool | None = None,
    precision: str = "auto",
    nonfinite: str = "error",
    device: str = "cpu",
    backend: str = "auto",
    into: Into | None = None,
    progress: Progress | None = None,
) -> Result:
    """Compare every row of A with every row of B, or A with itself.

    Args:
        a: Vectors or a numpy array, (..., n, d) of real numbers; leading dims are batches, as in matmul.
        b: (..., m, d), or None for A against itself.
        top_k: keep the k closest rows of B for each row of A.
        threshold: keep the pairs with at least this similarity, or at most this distance.
        metric: cosine, dot, euclidean, sqeuclidean, manhattan or angular.
        eps: eps >= 0, the least norm that a cosine divides by.
        dim: the dim along which a vector lies; the last of the others counts the rows.
        exclude_self: leave out pairs of a row with its own number; by default where b is None.
            The matrix keeps its diagonal; its summary and its rows leave it out.
        precision: of the full matrix: `auto` is float32 where that is within 2e-6, `float32`, `float64`.
        nonfinite: `error`, `propagate` (NaN in the matrix, never in a selection) or `drop` (2-D inputs).
        device: where to compute: cpu, cuda, cuda:N or auto.
        backend: auto, numpy or torch.
        into: called with the shape and dtype of the matrix, before it is computed; returns what takes it
            in whole rows as it comes, or None to keep it in memory, as without `into`.
        progress: called with the rows that are done and their total.

    Returns:
        A result with the summary `rows`, `columns`, `mean`, `min`, `max`, also `k` or `pairs`, of the listed
        scores. Its rows are `a`, `b`, `score`, with a top k `a`, `rank`, `b`, `score`, ordered by row, then
        closest first, then number; batches add `batch` in front. `array` is the (..., n, m) matrix if
        it was asked for and kept.

    Raises:
        ShapeError: ranks, widths or batches do not fit.
        DataError: rows that are not finite; a score that leaves the range of its dtype.
        ParameterError: an unknown name, top_k below 1, or top_k with threshold.
        ResourceError: the device is missing, or the matrix does not fit in memory.

    Source:
        The catalogue row of the metric; `simtool.engine.reducers` for the selection.

    Example:
        >>> import numpy as np
        >>> pairwise(np.eye(2), np.ones((1, 2)), precision="float64").array.round(4).tolist()
        [[0.7071], [0.7071]]
    """
    exclude_self = b is None if exclude_self is None else exclude_self
    if top_k is not None and threshold is not None:
        raise ParameterError("a top k and a threshold are two different questions", "--top-k, --threshold", "ask one")
    if top_k is not None and top_k < 1:
        raise ParameterError(f"top k is {top_k}, expected at least 1", "--top-k")
    if threshold is not None and isnan(threshold):
        raise ParameterError("the threshold is not a number", "--threshold")
    if not eps >= 0:
        raise ParameterError(f"eps is {eps}, expected at least 0", "--eps")
    checks.check_choice("precision", precision, PRECISIONS)
    checks.check_choice("nonfinite", nonfinite, checks.NONFINITE)
    first = checks.given(a, "A")
    sides = [lay_out(first, dim, nonfinite)]
    sides.append(sides[0] if b is None else lay_out(checks.given(b, "B"), dim, nonfinite))
    job = _Job(
        a=sides[0],
        b=sides[1],
        entry=find("metric", metric),
        eps=eps,
        top_k=top_k,
        threshold=threshold,
        exclude_self=exclude_self,
        alone=b is None,
        precision=precision,
        nonfinite=nonfinite,
        backend=choose_backend(backend, device),
    )
    result = job.run(into, progress)
    parameters = {"metric": job.entry.name, "eps": eps, "dim": dim, "exclude_self": exclude_self}
    choice = {"top_k": top_k, "threshold": threshold, "precision": precision, "nonfinite": nonfinite}
    return replace(result, parameters={**parameters, **choice})


@dataclass(frozen=True)
class _Job:
    """One comparison, checked by the caller but for shapes that must fit each other."""

    a: Input
    b: Input
    entry: Entry
    eps: float
    top_k: int | None
    threshold: float | None
    exclude_self: bool
    alone: bool
    precision: str
    nonfinite: str
    backend: Backend

    def run(self, into: Into | None, progress: Progress | None) -> Result:
        a, b = self.a.vectors, self.b.vectors
        checks.check_same_width(a, b, self.a.rows.shape[-1], self.b.rows.shape[-1])
        with quiet():
            if self.top_k is not None or self.threshold is not None:
                result = self._selection(progress)
            else:
                result = self._matrix(into, progress)
        inputs = {"a": a.name} if self.alone else {"a": a.name, "b": b.name}
        return replace(result, inputs=inputs, notes=(*self._notes(), *result.notes))

    def _notes(self) -> Iterator[str]:
        yield from self.a.notes
        if not self.alone:
            yield from self.b.notes
        sides = {"A": self.a} if self.alone else {"A": self.a, "B": self.b}
        zeros = {name: int(side.zero.sum()) for name, side in sides.items()}
        counted = " and ".join(f"{count} zero rows in {name}" for name, count in zeros.items() if count)
        if counted and self.entry.name in ("cosine", "angular"):
            yield f"{counted}: their {self.entry.name} score is {0.0 if self.entry.larger_is_closer else 0.5}"

    @property
    def batch(self) -> tuple[int, ...]:
        try:
            return np.broadcast_shapes(self.a.rows.shape[:-2], self.b.rows.shape[:-2])
        except ValueError:
            raise ShapeError(
                f"the batches do not fit: {self.a.rows.shape[:-2]} in A, {self.b.rows.shape[:-2]} in B",
                f"{self.a.vectors.name}, {self.b.vectors.name}",
                "dims before the rows must be equal, or 1 on one side",
            ) from None

    @property
    def shape(self) -> tuple[int, int]:
        return self.a.rows.shape[-2], self.b.rows.shape[-2]

    @property
    def scaled(self) -> bool:
        return needs_scale(self.a.rows.dtype) or needs_scale(self.b.rows.dtype)

    def _batches(self) -> Iterator[tuple[int, Column, Column]]:
        a = np.broadcast_to(self.a.rows, self.batch + self.a.rows.shape[-2:])
        b = np.broadcast_to(self.b.rows, self.batch + self.b.rows.shape[-2:])
        for number, index in enumerate(np.ndindex(self.batch)):
            yield number, a[index], b[index]

    def _pairs(self, a: Column, b: Column) -> Pairs:
        return Pairs(self.entry.name, a, b, self.scaled, self.eps)

    def _selection(self, progress: Progress | None) -> Result:
        # float64 where the terms of a distance may cancel; a certified float32 product elsewhere
        precise = self.entry.name not in ("cosine", "angular", "dot")
        dtype = "float64" if precise or not self._product_fits or self.precision == "float64" else "float32"
        kernel = Kernel(self.entry.name, dtype, self.scaled, self.backend, self.eps)
        gaps = bool(self.b.missing.any())
        parts: list[dict[str, Column]] = []
        for number, a, b in self._batches():
            reducer = self._reducer(kernel, Pairs(self.entry.name, a, b, self.scaled, self.eps), gaps)
            sweep(a, b, kernel, reducer, Plan(*self.shape), progress)
            parts.append(self._listed(number, reducer))
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return self._selected(columns)

    def _reducer(self, kernel: Kernel, pairs: Pairs, gaps: bool) -> TopK | Threshold:
        direction = self.entry.larger_is_closer
        if self.top_k is not None:
            k = min(self.top_k, self.shape[1])
            return TopK(k, kernel, pairs, gaps=gaps, exclude_self=self.exclude_self, larger_is_closer=direction)
        assert self.threshold is not None
        unordered = self.alone and self.exclude_self
        selves = self.exclude_self and not unordered
        return Threshold(
            self.threshold,
            kernel,
            pairs,
            gaps=gaps,
            exclude_self=selves,
            unordered=unordered,
            larger_is_closer=direction,
        )

    def _listed(self, number: int, reducer: TopK | Threshold) -> dict[str, Column]:
        rows, columns, scores = (np.concatenate(part) for part in zip(*reducer.results, strict=True))
        listed = {"batch": np.full(len(rows), number)} if self.batch else {}
        listed["a"] = self.a.ids[rows]
        if self.top_k is not None:
            listed["rank"] = np.arange(len(rows)) - np.searchsorted(rows, rows) + 1
        return {**listed, "b": self.b.ids[columns], "score": scores}

    def _selected(self, columns: dict[str, Column]) -> Result:
        scores, notes = columns["score"], []
        summary: dict[str, Scalar] = dict(zip(("rows", "columns"), self.shape, strict=True))
        if self.top_k is not None:
            most = self.shape[1] - self.exclude_self
            if self.top_k > most:
                notes.append(f"k is {self.top_k}, but a row has at most {most} others: all of them are listed")
            summary["k"] = self.top_k
        else:
            summary["pairs"] = len(scores)
        moments = Moments()
        if len(scores):
            total = fsum(scores.tolist()) if np.isfinite(scores.sum()) else inf  # fsum raises where the sum overflows
            moments = Moments(len(scores), total, float(scores.min()), float(scores.max()))
        return Result("pairwise", {}, {}, {**summary, **moments.summary()}, Columns(columns), notes=tuple(notes))

    @property
    def _dtypes(self) -> tuple[str, str]:
        """Return the dtypes of the matrix and of the arithmetic behind it."""
        wide = any(v.dtype.itemsize > (4 if v.dtype.kind == "f" else 2) for v in (self.a.rows, self.b.rows))
        bounded = self.entry.name in ("cosine", "angular")
        if self.precision == "float64" or (self.precision == "auto" and wide and not bounded):
            return "float64", "float64"
        long = self.precision == "auto" and self.a.rows.shape[-1] > WIDEST_FLOAT32
        product = self.entry.name in ("cosine", "dot") and not long and self._product_fits
        return "float32", "float32" if product else "float64"

    @property
    def _product_fits(self) -> bool:
        """Whether the rows and their products stay in the range of float32."""
        sizes = self.a.largest, self.b.largest, self.a.largest * self.b.largest * self.a.rows.shape[-1]
        return self.entry.name != "dot" or max(sizes) < 1e37

    def _matrix(self, into: Into | None, progress: Progress | None) -> Result:
        n, m = self.shape
        shape, (dtype, arithmetic) = (*self.batch, n, m), self._dtypes
        cells = Cells(self.a.ids, self.b.ids, bool(self.batch), self.exclude_self)
        sink = into(shape, np.dtype(dtype)) if into is not None else None
        array = None if sink is not None else self._allocated(shape, dtype)
        side = max(self.shape)
        corner = np.empty(self.shape if side <= SMALL else (min(n, CORNER), min(m, CORNER)), dtype=dtype)

        def take(start: int, scores: Column) -> None:
            if start < len(corner):
                part = scores[: len(corner) - start, : corner.shape[1]]
                corner[start : start + len(part)] = part
            if sink is not None:
                sink(MatrixPart(start, scores, cells))
            elif array is not None:
                array.reshape(-1, m)[start : start + len(scores)] = scores

        kernel = Kernel(self.entry.name, arithmetic, self.scaled, self.backend, self.eps)
        moments = Moments().merge([self._swept(*item, kernel, dtype, take, progress) for item in self._batches()])
        return Result(
            command="pairwise",
            inputs={},
            parameters={},
            summary={"rows": n, "columns": m, **moments.summary()},
            rows=Columns({}) if array is None else MatrixRows(array.reshape(-1, m), cells),
            array=array,
            grid=None if self.batch else Grid((n, m), self.a.ids[: len(corner)], self.b.ids[: corner.shape[1]], corner),
        )

    def _swept(
        self, number: int, a: Column, b: Column, kernel: Kernel, dtype: str, take: Take, progress: Progress | None
    ) -> Moments:
        n, m = self.shape
        with Full(
            kernel,
            Pairs(self.entry.name, a, b, self.scaled, self.eps),
            m,
            np.dtype(dtype),
            lambda start, scores: take(number * n + start, scores),
            exclude_self=self.exclude_self,
            propagate=self.nonfinite == "propagate",
        ) as reducer:
            sweep(a, b, kernel, reducer, whole_rows(n, m), progress)
            return reducer.moments()

    def _allocated(self, shape: tuple[int, ...], dtype: str) -> Column:
        size, free = prod(shape) * np.dtype(dtype).itemsize, available_memory()
        if size > free // 2:
            raise ResourceError(
                f"the {' x '.join(map(str, shape))} matrix takes {size / 2**30:.1f} GiB, {free / 2**30:.1f} are free",
                f"{self.a.vectors.name}, {self.b.vectors.name}",
                "-o scores.npy writes it as it comes; --top-k or --threshold keep a part",
            )
        return np.empty(shape, dtype=dtype)
