"""Metrics of the squares of the differences of two vectors: euclidean, sqeuclidean, snr."""

from dataclasses import dataclass, replace
from math import inf
from typing import ClassVar

import numpy as np

from ..backend import Array, Backend, namespace
from ..errors import ParameterError
from ..results import Column
from . import float32_rows
from .bounds import Side, product_error, sum_error
from .metric import Metric, Scales, Sums, aligned
from .numerics import EPS, are_moderate, centered, row_dots
from .precision import Precision


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
    sums_float32: ClassVar[bool] = True
    kink: ClassVar[str] = ""

    def terms(self, x: Array, y: Array) -> Sums:
        """Return the squared distance."""
        xp, apart = namespace(x, y), x - y
        if apart.dtype == xp.float32:  # nothing cancels among squares
            return (xp.astype(xp.sum(apart * apart, axis=-1), xp.float64),)
        return (row_dots(apart, apart),)

    def float32_sums(self, x: Column, y: Column) -> Sums:
        """Return the squared distance."""
        return (float32_rows.squared_distances(x, y),)

    def with_pulls(self, x: Array, y: Array) -> tuple[Column, Column] | None:
        """Return the squared distances, and the scales of differences in their gradients."""
        squares: Column = self.terms(x, y)[0].numpy()
        return (squares, np.full((1, len(squares)), 2.0)) if are_moderate(squares) else None

    def prepare(self, rows: Array, center: Array, *, scaled: bool) -> Array:
        """Return the rows seen from the center."""
        return rows if center is None else rows - center[None, :]

    def tile(self, backend: Backend, x: Side, y: Side, out: Array = None) -> Array:
        """Return the negated squared distances."""
        product = backend.product(x.rows, y.rows, out)
        squares = [backend.xp.astype(side.norms**2, product.dtype) for side in (x, y)]
        # in place: fresh memory of a whole tile takes longer than the product
        product *= 2.0
        product -= squares[0][:, None]
        product -= squares[1][None, :]
        return product

    def error(self, x: Side, y: Side, precision: Precision, *, scaled: bool) -> Array:
        """Return (n,) bounds of the error of the expanded squares."""
        return 2.02 * product_error(x, y, precision) + 8 * precision.summed * (x.norms + y.longest) ** 2

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

    def finish_moderate(self, sums: Sums) -> Array:
        """Return the roots of squared distances, none of which is 0."""
        return namespace(*sums).sqrt(sums[0])

    def with_pulls(self, x: Array, y: Array) -> tuple[Column, Column] | None:
        """Return the distances, and the scales of differences in their gradients."""
        if (found := super().with_pulls(x, y)) is None:
            return None
        distances = np.sqrt(found[0])
        return distances, 1.0 / distances[None]

    def score(self, proxy: Array) -> Array:
        """Return the roots of negated squared distances."""
        return namespace(proxy).sqrt(super().score(proxy))

    def proxy_score(self, scores: Column) -> Column:
        """Return a negated squared distance that every pair at most this far apart has."""
        return np.where(scores < 0, inf, -(scores**2) * (1 + 1e-12))


@dataclass(frozen=True)
class SignalToNoise(Metric):
    """Signal-to-noise distance of aligned vectors: var(x - y) / max(var(x), eps), x being the anchor.

    It is not symmetric: the noise is measured by the variance of the numbers of x.

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        dim: the dim along which a vector lies.
        eps: eps > 0, the least variance to divide by.

    Returns:
        The broadcast shape without `dim`, at least 0; 0 where y is x and the same number added everywhere.

    Raises:
        ShapeError, DataError: as `cosine`.
        ParameterError: eps is not above 0.

    Source:
        Yuan et al. 2019, "Signal-to-Noise Ratio: A Robust Distance Metric for Deep Metric Learning", equation 6.

    Example:
        >>> import numpy as np
        >>> snr(np.asarray([1.0, 3.0]), np.asarray([1.0, 7.0])).item()
        4.0
    """

    name: ClassVar[str] = "snr"
    kink: ClassVar[str] = ""

    eps: float = EPS

    def __post_init__(self) -> None:
        """Refuse an eps that would leave a division by 0."""
        if not self.eps > 0:
            raise ParameterError(f"eps is {self.eps}, and snr divides by it where a vector is constant", "«eps»")

    def __call__(self, x: Array, y: Array, *, dim: int = -1, eps: float = EPS) -> Array:
        """Return the metric of aligned vectors."""
        return aligned(replace(self, eps=eps), x, y, dim)

    def terms(self, x: Array, y: Array) -> Sums:
        """Return the count, the mean and squares of the signal, and those of the noise."""
        (mean_x, x), (mean_y, y) = centered(x), centered(y)
        noise, signal = row_dots(x - y, x - y), row_dots(x, x)
        return x.shape[-1] + 0.0 * noise, mean_x + 0.0 * noise, signal + 0.0 * noise, mean_x - mean_y, noise

    def merge(self, total: Sums, part: Sums) -> Sums:
        """Return the moments of both pieces (Chan, Golub, LeVeque 1983, equation 2.1)."""
        count = total[0] + part[0]
        share = part[0] / count
        signal, noise = part[1] - total[1], part[3] - total[3]
        weight = total[0] * share
        squares = (total[2] + part[2] + weight * signal**2, total[4] + part[4] + weight * noise**2)
        return count, total[1] + signal * share, squares[0], total[3] + noise * share, squares[1]

    def finish(self, sums: Sums, scales: Scales) -> Array:
        """Return the noise as a share of the signal."""
        count, _, signal, _, noise = sums
        return noise / namespace(signal).clip(signal, self.eps * count, None)

    def prepare(self, rows: Array, center: Array, *, scaled: bool) -> Array:
        """Return the rows less their means."""
        return centered(rows)[1]

    def error(self, x: Side, y: Side, precision: Precision, *, scaled: bool) -> Array:
        """Return (n,) bounds of the error of the scores with each row of x as the anchor."""
        xp, width = namespace(x.rows), x.rows.shape[1]
        noise = sum_error(x, precision) * (x.norms + y.longest) ** 2
        return 8 * noise / xp.clip(x.norms**2, self.eps * width, None)


sqeuclidean, euclidean, snr = SquaredEuclidean(), Euclidean(), SignalToNoise()
