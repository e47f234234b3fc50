"""Means of functions of all pairs of rows: of two sets, and of each with itself, through the tiled sweep."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import fsum, isfinite, nan

import numpy as np

from ...aggregates.closed_forms import TwoSample, mean_row
from ...backend import Array, Backend, quiet
from ...metrics.aligned import needs_scale, row_dots
from ...operations.checks import refuse_overflow
from ...results import Column, begin
from ..budget import budget_of
from ..kernels import Kernel, Tile
from ..plan import Progress, Span
from ..rescoring import Pairs
from ..sweep import sweep
from .base import Reducer

DISTANT = 1e6  # a squared distance this many times its error has a root within 5e-7 of itself
CHUNK = 1 << 18  # numbers that are widened at a time

Function = Callable[[Array], Array]


@dataclass(frozen=True)
class PairSums:
    """Two sets and functions of the scores of their pairs.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        metric: sqeuclidean or dot.
        functions: kernels, functions of arrays of the metric's values.
        backend: where to compute.
        progress: called with the rows that are done and their total, in each of the three sweeps.
    """

    x: Column
    y: Column
    metric: str
    functions: Sequence[Function]
    backend: Backend
    progress: Progress | None

    def estimates(self) -> Iterator[TwoSample]:
        """Yield, for each kernel, the two estimates of its squared discrepancy of the sets."""
        with quiet():
            n, m = len(self.x), len(self.y)
            center = None
            if self.metric == "sqeuclidean":  # between the rows little cancels, and no distance depends on the origin
                center = (mean_row(self.x, None, self.backend) + mean_row(self.y, None, self.backend)) / 2
            cross = self._sums(self.x, self.y, center, alone=False)
            own = [self._sums(rows, rows, center, alone=True) for rows in (self.x, self.y)]
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

    def _sums(self, a: Column, b: Column, center: Column | None, *, alone: bool) -> list[float]:
        """Return the sum of each function over all pairs, of a set with itself over the pairs i < j."""
        scaled = needs_scale(a.dtype) or needs_scale(b.dtype)
        kernel = Kernel(self.metric, "float64", scaled, self.backend, center=center)
        reducer = _Sums(kernel, Pairs(self.metric, a, b, scaled), self.functions, alone)
        begin(self.progress, "pairs within a set" if alone else "pairs of both sets")
        sweep(a, b, kernel, reducer, budget_of(None).plan(len(a), len(b), a.shape[1], 8), self.progress)
        return [fsum(parts) for parts in reducer.totals]

    def _diagonals(self, rows: Column) -> list[float]:
        """Return the sum of each function over the pairs of a row with itself."""
        values = np.zeros(len(rows))
        step = max(1, CHUNK // rows.shape[1])
        for start in range(0, len(rows) if self.metric == "dot" else 0, step):
            wide = rows[start : start + step].astype(np.float64)
            values[start : start + step] = row_dots(wide, wide)
        put = self.backend.put(values)
        return [fsum(self.backend.get(function(put)).tolist()) for function in self.functions]


@dataclass
class _Sums(Reducer):
    """Sums functions of the scores of all pairs; of a set with itself those of the pairs i < j.

    Args:
        kernel: of the tiles.
        pairs: exact scores, where those of the tiles cancel.
        functions: of the scores.
        alone: whether a set is paired with itself.
    """

    kernel: Kernel
    pairs: Pairs
    functions: Sequence[Function]
    alone: bool
    totals: list[list[float]] = field(init=False)

    def __post_init__(self) -> None:
        self.totals = [[] for _ in self.functions]

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether all pairs of a tile have been seen the other way round."""
        return self.alone and corpus_block.stop <= query_block.start + 1

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Sum a tile, each row apart."""
        xp, backend = self.kernel.backend.xp, self.kernel.backend
        wanted = self._wanted(query_block, corpus_block)
        values = tile.proxy if self.kernel.metric == "dot" else self._distances(query_block, corpus_block, tile, wanted)
        for function, parts in zip(self.functions, self.totals, strict=True):
            scores = function(values)
            if wanted is not None:
                scores = xp.where(backend.put(wanted), scores, xp.zeros_like(scores))
            sums = backend.get(xp.sum(scores, axis=1))
            if not np.isfinite(sums).all():
                raise refuse_overflow("A, B")
            parts.append(fsum(sums.tolist()))

    def _wanted(self, query_block: Span, corpus_block: Span) -> Column | None:
        """Return which places of a tile are pairs i < j; None where all count."""
        if not self.alone or corpus_block.start >= query_block.stop:
            return None
        return (
            np.arange(corpus_block.start, corpus_block.stop)[None, :]
            > np.arange(query_block.start, query_block.stop)[:, None]
        )

    def _distances(self, query_block: Span, corpus_block: Span, tile: Tile, wanted: Column | None) -> Array:
        """Return the squared distances of a tile, exact ones where they are so small that the product cancelled."""
        xp, backend = self.kernel.backend.xp, self.kernel.backend
        error = tile.error()
        if not np.isfinite(backend.get(error)).all():
            raise refuse_overflow("A, B")
        squares = xp.clip(-tile.proxy, 0.0, None)
        close = backend.get(squares < DISTANT * error[:, None])
        row, column = np.nonzero(close if wanted is None else close & wanted)
        if len(row):
            exact = self.pairs.score(row + query_block.start, column + corpus_block.start)
            squares[backend.put(row), backend.put(column)] = backend.put(exact)
        return squares
