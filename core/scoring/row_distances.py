"""Euclidean distances of all rows with all rows, each as good as one from the differences of its two rows.

|x|^2 + |y|^2 - 2 xy takes one product of matrices, but cancels where two rows are close to each other and far from
the origin. So every row is cut in two: its leading bits, on a grid so wide that their products and the sums of these
are exact, and the rest, which is small. Pairs so close that the rounding of the rest matters are computed again from
their differences. So no hinge, no order and no hardest row is decided by the expansion.
"""

from functools import partial
from math import ceil, log2, sqrt
from typing import NamedTuple

import numpy as np

from ..backend import Array, constant, namespace, recomputed
from ..losses.decided_negatives import DOUBT
from ..metrics import magnitude, row_dots, score_rows
from ..results import Column

BITS = 49  # that are left to a product of two numbers below 2, when four sums of them are to fit 53
PART = 1 << 18  # numbers that are widened at a time
CLOSE = 2.0**-32  # share of the squared lengths up to which a squared distance is that of rows close to each other
MANY = 1 / 64  # share of the pairs of a tile that are close, from which on all are computed as if they were
GATHERED = 1 << 20  # numbers of the rows of close pairs that are held at a time


class Frame(NamedTuple):
    """How rows that are compared with each other are seen.

    Args:
        center: (d,) a point amid them.
        unit: () a power of two: no row is 2 units from the center along any dim.
    """

    center: Array
    unit: Array


class SplitRows(NamedTuple):
    """Rows in two parts.

    Args:
        given: (n, d) float64, as they came.
        rows: (n, d) seen from the center, in the unit.
        high: (n, d) their leading bits.
        low: (n, d) what is left of them.
        high_squares: (n,) the squared norms of the leading bits, exact.
        low_squares: (n,) what the squared norms of the rows have beyond.
        doubt: (n,) the least squared distance, summed over both rows, that the expansion gives to its last bits.
        unit: (n,) that of the frame.
        squares: (n,) the squared norms of the rows as they came.
    """

    given: Array
    rows: Array
    high: Array
    low: Array
    high_squares: Array
    low_squares: Array
    doubt: Array
    unit: Array
    squares: Array

    def part(self, start: int, stop: int) -> "SplitRows":
        """Return the rows `start` to `stop` (exclusive)."""
        return SplitRows(*(each[start:stop] for each in self))


def frame_of(x: Array, y: Array) -> Frame:
    """Return the frame of (n, d) and (m, d) rows.

    Its center lies on a grid about as wide as the rows are spread: whole numbers stay whole, and equal distances equal.
    """
    x, y = constant(x), constant(y)
    xp = namespace(x, y)
    mean = xp.mean(y, axis=0)
    step = magnitude(xp.reshape(y - mean, (-1,)))
    center = xp.round(mean / step) * step if bool(xp.any(y != mean)) else mean
    reach = [xp.max(xp.abs(rows - center)) for rows in (x, y)]
    return Frame(center, magnitude(xp.stack(reach)))


def split(x: Array, frame: Frame) -> SplitRows:
    """Cut (n, d) float64 rows in two; differentiable in torch, where the leading bits are constants."""
    xp, width = namespace(x), x.shape[1]
    grid = 2.0 ** -((BITS - ceil(log2(width))) // 2)
    high = xp.round((constant(x) - frame.center) / (frame.unit * grid)) * grid
    low = (x - (frame.center + high * frame.unit)) / frame.unit
    rows = high + low
    # the products that the rest takes part in are summed with a relative error of (d + 4) 2^-53, and are bounded by
    # 4 |low| (|x| + |y|); that is 2^-51 of a squared distance, the error allowed, from here on
    doubt = (width + 4) * (0.5 * grid * sqrt(width)) * xp.sqrt(row_dots(constant(rows), constant(rows)))
    squares = row_dots(high, high), row_dots(high + rows, low)
    return SplitRows(x, rows, high, low, *squares, doubt, frame.unit * xp.ones_like(doubt), row_dots(x, x))


def distances(x: SplitRows, y: SplitRows, *, squared: bool) -> Array:
    """Return the (n, m) distances of n and m rows that were split in one frame, or their squares."""
    xp = namespace(x.rows, y.rows)
    exact = x.high_squares[:, None] + y.high_squares[None, :] - 2.0 * (x.high @ y.high.T)
    rest = x.low_squares[:, None] + y.low_squares[None, :] - 2.0 * (x.high @ y.low.T + x.low @ y.rows.T)
    squares, unit = exact + rest, x.unit[:, None]
    close = ~(constant(squares) > x.doubt[:, None] + y.doubt[None, :])
    squares = xp.where(close, xp.ones_like(squares), squares)
    found = squares * unit * unit if squared else xp.sqrt(squares) * unit
    rows, columns = xp.nonzero(close)
    count, step = rows.shape[0], max(1, GATHERED // x.rows.shape[1])
    pieces = [slice(start, min(start + step, count)) for start in range(0, count, step)]
    compute = partial(differences, squared=squared)
    again = [recomputed(compute, x.given, y.given, rows[piece], columns[piece]) for piece in pieces]
    if again:
        found[close] = xp.concat(again)
    return found


def quick_distances(x: SplitRows, y: SplitRows, *, squared: bool, products: Column | None = None) -> Column:
    """Return the (n, m) distances of numpy rows that were split in one frame, or their squares, by a single product.

    Summed in any order, |x|^2 + |y|^2 - 2 xy is off by at most (d + 4) 2^-52 (|x|^2 + |y|^2): d 2^-53 of 2 |x| |y| in
    the product, as much in the squares, and four roundings. Where that may be more than DOUBT of the squared distance,
    it is computed from the differences. So every distance is within DOUBT of itself.

    Args:
        x: n rows.
        y: m rows.
        squared: whether their squares are wanted.
        products: (n, m) of the rows as they came, if they are known; of rows seen from amid them less cancels.
    """
    if products is None:
        squares, unit = (-2.0 * x.rows) @ y.rows.T, float(x.unit[0])
        lengths = [side.high_squares + side.low_squares for side in (x, y)]
    else:
        lengths, unit, squares = [x.squares, y.squares], 1.0, -2.0 * products
    share = (x.rows.shape[1] + 4) * 2.0**-52 / DOUBT
    squares += lengths[0][:, None]
    squares += lengths[1]
    close = None
    if not squares.min() > share * (lengths[0].max() + lengths[1].max()):
        close = np.nonzero(~(squares > share * (lengths[0][:, None] + lengths[1])))
        if len(close[0]) > MANY * squares.size:
            return np.asarray(distances(x, y, squared=squared))
        squares[close] = 0.0
    found: Column = squares if squared else np.sqrt(squares, out=squares)
    if unit != 1.0:
        found *= unit * unit if squared else unit
    if close is not None:
        found[close] = differences(x.given, y.given, *close, squared=squared)
    return found


def quick_error(x: SplitRows, y: SplitRows, *, squared: bool) -> float:
    """Return how far `quick_distances` may be off: of roots, at the least distance that is not computed again."""
    seen = [(side.high_squares + side.low_squares).max() * side.unit[0] ** 2 for side in (x, y)]
    lengths = max(sum(seen), x.squares.max() + y.squares.max())
    error = (x.rows.shape[1] + 4) * 2.0**-52 * lengths
    return float(error if squared else sqrt(error * DOUBT) / 2)


def differences_pulled(slopes: Column, found: Column, x: SplitRows, y: SplitRows, *, squared: bool) -> Column:
    """Return what (r, c) derivatives by distances are by the (r, d) rows of x; nothing at distance 0.

    The derivative of |x - y| by x is (x - y) / |x - y|. The differences of all pairs are never made: they are summed as
    those of the sums, but for rows so close to each other that this would cancel.

    Args:
        slopes: by each distance, or its square.
        found: (r, c) these.
        x: numpy rows that were split in one frame with y.
        y: the same.
        squared: whether they are squares.
    """
    pulls = 2.0 * slopes if squared else np.divide(slopes, found, out=np.zeros_like(slopes), where=found > 0)
    least = CLOSE * sum(float((side.high_squares + side.low_squares).max()) for side in (x, y)) * float(x.unit[0]) ** 2
    least = least if squared else sqrt(least)
    if found.min() > least:
        return _differences_summed(pulls, x, y)
    close = np.nonzero(found <= least)
    apart = pulls[close][:, None] * (x.given[close[0]] - y.given[close[1]])
    pulls[close] = 0.0
    pulled = _differences_summed(pulls, x, y)
    np.add.at(pulled, close[0], apart)
    return pulled


def _differences_summed(weights: Column, x: SplitRows, y: SplitRows) -> Column:
    summed: Column = (weights.sum(axis=1)[:, None] * x.rows - weights @ y.rows) * x.unit[:, None]
    return summed


def reach_of(rows: Column, center: Column | float) -> float:
    """Return the largest distance of (n, d) host rows from a point."""
    unit, step = max(float(rows.max()), -float(rows.min())) or 1.0, max(1, PART // rows.shape[1])
    most = 0.0
    for start in range(0, len(rows), step):
        apart = (rows[start : start + step].astype(np.float64) - center) / unit
        most = max(most, float(np.vecdot(apart, apart).max()))
    return unit * sqrt(most)


def differences(x: Array, y: Array, rows: Array, columns: Array, *, squared: bool) -> Array:
    """Return the (k,) distances of listed rows of x and y from their differences, or their squares."""
    xp = namespace(x, y)
    pairs = xp.take(x, rows, axis=0), xp.take(y, columns, axis=0)
    return score_rows("sqeuclidean" if squared else "euclidean", *pairs)
