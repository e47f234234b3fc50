"""Prepared rows of a tile, and how far the products of them may be off.

A row x is stored as x' = x + dx, so

    |x.y - x'.y'|  <=  |dx| |y| + |x'| |dy|

and a dot product of length d in arithmetic with unit roundoff u is off, in any order of summation, by at most
(Higham 2002, section 3.1)

    d u / (1 - d u)  sum |x'_i y'_i|  <=  about d u |x'| |y'|

plus what underflow can take from each factor and each product. A bfloat16 product is summed in float32 and rounded once
more at the end, by at most 2^-8 of itself; that part is kept apart, as `relative`. A product of integers of eight bits
is summed without error, then turned into a float32 number and multiplied by both steps.
"""

from typing import NamedTuple

from ..backend import Array
from .precision import Precision


class Side(NamedTuple):
    """Prepared rows of one side of a tile.

    Args:
        rows: (n, d) in the kernel's dtype.
        norms: (n,) the norm of each row, of the kind that the bound needs; 0 for a row of NaN.
        lost: (n,) at least the norm of what storing it in the dtype took.
        longest: the largest of the norms.
        most_lost: the largest of what was lost.
        steps: (n,) what the integers of each row are multiples of; None where rows are no integers.
    """

    rows: Array
    norms: Array
    lost: Array
    longest: float
    most_lost: float
    steps: Array = None

    def part(self, rows: slice) -> "Side":
        """Return some of the rows, with the same largest norms."""
        steps = None if self.steps is None else self.steps[rows]
        return self._replace(rows=self.rows[rows], norms=self.norms[rows], lost=self.lost[rows], steps=steps)


def sum_error(x: Side, precision: Precision) -> float:
    """Return what summing the terms of a row may add, as a share of the sum of their magnitudes."""
    return float((x.rows.shape[1] + 8) * precision.summed)


def product_error(x: Side, y: Side, precision: Precision) -> Array:
    """Return (n,) bounds of the error of the products of each row of x with all of y."""
    least, stored = precision.least, x.norms + x.lost
    error = x.lost * y.longest + stored * y.most_lost + sum_error(x, precision) * stored * (y.longest + y.most_lost)
    return 1.01 * error + x.rows.shape[1] * least * (1.0 + x.norms + y.longest)
