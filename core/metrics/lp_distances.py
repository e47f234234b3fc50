"""Distances of the p-norms of a difference, each with tiles of its own: manhattan, chebyshev, minkowski."""

from dataclasses import dataclass, replace
from math import inf
from typing import ClassVar

from ..backend import Array, Backend, constant, namespace
from ..errors import ParameterError
from .bounds import Side
from .metric import Metric, Scales, Sums, aligned


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


@dataclass(frozen=True)
class Chebyshev(Metric):
    """Chebyshev distance of aligned vectors: max(|x - y|).

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        dim: the dim along which a vector lies.

    Returns:
        The broadcast shape without `dim`, at least 0.

    Raises:
        ShapeError, DataError: as `cosine`.

    Source:
        The maximum norm of the difference, as `scipy.spatial.distance.chebyshev`.

    Example:
        >>> import numpy as np
        >>> chebyshev(np.asarray([1.0, 2.0]), np.asarray([4.0, 6.0])).item()
        4.0
    """

    name: ClassVar[str] = "chebyshev"

    def terms(self, x: Array, y: Array) -> Sums:
        """Return the largest difference."""
        xp = namespace(x, y)
        return (xp.max(xp.abs(x - y), axis=-1),)

    def merge(self, total: Sums, part: Sums) -> Sums:
        """Return the larger one."""
        return (namespace(*total, *part).maximum(total[0], part[0]),)

    def norms(self, rows: Array) -> Array:
        """Return the largest magnitudes."""
        xp = namespace(rows)
        return xp.max(xp.abs(rows), axis=1)


@dataclass(frozen=True)
class Minkowski(Metric):
    """Minkowski distance of aligned vectors: sum(|x - y|^p)^(1/p), powers being taken of shares of the largest.

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        dim: the dim along which a vector lies.
        p: a finite number, p >= 1: 1 is the Manhattan distance, 2 the Euclidean one.

    Returns:
        The broadcast shape without `dim`, at least 0; the gradient at distance 0 is 0.

    Raises:
        ShapeError, DataError: as `cosine`.
        ParameterError: p is below 1, or not finite.

    Source:
        The p-norm of the difference, as `scipy.spatial.distance.minkowski`.

    Example:
        >>> import numpy as np
        >>> round(minkowski(np.asarray([1.0, 2.0]), np.asarray([4.0, 6.0]), p=3).item(), 6)
        4.497941
    """

    name: ClassVar[str] = "minkowski"

    p: float = 2.0

    def __post_init__(self) -> None:
        """Refuse a p of which there is no distance."""
        if not 1 <= self.p < inf:
            hint = "chebyshev is the metric of an infinite p" if self.p == inf else ""
            raise ParameterError(f"p is {self.p:g}, expected a finite number of at least 1", "«parameters»", hint)

    def __call__(self, x: Array, y: Array, *, dim: int = -1, p: float = 2.0) -> Array:
        """Return the metric of aligned vectors."""
        return aligned(replace(self, p=p), x, y, dim)

    def terms(self, x: Array, y: Array) -> Sums:
        """Return the largest difference, and the sum of the powers of all as shares of it."""
        xp = namespace(x, y)
        differences = xp.abs(x - y)
        # a power of 1e-200 vanishes and one of 1e200 overflows, but no share of the largest is above 1
        largest = constant(xp.max(differences, axis=-1))
        shares = differences / xp.where(largest == 0, xp.ones_like(largest), largest)[..., None]
        return largest, xp.sum(shares**self.p, axis=-1)

    def merge(self, total: Sums, part: Sums) -> Sums:
        """Return the sums as shares of the larger of both."""
        xp = namespace(*total, *part)
        largest = xp.maximum(total[0], part[0])
        whole = xp.where(largest == 0, xp.ones_like(largest), largest)
        return largest, sum((sums * (most / whole) ** self.p for most, sums in (total, part)), xp.zeros_like(largest))

    def finish(self, sums: Sums, scales: Scales) -> Array:
        """Return the roots of the sums."""
        largest, powers = sums
        xp = namespace(largest, powers)
        root = xp.where(largest == 0, xp.ones_like(powers), powers) ** (1 / self.p)
        return largest * root

    def norms(self, rows: Array) -> Array:
        """Return the p-norms."""
        return self._of_pairs(rows, namespace(rows).zeros_like(rows))


manhattan, chebyshev, minkowski = Manhattan(), Chebyshev(), Minkowski()
