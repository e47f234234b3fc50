"""Scores of whole tiles, fast and with a proven error bound.

A kernel prepares each row once and gives a tile of *proxy score*: a number that is larger for closer
rows, whatever the metric. For a distance it is the negated distance, or its negated square. Only the engine
sees it; what leaves the engine is the metric itself.

The bound. A row x is stored as x' = x + dx, so

    |x.y - x'.y'|  <=  |dx| |y| + |x'| |dy|

and a dot product of length d in arithmetic with unit roundoff u is off, in any order of summation, by at most
(Higham 2002, section 3.1)

    d u / (1 - d u)  sum |x'_i y'_i|  <=  about d u |x'| |y'|

plus what underflow can take from each factor and each product. A bfloat16 product is summed in float32 and rounded once
more at the end, by at most 2^-8 of itself; that part is kept apart, as `relative`.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, pi
from typing import Any, NamedTuple

import numpy as np

from ..backend import Array, Backend
from ..metrics.aligned import EPS, magnitude
from ..results import Column
from .precision import PRECISIONS, Precision

CLIPPED = 1e-70  # of a cosine, what a row far shorter than eps may gain where its divisor is kept in range
CHUNK = 1 << 17  # numbers that are widened at a time, few enough to stay in a cache


class Side(NamedTuple):
    """Prepared rows of one side of a tile.

    Args:
        rows: (n, d) in the kernel's dtype.
        norms: (n,) the norm of each row, of the kind that the bound needs; 0 for a row of NaN.
        lost: (n,) at least the norm of what storing it in the dtype took.
        longest: the largest of the norms.
        most_lost: the largest of what was lost.
    """

    rows: Array
    norms: Array
    lost: Array
    longest: float
    most_lost: float


@dataclass(frozen=True)
class Kernel:
    """How to score a tile of a metric.

    Args:
        metric: a name of the catalogue.
        dtype: the name of the precision of the products.
        scaled: whether squares of the inputs may leave float64.
        backend: where to compute.
        eps: the least norm that a cosine divides by.
        center: (d,) a point to move the origin to, for Euclidean distances: the closer to the rows, the
            tighter the bound.
    """

    metric: str
    dtype: str
    scaled: bool
    backend: Backend
    eps: float = EPS
    center: Column | None = None

    def each(self) -> list["Kernel"]:
        """Return the same kernel on each device that a sweep may use."""
        return [replace(self, backend=backend) for backend in self.backend.each()]

    @property
    def precision(self) -> Precision:
        """The number format of the products."""
        return PRECISIONS[self.dtype]

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
        stored, norms, lost = parts[0] if len(parts) == 1 else (xp.concat(part) for part in zip(*parts, strict=True))
        return Side(stored, norms, lost, float(xp.max(norms)), float(xp.max(lost)))

    def _prepared(self, rows: Any) -> tuple[Array, Array, Array]:
        xp = self.backend.xp
        x = self._wide(rows)
        stored = xp.astype(x, getattr(xp, self.dtype))
        norms = xp.sum(xp.abs(x), axis=1) if self.metric == "manhattan" else xp.sqrt(xp.vecdot(x, x))
        # a row of NaN must not take the bound of the others with it
        norms = xp.where(xp.isnan(norms), xp.zeros_like(norms), norms)
        if self.precision.stored is not None:
            return stored, norms, self.precision.stored * norms
        rest = x - xp.astype(stored, xp.float64)
        lost = xp.sqrt(xp.vecdot(rest, rest))
        return stored, norms, xp.where(xp.isnan(lost), xp.zeros_like(lost), lost)

    def _wide(self, rows: Any) -> Array:
        """Return rows in float64 as the product takes them: of unit length, around the center, or as they are."""
        xp = self.backend.xp
        x = self.backend.put(rows, xp.float64)
        if self.metric in ("cosine", "angular"):
            scale = xp.ones_like(x[:, 0])
            if self.scaled:
                scale = magnitude(x)
                x = x / scale[:, None]
            divisor = xp.maximum(xp.sqrt(xp.vecdot(x, x)), xp.clip(self.eps / scale, 0.0, 1e150))
            return x / xp.where(divisor > 0, divisor, xp.ones_like(divisor))[:, None]
        return x if self.center is None else x - self.backend.put(self.center)[None, :]

    def tile(self, x: Side, y: Side, out: Array = None) -> Array:
        """Return (n, m) proxy score.

        Args:
            x: n prepared rows.
            y: m prepared rows.
            out: an (n, m) array of the dtype that may be overwritten.
        """
        xp = self.backend.xp
        if self.metric == "manhattan":
            return -self.backend.manhattan(x.rows, y.rows)
        product = self.backend.product(x.rows, y.rows, out)
        if self.metric in ("cosine", "angular", "dot"):
            return product
        squares = [xp.astype(side.norms**2, product.dtype) for side in (x, y)]
        return 2.0 * product - squares[0][:, None] - squares[1][None, :]

    def error(self, x: Side, y: Side) -> Array:
        """Return (n,) bounds of the error of each row of x against all of y, but for the relative part."""
        length = x.norms + y.longest
        if self.metric == "manhattan":
            return self._summed(x) * length
        if self.metric in ("cosine", "angular"):
            return self._product_error(x, y) + (CLIPPED if self.scaled else 0.0)
        if self.metric == "dot":
            return self._product_error(x, y)
        return 2.02 * self._product_error(x, y) + 8 * self.precision.summed * length**2

    def _summed(self, x: Side) -> float:
        return float((x.rows.shape[1] + 8) * self.precision.summed)

    def _product_error(self, x: Side, y: Side) -> Array:
        least, stored = self.precision.least, x.norms + x.lost
        error = x.lost * y.longest + stored * y.most_lost + self._summed(x) * stored * (y.longest + y.most_lost)
        return 1.01 * error + x.rows.shape[1] * least * (1.0 + x.norms + y.longest)

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
        """Return the metric of a tile of proxy score."""
        xp = self.backend.xp
        if self.metric == "cosine":
            return xp.clip(proxy, -1.0, 1.0)
        if self.metric == "angular":
            return xp.acos(xp.clip(proxy, -1.0, 1.0)) / pi
        if self.metric == "dot":
            return proxy
        if self.metric == "euclidean":
            return xp.sqrt(xp.clip(-proxy, 0.0, None))
        return xp.clip(-proxy, 0.0, None)

    def proxy_score(self, scores: Column) -> Column:
        """Return a proxy score that every pair at least as close as the score has, for an array of float64 scores."""
        if self.metric in ("cosine", "dot"):
            return scores
        if self.metric == "angular":
            proxy = np.cos(pi * np.minimum(scores, 1.0)) - 1e-12
        else:
            proxy = -(scores**2 if self.metric == "euclidean" else scores) * (1 + 1e-12)
        return np.where(scores < 0, inf, proxy)


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
