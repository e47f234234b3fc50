"""Scores of whole tiles, fast and with a proven error bound.

A kernel prepares each row once and gives a tile of *nearness*: a number that is larger for closer
rows, whatever the metric. For a distance it is the negated distance, or its negated square. Only the engine
sees it; what leaves the engine is the metric itself.

The bound is the standard one for a dot product of length d in arithmetic with unit roundoff u, in any order
of summation (Higham 2002, section 3.1)::

    |fl(x.y) - x.y|  <=  d u / (1 - d u)  sum |x_i y_i|  <=  about d u |x| |y|

plus 2 u |x| |y| for factors that were rounded themselves, plus what underflow can take from each product and
from each factor.
"""

from dataclasses import dataclass
from math import cos, inf, pi
from typing import Any, NamedTuple

from ..backend import Array, Backend
from ..metrics import EPS, magnitude

CHUNK = 1 << 20  # numbers that are widened at a time
ROUNDOFF = {"float32": 2.0**-24, "float64": 2.0**-53}
UNDERFLOW = {"float32": 2.0**-126, "float64": 2.0**-1022}


class Side(NamedTuple):
    """Prepared rows of one side of a tile.

    Args:
        rows: (n, d) in the kernel's dtype.
        norms: (n,) at least the norm of each row, of the kind that the bound needs.
    """

    rows: Array
    norms: Array


@dataclass(frozen=True)
class Kernel:
    """How to score a tile of a metric.

    Args:
        metric: a name of the catalogue.
        dtype: `float32` or `float64`, of the products.
        scaled: whether squares of the inputs may leave float64.
        backend: where to compute.
        eps: the least norm that a cosine divides by.
    """

    metric: str
    dtype: str
    scaled: bool
    backend: Backend
    eps: float = EPS

    def prepare(self, rows: Any) -> Side:
        """Return the prepared form of (n, d) host rows, widened a few rows at a time."""
        xp = self.backend.xp
        step = max(1, CHUNK // rows.shape[1])
        parts = [self._prepared(rows[start : start + step]) for start in range(0, len(rows), step)]
        if len(parts) == 1:
            return parts[0]
        return Side(xp.concat([part.rows for part in parts]), xp.concat([part.norms for part in parts]))

    def _prepared(self, rows: Any) -> Side:
        xp = self.backend.xp
        x = self.backend.put(rows, xp.float64)
        narrow = getattr(xp, self.dtype)
        if self.metric not in ("cosine", "angular"):
            norms = xp.sum(xp.abs(x), axis=1) if self.metric == "manhattan" else xp.sqrt(xp.vecdot(x, x))
            # a row of NaN must not take the bound of the others with it
            return Side(xp.astype(x, narrow), xp.where(xp.isnan(norms), xp.zeros_like(norms), norms))
        scale = magnitude(x) if self.scaled else xp.ones_like(x[:, 0])
        x = x / scale[:, None]
        norms = xp.sqrt(xp.vecdot(x, x))
        divisor = xp.maximum(norms, xp.clip(self.eps / scale, 0.0, 1e150))
        unit = x / xp.where(divisor > 0, divisor, xp.ones_like(divisor))[:, None]
        return Side(xp.astype(unit, narrow), xp.ones_like(norms))

    def tile(self, x: Side, y: Side) -> tuple[Array, Array]:
        """Return (n, m) nearness and (n,) bounds of its error."""
        xp, d = self.backend.xp, x.rows.shape[1]
        length = x.norms + xp.max(y.norms)
        if self.metric == "manhattan":
            return -self.backend.manhattan(x.rows, y.rows), self._bound(d, length, length)
        product = x.rows @ y.rows.T
        if self.metric in ("cosine", "angular", "dot"):
            return product, self._bound(d, x.norms * xp.max(y.norms), length)
        near = 2.0 * product - (x.norms**2)[:, None] - (y.norms**2)[None, :]
        return near, self._bound(d, length**2, length)

    def _bound(self, d: int, size: Array, length: Array) -> Array:
        u, least = ROUNDOFF[self.dtype], UNDERFLOW[self.dtype]
        return 1.01 * (d + 8) * u * size + d * least * (1.0 + length)

    def scores(self, near: Array) -> Array:
        """Return the metric of a tile of nearness."""
        xp = self.backend.xp
        if self.metric == "cosine":
            return xp.clip(near, -1.0, 1.0)
        if self.metric == "angular":
            return xp.acos(xp.clip(near, -1.0, 1.0)) / pi
        if self.metric == "dot":
            return near
        if self.metric == "euclidean":
            return xp.sqrt(xp.clip(-near, 0.0, None))
        return xp.clip(-near, 0.0, None)

    def nearness(self, score: float) -> float:
        """Return a nearness that every pair at least as close as `score` reaches, but for the tile's error."""
        if self.metric in ("cosine", "dot"):
            return score
        if score < 0:
            return inf
        if self.metric == "angular":
            return cos(pi * min(score, 1.0)) - 1e-12
        return -(score * score if self.metric == "euclidean" else score) * (1 + 1e-12)
