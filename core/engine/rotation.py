"""A prefix of rotated dims, and why a product of prefixes bounds the product of whole rows.

Let V be (d, p) with V'V = I + E, |E| <= e. Write x = Va + x2 with x2 at right angles to V, and z = V'x. With those of y
named b, y2 and w, x.y = a'(I + E)b + x2.y2 <= z.w + 2e |z| |w| + |x2| |y2|, where |x2|^2 <= |x|^2 - |z|^2 + 2e |z|^2.
By Cauchy and Schwarz ab + cd <= sqrt(a^2 + c^2) sqrt(b^2 + d^2), so all of it is in

    x.y  <=  z.w + r(x) r(y)      with      r(x)^2 = max(0, |x|^2 - |z|^2) + SLACK |x|^2

as long as SLACK is more than 4e and what rounding takes. In float64, with u = 2 (d + 8) sqrt(p) 2^-53, z is off by at
most u |x|, which adds 2.1u |x| |y| to the product and 2.1u |x|^2 to the rest; a squared norm is off by at most
(d + 8) 2^-52 |x|^2. `is_exact` holds e and u to 2^-36; SLACK is 2^-30, with room for the rounding of the exact scores.

So rows that are replaced by (z, r) keep their norms, have products that are never below those of the rows, and
distances that are never above: one product of p + 1 dims bounds every metric that is made of products.
"""

from dataclasses import dataclass

import numpy as np

from ..backend import Array, namespace
from ..results import Column

SLACK = 2.0**-30
EXACT = 2.0**-36  # what V may be off, and what rounding may take


@dataclass(frozen=True)
class Rotation:
    """The leading directions of rows.

    Args:
        directions: (d, p) float64 with columns of length 1 at right angles to each other.
    """

    directions: Column

    @property
    def prefix(self) -> int:
        """How many dims are left."""
        return int(self.directions.shape[1])

    @property
    def is_exact(self) -> bool:
        """Whether the proof holds for these directions."""
        d, p = self.directions.shape
        off = float(np.linalg.norm(self.directions.T @ self.directions - np.eye(p)))
        return off <= EXACT and 2 * (d + 8) * p**0.5 * 2.0**-53 <= EXACT

    def cut(self, rows: Array, directions: Array) -> Array:
        """Return (n, p + 1): the prefix of (n, d) float64 rows, and at least the length of what is cut off.

        Args:
            rows: (n, d) float64; a row of NaN stays one.
            directions: those of this rotation, where the rows are.
        """
        xp = namespace(rows)
        prefix = rows @ directions
        squares = xp.vecdot(rows, rows)
        rest = xp.clip(squares - xp.vecdot(prefix, prefix), 0.0, None) + SLACK * squares
        return xp.concat([prefix, xp.sqrt(rest)[:, None]], axis=1)


def leading(*sides: Column) -> Column:
    """Return (d, d) float64 orthogonal directions, first that along which the (n, d) rows of all sides are longest."""
    moments = np.sum([side.T @ side / len(side) for side in sides], axis=0, dtype=np.float64)
    directions: Column = np.linalg.eigh(moments)[1][:, ::-1]
    return directions


def effective_dims(rows: Column) -> float:
    """Return in how many dims (n, d) rows lie, judged by their products: d for random rows, 1 for rows of one line."""
    products = rows @ rows.T
    lengths = np.diagonal(products).copy()
    np.fill_diagonal(products, 0.0)
    others = float(np.vdot(products, products)) / max(1, len(rows) * (len(rows) - 1))
    return float(lengths.mean() ** 2 / others) if others else float(rows.shape[1])
