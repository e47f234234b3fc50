"""Metrics of the differences of two vectors: euclidean, sqeuclidean, manhattan."""

from dataclasses import dataclass
from math import inf
from typing import ClassVar

import numpy as np

from ..backend import Array, Backend, namespace
from ..results import Column
from .bounds import Arithmetic, Side, product_error
from .metric import Metric, Scales, Sums
from .numerics import row_dots


@dataclass(frozen=True)
class SquaredEuclidean(Metric):
    """Squared Euclidean distance of aligned vectors: sum((x - y)^2).

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        dim: the dim along which a vector lies.

    Returns:
        The broadcast shape without `dim`, at least 0.

    Raises:
        ShapeError, DataError: as `cosine`.

    Source:
        The square of the l2 norm of the difference.

    Example:
        >>> import numpy as np
        >>> sqeuclidean(np.asarray([1.0, 2.0]), np.asarray([4.0, 6.0])).item()
        25.0
    """

    name: ClassVar[str] = "sqeuclidean"
    expands_squares: ClassVar[bool] = True
    kink: ClassVar[str] = ""

    def terms(self, x: Array, y: Array) -> Sums:
        """Return the squared distance."""
        return (row_dots(x - y, x - y),)

    def prepare(self, rows: Array, center: Array, *, scaled: bool) -> Array:
        """Return the rows seen from the center."""
        return rows if center is None else rows - center[None, :]

    def tile(self, backend: Backend, x: Side, y: Side, out: Array = None) -> Array:
        """Return the negated squared distances."""
        product = backend.product(x.rows, y.rows, out)
        squares = [backend.xp.astype(side.norms**2, product.dtype) for side in (x, y)]
        return 2.0 * product - squares[0][:, None] - squares[1][None, :]

    def error(self, x: Side, y: Side, arithmetic: Arithmetic, *, scaled: bool) -> Array:
        """Return (n,) bounds of the error of the expanded squares."""
        return 2.02 * product_error(x, y, arithmetic) + 8 * arithmetic.summed * (x.norms + y.longest) ** 2

    def fits_float32(self, a: float, b: float, dims: int) -> bool:
        """Tell whether squares of each side, also around any point between them, stay in its range."""
        return (a + b) * (a + b) * dims < 1e37


@dataclass(frozen=True)
class Euclidean(SquaredEuclidean):
    """Euclidean distance of aligned vectors: sqrt(sum((x - y)^2)), from the differences themselves.

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        dim: the dim along which a vector lies.

    Returns:
        The broadcast shape without `dim`, at least 0; the gradient at distance 0 is 0.

    Raises:
        ShapeError, DataError: as `cosine`.

    Source:
        The l2 norm of the difference.

    Example:
        >>> import numpy as np
        >>> euclidean(np.asarray([512695.0]), np.asarray([512804.0])).item()
        109.0
    """

    name: ClassVar[str] = "euclidean"
    kink: ClassVar[str] = "at distance 0"

    def scales(self, x: Array, y: Array) -> Scales:
        """Return the larger magnitude for both."""
        both = namespace(x, y).maximum(x, y)
        return both, both

    def finish(self, sums: Sums, scales: Scales) -> Array:
        """Return the roots of squared distances."""
        xp, squares = namespace(*sums), sums[0]
        apart = squares != 0  # NaN stays in, and stays NaN
        # the root of a masked 1 instead of 0, whose gradient would be infinite
        root = xp.sqrt(xp.where(apart, squares, xp.ones_like(squares)))
        return xp.where(apart, root, xp.zeros_like(root)) * scales[0]

    def score(self, proxy: Array) -> Array:
        """Return the roots of negated squared distances."""
        return namespace(proxy).sqrt(super().score(proxy))

    def proxy_score(self, scores: Column) -> Column:
        """Return a negated squared distance that every pair at most this far apart has."""
        return np.where(scores < 0, inf, -(scores**2) * (1 + 1e-12))


@dataclass(frozen=True)
class Manhattan(Metric):
    """Manhattan distance of aligned vectors: sum(|x - y|).

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        dim: the dim along which a vector lies.

    Returns:
        The broadcast shape without `dim`, at least 0.

    Raises:
        ShapeError, DataError: as `cosine`.

    Source:
        The l1 norm of the difference.

    Example:
        >>> import numpy as np
        >>> manhattan(np.asarray([1.0, 2.0]), np.asarray([4.0, 6.0])).item()
        7.0
    """

    name: ClassVar[str] = "manhattan"

    def terms(self, x: Array, y: Array) -> Sums:
        """Return the distance."""
        xp = namespace(x, y)
        return (xp.sum(xp.abs(x - y), axis=-1),)

    def norms(self, rows: Array) -> Array:
        """Return the l1 norms."""
        xp = namespace(rows)
        return xp.sum(xp.abs(rows), axis=1)

    def tile(self, backend: Backend, x: Side, y: Side, out: Array = None) -> Array:
        """Return the negated distances."""
        return -backend.manhattan(x.rows, y.rows)


sqeuclidean, euclidean, manhattan = SquaredEuclidean(), Euclidean(), Manhattan()
