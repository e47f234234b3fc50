"""Scores of whole tiles, fast and with a proven error bound.

A kernel prepares each row once and gives a tile of *proxy score*: a number that is larger for closer
rows, whatever the metric. For a distance it is the negated distance, or its negated square. Only the engine
sees it; what leaves the engine is the metric itself.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..backend import Array, Backend
from ..metrics import EPS, Metric, int8, metric_of
from ..metrics.bounds import Side
from ..metrics.precision import INT8, PRECISIONS, Precision
from ..results import Column

__all__ = ["Kernel", "Side", "Tile"]

CHUNK = 1 << 17  # numbers that are widened at a time, few enough to stay in a cache


@dataclass(frozen=True)
class Kernel:
    """How to score a tile of a metric.

    Args:
        metric: a name of the catalogue, or the metric with its parameters.
        dtype: the name of the precision of the products.
        scaled: whether squares of the inputs may leave float64.
        backend: where to compute.
        eps: the least norm that a cosine divides by, where the metric is a name.
        center: (d,) a point to move the origin to, for Euclidean distances: the closer to the rows, the
            tighter the bound.
    """

    knows_scores: ClassVar[bool] = True  # a tile holds proxy scores, and no mere bounds of them

    metric: str | Metric
    dtype: str
    scaled: bool
    backend: Backend
    eps: float = EPS
    center: Column | None = None

    def each(self) -> list["Kernel"]:
        """Return the same kernel on each device that a sweep may use."""
        return [replace(self, backend=backend) for backend in self.backend.each()]

    @cached_property
    def measure(self) -> Metric:
        """The metric itself."""
        return metric_of(self.metric, eps=self.eps)

    @property
    def precision(self) -> Precision:
        """The number format of the products."""
        return PRECISIONS[self.dtype]

    @property
    def products(self) -> str:
        """The number format of the products, and the library that makes them, in words."""
        return f"{self.dtype}, {'numkong' if self.precision is INT8 else self.backend.name}"

    def width(self, dims: int) -> int:
        """Return how many numbers a row of this many dims is prepared as."""
        return dims

    @property
    def relative(self) -> float:
        """The part of the error that is proportional to the proxy score itself."""
        return self.precision.relative

    def prepare(self, rows: Any) -> Side:
        """Return the prepared form of (n, d) host rows, widened a few rows at a time."""
        xp = self.backend.xp
        # a GPU has no such cache, and every call costs it
        step = max(1, len(rows) if self.backend.is_cuda else CHUNK // rows.shape[1])
        parts = [self._prepared(rows[start : start + step]) for start in range(0, len(rows), step)]
        columns = zip(*parts, strict=True)
        stored, norms, lost, steps = (None if part[0] is None else xp.concat(part) for part in columns)
        return Side(stored, norms, lost, float(xp.max(norms)), float(xp.max(lost)), steps)

    def _prepared(self, rows: Any) -> tuple[Array, Array, Array, Array]:
        xp, steps = self.backend.xp, None
        x, norms = self._laid_out(self.backend.put(rows, xp.float64))
        # a row of NaN must not take the bound of the others with it
        norms = xp.where(xp.isnan(norms), xp.zeros_like(norms), norms)
        if self.precision is INT8:
            stored, steps = int8.quantized(x)
            rest = x - stored * steps.astype(np.float64)[:, None]
        else:
            stored = xp.astype(x, getattr(xp, self.dtype))
            if self.precision.stored is not None:
                return stored, norms, self.precision.stored * norms, None
            rest = x - xp.astype(stored, xp.float64)
        lost = xp.sqrt(xp.vecdot(rest, rest))
        return stored, norms, xp.where(xp.isnan(lost), xp.zeros_like(lost), lost), steps

    def _laid_out(self, rows: Array) -> tuple[Array, Array]:
        """Return (n, d) float64 rows as tiles take them, and their norms."""
        center = None if self.center is None else self.backend.put(self.center)
        x = self.measure.prepare(rows, center, scaled=self.scaled)
        return x, self.measure.norms(x)

    def tile(self, x: Side, y: Side, out: Array = None) -> Array:
        """Return (n, m) proxy scores.

        Args:
            x: n prepared rows.
            y: m prepared rows.
            out: an (n, m) array of the dtype that may be overwritten.
        """
        return self.measure.tile(self.backend, x, y, out)

    def error(self, x: Side, y: Side) -> Array:
        """Return (n,) bounds of the error of each row of x against all of y, but for the relative part."""
        return self.measure.error(x, y, self.precision, scaled=self.scaled)

    def at_least(self, proxy: Array, error: Array) -> Array:
        """Return float64 lower bounds of the exact proxy score of (n, w) approximate ones."""
        xp = self.backend.xp
        proxy = xp.astype(proxy, xp.float64)
        # not near - |near| relative, which would be NaN at -inf
        return proxy * xp.where(proxy >= 0, 1 - self.relative, 1 + self.relative) - error[:, None]

    def proxy_threshold(self, exact: Column, error: Column) -> Column:
        """Return the least approximate proxy score of any pair whose exact one is `exact` or more."""
        target = exact - error
        return np.where(target >= 0, target / (1 + self.relative), target / (1 - self.relative))

    def scores(self, proxy: Array) -> Array:
        """Return the metric of a tile of proxy scores."""
        return self.measure.score(proxy)

    def proxy_score(self, scores: Column) -> Column:
        """Return a proxy score that every pair at least as close as the score has, for an array of float64 scores."""
        return self.measure.proxy_score(scores)


@dataclass(frozen=True)
class Tile:
    """A scored tile and the rows behind it.

    Args:
        kernel: that scored it.
        x: n prepared rows.
        y: m prepared rows.
        scored: (n, m) proxy score, or None where it is only scored if it is asked for.
    """

    kernel: Kernel
    x: Side
    y: Side
    scored: Array = None

    @cached_property
    def proxy(self) -> Array:
        """The (n, m) proxy score."""
        return self.kernel.tile(self.x, self.y) if self.scored is None else self.scored

    def error(self, *, by_column: bool = False) -> Array:
        """Return (n,) bounds of the error of each row, or (m,) of each column, but for the relative part."""
        return self.kernel.error(self.y, self.x) if by_column else self.kernel.error(self.x, self.y)
