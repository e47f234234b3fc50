"""Means of functions of all pairs of rows: of two sets, and of each with itself, through the tiled sweep."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from math import fsum, isfinite, nan
from typing import Any

import numpy as np

from ..backend import Array, Backend, quiet
from ..checks import refuse_overflow
from ..engine import Kernel, Pairs, PartialResult, Reducer, Span, Tile, occurrences, reduce_pairs, row_hashes
from ..metrics import metric_of, needs_scale, row_dots
from ..results import Column, Progress, begin
from .closed_forms import TwoSample, mean_row

CHUNK = 1 << 18  # numbers that are widened at a time
PIECE = 1 << 15  # scores that a function is taken of at a time, few enough for a core's cache
DISTANT = 1e6  # a squared distance this many times its error has a root within 5e-7 of itself

PairFunction = Callable[[Array], Array]


@dataclass(frozen=True)
class PairSums:
    """Two sets and functions of the scores of their pairs.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        metric: sqeuclidean or dot.
        functions: kernels, functions of arrays of the metric's values.
        progress: called with the rows that are done and their total, in each of the three sweeps.
    """

    x: Column
    y: Column
    metric: str
    functions: Sequence[PairFunction]
    backend: Backend
    progress: Progress | None

    def estimates(self) -> Iterator[TwoSample]:
        """Yield, for each kernel, the two estimates of its squared discrepancy of the sets."""
        with quiet():
            n, m = len(self.x), len(self.y)
            center = None
            if metric_of(
                self.metric
            ).expands_squares:  # between the rows little cancels, and no distance depends on the origin
                center = (mean_row(self.x, None, self.backend) + mean_row(self.y, None, self.backend)) / 2
            cross = self._sums(self.x, self.y, center, self_join=False)
            own = [self._sums(rows, rows, center, self_join=True) for rows in (self.x, self.y)]
            diagonals = [self._diagonals(rows) for rows in (self.x, self.y)]
        for number, sums in enumerate(cross):
            if not all(map(isfinite, (sums, own[0][number], own[1][number]))):
                raise refuse_overflow("A, B")
            between = -2 * sums / n / m
            off = [2 * totals[number] for totals in own]
            every = [(pairs + totals[number]) / k / k for pairs, totals, k in zip(off, diagonals, (n, m), strict=True)]
            others = [pairs / k / (k - 1) if k > 1 else nan for pairs, k in zip(off, (n, m), strict=True)]
            # a squared norm, which rounding may take below 0
            yield TwoSample(max(0.0, fsum([*every, between])), fsum([*others, between]))

    def _sums(self, a: Column, b: Column, center: Column | None, *, self_join: bool) -> list[float]:
        """Return the sum of each function over all pairs, of a set with itself over the pairs i < j."""
        scaled = needs_scale(a.dtype) or needs_scale(b.dtype)
        kernel = Kernel(self.metric, "float64", scaled, self.backend, center=center)
        reducer = FunctionSums(kernel, Pairs(self.metric, a, b, scaled), self.functions, self_join=self_join)
        begin(self.progress, "pairs within a set" if self_join else "pairs of both sets")
        reduce_pairs(a, b, kernel, reducer, progress=self.progress)
        return [fsum(parts) for parts in reducer.totals]

    def _diagonals(self, rows: Column) -> list[float]:
        """Return the sum of each function over the pairs of a row with itself."""
        values = np.zeros(len(rows))
        step = max(1, CHUNK // rows.shape[1])
        for start in range(0, len(rows) if not metric_of(self.metric).expands_squares else 0, step):
            wide = rows[start : start + step].astype(np.float64)
            values[start : start + step] = row_dots(wide, wide)
        put = self.backend.put(values)
        return [fsum(self.backend.get(function(put)).tolist()) for function in self.functions]


@dataclass
class FunctionSums(Reducer):
    """Sums functions of the scores of all pairs, each row apart; of a set with itself those of the pairs i < j.

    Args:
        pairs: exact scores, where those of the tiles cancel.
        self_join: whether a set is paired with itself.
    """

    kernel: Kernel
    pairs: Pairs
    functions: Sequence[PairFunction]
    self_join: bool
    totals: list[list[float]] = field(init=False)

    def __post_init__(self) -> None:
        self.totals = [[] for _ in self.functions]

    def part(self) -> PartialResult:
        """Return what sums query blocks by themselves."""
        if not self.kernel.measure.scores_are_proxies:
            _ = self.codes  # once, and not in every part
        other = copy(self)
        other.totals = [[] for _ in self.functions]
        return PartialResult(other)

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Return the sums of the tiles, which are summed exactly at the end."""
        assert isinstance(part.reducer, FunctionSums)
        return part.reducer.totals

    def restore(self, rows: Span, kept: Any) -> None:
        """Take over the sums of some tiles."""
        for totals, own in zip(self.totals, kept, strict=True):
            totals.extend(own)

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether all pairs of a tile have been seen the other way round."""
        return self.self_join and corpus_block.stop <= query_block.start + 1

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Sum a tile, some rows at a time."""
        proxy, error = tile.proxy, tile.error()
        if not np.isfinite(self.kernel.backend.get(error)).all():
            raise refuse_overflow("A, B")
        step = len(query_block) if self.kernel.backend.is_cuda else max(1, PIECE // len(corpus_block))
        for start in range(0, len(query_block), step):
            part = slice(start, start + step)
            rows = Span(query_block.start + start, min(query_block.start + start + step, query_block.stop))
            self._take(rows, corpus_block, proxy[part], error[part])

    def _take(self, rows: Span, columns: Span, proxy: Array, error: Array) -> None:
        xp, backend = self.kernel.backend.xp, self.kernel.backend
        wanted = None
        if self.self_join and columns.start < rows.stop:
            wanted = np.arange(columns.start, columns.stop)[None, :] > np.arange(rows.start, rows.stop)[:, None]
        are_scores = self.kernel.measure.scores_are_proxies
        values = proxy if are_scores else self._distances(rows, columns, proxy, error, wanted)
        for function, parts in zip(self.functions, self.totals, strict=True):
            scores = function(values)
            if wanted is not None:
                scores = xp.where(backend.put(wanted), scores, xp.zeros_like(scores))
            sums = backend.get(xp.sum(scores, axis=1))
            if not np.isfinite(sums).all():
                raise refuse_overflow("A, B")
            parts.append(fsum(sums.tolist()))

    def _distances(self, rows: Span, columns: Span, proxy: Array, error: Array, wanted: Column | None) -> Array:
        """Return the squared distances of a tile, exact ones where they are so small that the product cancelled."""
        xp, backend = self.kernel.backend.xp, self.kernel.backend
        squares = xp.clip(-proxy, 0.0, None)
        close = backend.get(squares < DISTANT * error[:, None])
        row, column = np.nonzero(close if wanted is None else close & wanted)
        if len(row):
            numbers = row + rows.start, column + columns.start
            exact = np.zeros(len(row))
            apart = np.flatnonzero(self.codes[0][numbers[0]] != self.codes[1][numbers[1]])
            exact[apart] = self.pairs.score(numbers[0][apart], numbers[1][apart])
            squares[backend.put(row), backend.put(column)] = backend.put(exact)
        return squares

    @cached_property
    def codes(self) -> tuple[Column, Column]:
        """Two columns of codes, the same for equal rows of both sides: they are at no distance."""
        return equal_rows(self.pairs.a, self.pairs.b)


def equal_rows(a: Column, b: Column) -> tuple[Column, Column]:
    """Return an integer for each row of a and each of b, the same for equal rows only.

    Example:
        >>> equal_rows(np.asarray([[1.0], [2.0]]), np.asarray([[2.0], [2.0]]))[1].tolist()
        [1, 1]
    """
    first, before = occurrences(np.concatenate([row_hashes(a), row_hashes(b)]))
    repeated = np.flatnonzero(before)
    step = max(1, CHUNK // a.shape[1])
    for start in range(0, len(repeated), step):
        part = repeated[start : start + step]
        differ = (rows_of(a, b, part) != rows_of(a, b, first[part])).any(axis=1)
        first[part[differ]] = part[differ]  # different rows of one hash, which is as good as never
    return first[: len(a)], first[len(a) :]


def rows_of(x: Column, y: Column, numbers: Column) -> Column:
    """Return rows of both sets in float64 by their number, those of y after those of x."""
    rows = np.empty((len(numbers), x.shape[1]))
    of_x = numbers < len(x)
    rows[of_x], rows[~of_x] = x[numbers[of_x]], y[numbers[~of_x] - len(x)]
    return rows
