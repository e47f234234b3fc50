"""Exact scores of chosen pairs, in float64 on the host, the same bits wherever the pair was found."""

import logging
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..backend import quiet
from ..metrics import EPS, Metric, float32_rows, magnitude, metric_of, row_dots
from ..results import Column
from .threads import overlapped, processors
from .workspace import Scratch

_log = logging.getLogger(__name__)
CHUNK = 1 << 19  # numbers of each side that are gathered and widened at a time, few enough for a cache
SHARE = 1 / 256  # of all pairs, that are expected to be scored
RUN = 16  # pairs of one row of A from which on it pays to take them together


@dataclass(frozen=True)
class Pairs:
    """Scores pairs of rows of two host arrays.

    Args:
        metric: a name of the catalogue, or the metric with its parameters.
        a: (n, d) rows as they were read.
        b: (m, d) rows as they were read.
        scaled: whether squares of the inputs may leave float64.
        eps: the least norm that a cosine divides by, where the metric is a name.
    """

    metric: str | Metric
    a: Column
    b: Column
    scaled: bool
    eps: float = EPS
    workers: int = field(default_factory=processors)
    scratch: Scratch = field(default_factory=Scratch)

    def score(self, rows: Column, columns: Column) -> Column:
        """Return the float64 scores of the pairs (rows[i], columns[i])."""
        _log.debug("%s pairs survived the bound of the scan and were scored in float64", len(rows))
        if self._normed and len(rows):
            _ = self.squares  # computed here once, before several workers ask for them
        step = max(1, CHUNK // self.a.shape[1])
        parts = [(rows[start : start + step], columns[start : start + step]) for start in range(0, len(rows), step)]
        scores = list(overlapped(self._score, parts, self.workers))
        return np.concatenate(scores) if scores else np.empty(0)

    @cached_property
    def measure(self) -> Metric:
        """The metric itself."""
        return metric_of(self.metric, eps=self.eps)

    @property
    def _normed(self) -> bool:
        """Whether a score needs the squared norms of its rows, which many pairs share."""
        return self.measure.is_made_of_dots and self.measure.has_unit_rows and not self.scaled

    @cached_property
    def _float32(self) -> bool:
        """Whether rows are compared as they were read; a function of their shapes and dtypes alone."""
        numbers = int(SHARE * len(self.a) * len(self.b)) * self.a.shape[1]
        summed = not self.scaled and (self._normed or self.measure.sums_float32)
        return summed and float32_rows.are_summed(numbers, self.a.dtype, self.b.dtype)

    @cached_property
    def squares(self) -> tuple[Column, Column]:
        """The squared norms of all rows of both sides."""
        a = self._squares(self.a)
        return a, a if self.b is self.a else self._squares(self.b)

    def _squares(self, rows: Column) -> Column:
        """Return the squared norms, summed as the dot products are: the cosine of equal rows is 1."""
        squares = np.empty(len(rows))
        step = max(1, CHUNK // rows.shape[1])
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            if self._float32:
                squares[start : start + step] = float32_rows.dots(part, part)
            else:
                wide = part.astype(np.float64)
                squares[start : start + step] = row_dots(wide, wide)
        return squares

    def _score(self, part: tuple[Column, Column]) -> Column:
        if self._float32:
            return self._of_float32(part)
        runs = np.flatnonzero(np.diff(part[0], prepend=-1))
        if self._normed and len(part[0]) >= RUN * len(runs):
            return self._of_runs(part, runs)
        with quiet():
            x, y = (
                self.scratch.gathered(side, rows, numbers)
                for side, rows, numbers in zip((0, 1), (self.a, self.b), part, strict=True)
            )
            scales = (np.ones(len(x)), np.ones(len(x)))
            if self._normed:
                sums = (row_dots(x, y), self.squares[0][part[0]], self.squares[1][part[1]])
                return self.measure.finish(sums, scales)  # type: ignore[no-any-return]
            if self.scaled:
                scales = self.measure.scales(magnitude(x), magnitude(y))
                x, y = x / scales[0][:, None], y / scales[1][:, None]
            return self.measure.finish(self.measure.terms(x, y), scales)  # type: ignore[no-any-return]

    def _of_float32(self, part: tuple[Column, Column]) -> Column:
        """Return the scores of pairs whose rows are not widened."""
        with quiet():
            x, y = (self.scratch.taken(*side) for side in zip((0, 1), (self.a, self.b), part, strict=True))
            if self._normed:
                sums = (float32_rows.dots(x, y), self.squares[0][part[0]], self.squares[1][part[1]])
            else:
                sums = self.measure.float32_sums(x, y)
            one = np.ones(len(x))
            return self.measure.finish(sums, (one, one))  # type: ignore[no-any-return]

    def _of_runs(self, part: tuple[Column, Column], runs: Column) -> Column:
        """Return the scores of pairs, many of one row of A: it is widened once for those from each of `runs` on."""
        rows, columns = part
        with quiet():
            x, y = self.scratch.gathered(0, self.a, rows[runs]), self.scratch.gathered(1, self.b, columns)
            ends = [*runs[1:].tolist(), len(rows)]
            dots = [row_dots(x[i : i + 1], y[s:e]) for i, (s, e) in enumerate(zip(runs.tolist(), ends, strict=True))]
            sums = (np.concatenate(dots), self.squares[0][rows], self.squares[1][columns])
            one = np.ones(len(rows))
            return self.measure.finish(sums, (one, one))  # type: ignore[no-any-return]
