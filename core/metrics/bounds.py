"""Prepared rows of a tile, and how far the products of them may be off.

A row x is stored as x' = x + dx, so

    |x.y - x'.y'|  <=  |dx| |y| + |x'| |dy|

and a dot product of length d in arithmetic with unit roundoff u is off, in any order of summation, by at most
(Higham 2002, section 3.1)

    d u / (1 - d u)  sum |x'_i y'_i|  <=  about d u |x'| |y'|

plus what underflow can take from each factor and each product. A bfloat16 product is summed in float32 and rounded once
more at the end, by at most 2^-8 of itself; that part is kept apart, as `relative`.
"""

from typing import NamedTuple

from ..backend import Array


class Arithmetic(NamedTuple):
    """What a dtype does to numbers.

    Args:
        stored: unit roundoff of the dtype, or 0 where the loss is measured row by row.
        summed: unit roundoff of the sums, with what the order and the exact scores themselves may add.
        relative: what rounding the result takes at most, as a share of it.
        least: the smallest normal number.
    """

    stored: float
    summed: float
    relative: float
    least: float


ARITHMETIC = {
    "bfloat16": Arithmetic(0.0, 2 * 2.0**-24, 1.01 * 2.0**-8, 2.0**-126),
    "float32": Arithmetic(2.0**-24, 1.01 * 2.0**-24, 0.0, 2.0**-126),
    "float64": Arithmetic(2.0**-53, 4 * 2.0**-53, 0.0, 2.0**-1022),
}


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


def sum_error(x: Side, arithmetic: Arithmetic) -> float:
    """Return what summing the terms of a row may add, as a share of the sum of their magnitudes."""
    return float((x.rows.shape[1] + 8) * arithmetic.summed)


def product_error(x: Side, y: Side, arithmetic: Arithmetic) -> Array:
    """Return (n,) bounds of the error of the products of each row of x with all of y."""
    least, stored = arithmetic.least, x.norms + x.lost
    error = x.lost * y.longest + stored * y.most_lost + sum_error(x, arithmetic) * stored * (y.longest + y.most_lost)
    return 1.01 * error + x.rows.shape[1] * least * (1.0 + x.norms + y.longest)
