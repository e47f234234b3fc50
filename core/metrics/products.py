"""Metrics whose tiles are products of matrices: cosine, dot."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..backend import Array, Backend, namespace, widened_dots
from ..results import Column
from . import float32_rows, int8
from .bounds import Side, product_error
from .metric import Metric, Scales, Sums, aligned, check_eps
from .numerics import EPS, are_moderate, dots_and_squares, magnitude, row_dots
from .precision import Precision

CLIPPED = 1e-70  # of a cosine, what a row far shorter than eps may gain where its divisor is kept in range


@dataclass(frozen=True)
class Product(Metric):
    """A metric whose proxy score is the dot product of prepared rows."""

    is_product: ClassVar[bool] = True
    is_made_of_dots: ClassVar[bool] = True
    sums_float32: ClassVar[bool] = True
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

    def float32_sums(self, x: Column, y: Column) -> Sums:
        """Return the dot product."""
        return (float32_rows.dots(x, y),)

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
        return dots_and_squares(x, y)

    def float32_sums(self, x: Column, y: Column) -> Sums:
        """Return the dot product and the squared norms."""
        return float32_rows.dots(x, y), float32_rows.dots(x, x), float32_rows.dots(y, y)

    def finish(self, sums: Sums, scales: Scales) -> Array:
        """Return the cosines of dot products and squared norms."""
        xp = namespace(*sums)
        dots, xx, yy = sums
        one = xp.ones_like(dots)
        some = (xx != 0) & (yy != 0)  # NaN stays in, and stays NaN
        # one root of the product, not a product of roots: equal rows give exactly 1
        least = self._least_squares(scales)
        xx, yy = (xp.maximum(xp.where(some, square, one), low) for square, low in zip((xx, yy), least, strict=True))
        cosines = xp.where(some, dots, xp.zeros_like(dots)) / xp.sqrt(xx * yy)
        return xp.clip(cosines, -1.0, 1.0)

    def finish_moderate(self, sums: Sums) -> Array:
        """Return the cosines, in fewer steps: no vector is zero."""
        xp, least = namespace(*sums), self.eps**2
        dots, xx, yy = sums
        cosines = dots / xp.sqrt(xp.clip(xx, least, None) * xp.clip(yy, least, None))
        return xp.clip(cosines, -1.0, 1.0)

    def with_pulls(self, x: Array, y: Array) -> tuple[Column, Column] | None:
        """Return the cosines s, and the scales of rows in y / |x||y| - s x / |x|^2 and in the same of y."""
        dots, least = widened_dots(x.numpy(), y.numpy()), self.eps**2
        squares = dots[1:]
        if not are_moderate(squares):
            return None
        kept = np.maximum(squares, least)
        lengths = np.sqrt(kept[:1] * kept[1:])
        cosines = np.minimum(np.maximum(dots[0] / lengths[0], -1.0), 1.0)
        return cosines, np.concatenate([1.0 / lengths, np.where(squares < least, 0.0, -cosines / squares)])

    def shortened(self, sums: Sums, scales: Scales) -> Array:
        """Return which cosines divide by eps instead of a norm that is not zero."""
        (_, xx, yy), least = sums, self._least_squares(scales)
        return ((xx < least[0]) | (yy < least[1])) & (xx != 0) & (yy != 0)

    def _least_squares(self, scales: Scales) -> list[Array]:
        """Return the least squared norm of the scaled vectors of each side."""
        xp = namespace(*scales)
        return [xp.clip(self.eps / xp.astype(scale, xp.float64), 0.0, 1e75) ** 2 for scale in scales]

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


dot, cosine = Dot(), Cosine()
