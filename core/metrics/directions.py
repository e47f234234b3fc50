"""Metrics made of a cosine: its angle, and that of rows less their means, the correlation."""

from dataclasses import dataclass
from math import inf, pi
from typing import ClassVar

import numpy as np

from ..backend import Array, constant, namespace
from ..results import Column
from .bounds import Side
from .metric import Metric, Scales, Sums
from .numerics import TURN, centered
from .precision import Precision
from .products import Cosine


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

    finish_moderate, with_pulls = Metric.finish_moderate, Metric.with_pulls

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
    sums_float32: ClassVar[bool] = False
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

    finish_moderate, with_pulls = Metric.finish_moderate, Metric.with_pulls

    def undirected(self, sums: Sums) -> Array:
        """Return which scores have a vector of equal numbers on a side."""
        return super().undirected(sums[3:])

    def shortened(self, sums: Sums, scales: Scales) -> Array:
        """Return which correlations divide by eps instead of a norm of what is left that is not zero."""
        return super().shortened(sums[3:], scales)

    def _directed(self, rows: Array) -> Array:
        return centered(rows)[1]

    def error(self, x: Side, y: Side, precision: Precision, *, scaled: bool) -> Array:
        """Return (n,) bounds of the error of the products of rows that were centered in float64."""
        return super().error(x, y, precision, scaled=scaled) + (x.rows.shape[1] + 8) * 2.0**-48


angular, correlation = Angular(), Correlation()
