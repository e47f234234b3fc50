"""Metrics whose tiles are products of matrices: cosine, angular, dot, correlation."""

from dataclasses import dataclass, replace
from math import inf, pi
from typing import ClassVar

import numpy as np

from ..backend import Array, Backend, constant, namespace
from ..results import Column
from . import int8
from .bounds import Side, product_error
from .metric import Metric, Scales, Sums, aligned, check_eps
from .numerics import EPS, TURN, centered, magnitude, row_dots
from .precision import Precision

CLIPPED = 1e-70  # of a cosine, what a row far shorter than eps may gain where its divisor is kept in range


@dataclass(frozen=True)
class Product(Metric):
    """A metric whose proxy score is the dot product of prepared rows."""

    is_product: ClassVar[bool] = True
    is_made_of_dots: ClassVar[bool] = True
    takes_differences: ClassVar[bool] = False
    scores_are_proxies: ClassVar[bool] = True
    kink: ClassVar[str] = ""

    def tile(self, backend: Backend, x: Side, y: Side, out: Array = None) -> Array:
        """Return the (n, m) products."""
        return int8.products(x, y, out) if x.steps is not None else backend.product(x.rows, y.rows, out)

    def error(self, x: Side, y: Side, precision: Precision, *, scaled: bool) -> Array:
        """Return (n,) bounds of the error of the products."""
        return product_error(x, y, precision)

    def score(self, proxy: Array) -> Array:
        """Return the products."""
        return proxy

    def proxy_score(self, scores: Column) -> Column:
        """Return the products."""
        return scores


@dataclass(frozen=True)
class Dot(Product):
    """Dot product of aligned vectors: sum(x * y).

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        dim: the dim along which a vector lies.

    Returns:
        The broadcast shape without `dim`, unbounded.

    Raises:
        ShapeError, DataError: as `cosine`.

    Source:
        The inner product of the reals.

    Example:
        >>> import numpy as np
        >>> dot(np.asarray([1.0, 2.0]), np.asarray([3.0, 4.0])).item()
        11.0
    """

    name: ClassVar[str] = "dot"
    end: ClassVar[float | None] = None

    def terms(self, x: Array, y: Array) -> Sums:
        """Return the dot product."""
        return (row_dots(x, y),)

    def fits_float32(self, a: float, b: float, dims: int) -> bool:
        """Tell whether the rows and their products stay in its range."""
        return max(a, b, a * b * dims) < 1e37


@dataclass(frozen=True)
class Cosine(Product):
    """Cosine of the angle between aligned vectors.

    With |x| the Euclidean norm::

        s = sum( x / max(|x|, eps) * y / max(|y|, eps) )

    Args:
        x: real numbers of any shape and dtype; widened to float64 before the sums.
        y: the same namespace, any shape that broadcasts with x.
        dim: the dim of the broadcast shape along which a vector lies.
        eps: eps >= 0, the least norm to divide by.

    Returns:
        The broadcast shape without `dim`, in [-1, 1]; float32 for float32 and half precision, else
        float64. A zero vector scores 0, and its gradient is 0.

    Raises:
        ShapeError: the shapes do not broadcast, or the dim is out of range.
        DataError: not real numbers.
        ParameterError: eps is negative.

    Source:
        The formula of `torch.nn.functional.cosine_similarity`, with the norms taken after broadcasting.

    Example:
        >>> import numpy as np
        >>> cosine(np.asarray([1.0, 2.0, 3.0]), np.asarray([4.0, 5.0, 6.0])).round(9).item()
        0.974631846
    """

    name: ClassVar[str] = "cosine"
    has_unit_rows: ClassVar[bool] = True
    end: ClassVar[float | None] = 1.0
    zero_score: ClassVar[float | None] = 0.0

    eps: float = EPS

    def __call__(self, x: Array, y: Array, *, dim: int = -1, eps: float = EPS) -> Array:
        """Return the metric of aligned vectors."""
        check_eps(eps)
        return aligned(replace(self, eps=eps), x, y, dim)

    def scales(self, x: Array, y: Array) -> Scales:
        """Return the magnitudes of each side: no cosine depends on the lengths."""
        return x, y

    def terms(self, x: Array, y: Array) -> Sums:
        """Return the dot product and the squared norms."""
        return row_dots(x, y), row_dots(x, x), row_dots(y, y)

    def finish(self, sums: Sums, scales: Scales) -> Array:
        """Return the cosines of dot products and squared norms."""
        xp = namespace(*sums)
        dots, xx, yy = sums
        one = xp.ones_like(dots)
        some = (xx != 0) & (yy != 0)  # NaN stays in, and stays NaN
        # one root of the product, not a product of roots: equal rows give exactly 1
        squares = [
            xp.maximum(xp.where(some, square, one), xp.clip(self.eps / scale, 0.0, 1e75) ** 2)
            for square, scale in ((xx, scales[0]), (yy, scales[1]))
        ]
        cosines = xp.where(some, dots, xp.zeros_like(dots)) / xp.sqrt(squares[0] * squares[1])
        return xp.clip(cosines, -1.0, 1.0)

    def prepare(self, rows: Array, center: Array, *, scaled: bool) -> Array:
        """Return the rows at unit length."""
        xp = namespace(rows)
        scale = xp.ones_like(rows[:, 0])
        if scaled:
            scale = magnitude(rows)
            rows = rows / scale[:, None]
        rows = self._directed(rows)
        divisor = xp.maximum(xp.sqrt(xp.vecdot(rows, rows)), xp.clip(self.eps / scale, 0.0, 1e150))
        return rows / xp.where(divisor > 0, divisor, xp.ones_like(divisor))[:, None]

    def _directed(self, rows: Array) -> Array:
        """Return what lies in the direction of each row."""
        return rows

    def error(self, x: Side, y: Side, precision: Precision, *, scaled: bool) -> Array:
        """Return (n,) bounds of the error of the products of unit rows."""
        return product_error(x, y, precision) + (CLIPPED if scaled else 0.0)

    def fits_float32(self, a: float, b: float, dims: int) -> bool:
        """Tell that rows of unit length do."""
        return True

    def score(self, proxy: Array) -> Array:
        """Return the cosines, which rounding may have taken out of their range."""
        return namespace(proxy).clip(proxy, -1.0, 1.0)


@dataclass(frozen=True)
class Angular(Cosine):
    """Angle between aligned vectors, as a share of a half turn: arccos(cosine) / pi.

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        dim: the dim along which a vector lies.
        eps: eps >= 0, the least norm to divide by in the cosine.

    Returns:
        The broadcast shape without `dim`, in [0, 1]; 0.5 for a zero vector. There, and where the vectors have the
        same or opposite directions, there is no derivative, and the gradient is 0.

    Raises:
        ShapeError, DataError, ParameterError: as `cosine`.

    Source:
        Cer et al. 2018, "Universal Sentence Encoder", equation 1.

    Example:
        >>> import numpy as np
        >>> angular(np.asarray([1.0, 0.0]), np.asarray([0.0, 2.0])).item()
        0.5
    """

    name: ClassVar[str] = "angular"
    scores_are_proxies: ClassVar[bool] = False
    end: ClassVar[float | None] = 0.0
    zero_score: ClassVar[float | None] = 0.5
    kink: ClassVar[str] = "of the same or opposite direction"

    def finish(self, sums: Sums, scales: Scales) -> Array:
        """Return the angles of dot products and squared norms."""
        cosines = super().finish(sums, scales)
        xp = namespace(cosines)
        ends = abs(cosines) >= 1.0 - TURN
        # the cosine's own derivative is 0 there and that of its arc infinite: their product would be NaN
        turned = xp.acos(xp.where(ends, xp.zeros_like(cosines), cosines))
        return xp.where(ends, xp.acos(constant(cosines)), turned) / pi

    def score(self, proxy: Array) -> Array:
        """Return the angles of cosines."""
        return namespace(proxy).acos(super().score(proxy)) / pi

    def proxy_score(self, scores: Column) -> Column:
        """Return a cosine that every pair with at most this angle has."""
        return np.where(scores < 0, inf, np.cos(pi * np.minimum(scores, 1.0)) - 1e-12)

    def has_no_slope(self, scores: Array) -> Array:
        """Return which angles are those of the same or opposite directions."""
        return abs(namespace(scores).cos(pi * scores)) >= 1.0 - TURN


@dataclass(frozen=True)
class Correlation(Cosine):
    """Pearson correlation of the numbers of aligned vectors: the cosine of the vectors less their own means.

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        dim: the dim along which a vector lies.
        eps: eps >= 0, the least norm of a centered vector to divide by.

    Returns:
        The broadcast shape without `dim`, in [-1, 1]; 0 for a vector of equal numbers.

    Raises:
        ShapeError, DataError, ParameterError: as `cosine`.

    Source:
        Pearson 1895; 1 less `scipy.spatial.distance.correlation`.

    Example:
        >>> import numpy as np
        >>> correlation(np.asarray([1.0, 2.0, 4.0]), np.asarray([30.0, 20.0, 10.0])).round(6).item()
        -0.981981
    """

    name: ClassVar[str] = "correlation"
    is_made_of_dots: ClassVar[bool] = False
    takes_differences: ClassVar[bool] = True
    without_direction: ClassVar[str] = "constant"

    def terms(self, x: Array, y: Array) -> Sums:
        """Return the count, the means, and the products of what is left without them."""
        (mean_x, x), (mean_y, y) = centered(x), centered(y)
        dots, xx, yy = super().terms(x, y)
        return x.shape[-1] + 0.0 * dots, mean_x + 0.0 * dots, mean_y + 0.0 * dots, dots, xx, yy

    def merge(self, total: Sums, part: Sums) -> Sums:
        """Return the moments of both pieces (Chan, Golub, LeVeque 1983, equation 2.1)."""
        count = total[0] + part[0]
        share = part[0] / count
        x, y = part[1] - total[1], part[2] - total[2]
        weight = total[0] * share
        moments = [(total[3] + part[3], x * y), (total[4] + part[4], x * x), (total[5] + part[5], y * y)]
        return (
            count,
            total[1] + x * share,
            total[2] + y * share,
            *(moment + weight * between for moment, between in moments),
        )

    def finish(self, sums: Sums, scales: Scales) -> Array:
        """Return the cosines of the centered vectors."""
        return super().finish(sums[3:], scales)

    def undirected(self, sums: Sums) -> Array:
        """Return which scores have a vector of equal numbers on a side."""
        return super().undirected(sums[3:])

    def _directed(self, rows: Array) -> Array:
        return centered(rows)[1]

    def error(self, x: Side, y: Side, precision: Precision, *, scaled: bool) -> Array:
        """Return (n,) bounds of the error of the products of rows that were centered in float64."""
        return super().error(x, y, precision, scaled=scaled) + (x.rows.shape[1] + 8) * 2.0**-48


dot, cosine, angular, correlation = Dot(), Cosine(), Angular(), Correlation()
