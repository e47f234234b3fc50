"""Means of functions of all pairs of rows: of two sets, and of each with itself, through the tiled sweep."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum, isfinite, nan

import numpy as np

from ..backend import Backend, quiet
from ..checks import refuse_overflow
from ..engine import FunctionSums, Kernel, PairFunction, Pairs, reduce_pairs
from ..metrics import metric_of, needs_scale, row_dots
from ..results import Column, Progress, begin
from .closed_forms import TwoSample, mean_row

CHUNK = 1 << 18  # numbers that are widened at a time


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
        reducer = FunctionSums(kernel, Pairs(self.metric, a, b, scaled), self.functions, self_join)
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
