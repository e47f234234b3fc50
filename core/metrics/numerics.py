"""What the metrics are computed with: scales, dot products of the same bits everywhere, integers that are rounded."""

from typing import Any

from ..backend import Array, constant, is_tensor, namespace, tensor_dots

EPS = 1e-8
MODERATE = 1e30  # of a sum of squares, as is 1 over it: far from the ends of float32
WHOLE = 8192  # numbers of a dot product; OpenBLAS divides longer ones among its threads
HELD = 2**53  # a float64 holds every integer up to here
TURN = 16 * 2.0**-52  # a cosine as near to 1 or -1 is that of aligned vectors, up to rounding: an angle below 1e-7


def magnitude(x: Array) -> Array:
    """Return the power of two at or below the largest magnitude along the last axis.

    Dividing by a power of two is exact, so scaled sums round as unscaled ones do; but squares of
    1e200 no longer overflow, nor do those of 1e-200 vanish. A row of zeros has the least magnitude, so that
    it hides no other where two are merged.
    """
    xp = namespace(x)
    largest = xp.max(xp.abs(constant(x)), axis=-1)  # a step function: no gradient goes through it
    some = xp.isfinite(largest) & (largest > 0)
    exponent = xp.floor(xp.log2(xp.where(some, largest, xp.ones_like(largest))))
    most = 1000.0 if x.dtype == xp.float64 else 120.0
    exponent = xp.where(largest == 0, xp.full_like(exponent, -most), exponent)
    return 2.0 ** xp.clip(exponent, -most, most)


def are_moderate(*squares: Array) -> bool:
    """Tell whether sums of squares are so far from 0 and from the end of float32 that no square left its range."""
    xp = namespace(*squares)
    every = xp.stack([constant(each) for each in squares]) if len(squares) > 1 else constant(squares[0])
    return 0 in every.shape or (float(xp.min(every)) > 1 / MODERATE and float(xp.max(every)) < MODERATE)


def row_dots(x: Array, y: Array) -> Array:
    """Return the dot products of aligned rows, the same bits for any number of threads; float64 for float32 too."""
    xp, width = namespace(x, y), x.shape[-1]
    if x.dtype == xp.float32:  # products are rounded, and their sum is not
        return xp.sum(x * y, axis=-1, dtype=xp.float64)
    if width <= WHOLE:
        return xp.vecdot(x, y)
    pieces = [slice(start, min(start + WHOLE, width)) for start in range(0, width, WHOLE)]
    parts = [xp.vecdot(x[..., piece], y[..., piece]) for piece in pieces]
    return xp.sum(xp.stack(parts), axis=0)


def dots_and_squares(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return the dot products xy, xx and yy of aligned rows, as `row_dots` gives them."""
    if is_tensor(x) and x.dtype == namespace(x).float32:
        return tensor_dots(x, y)
    return row_dots(x, y), row_dots(x, x), row_dots(y, y)


def centered(x: Array) -> tuple[Array, Array]:
    """Return the means along the last axis of float64 vectors, and the vectors less their means.

    First the first number is taken away: equal numbers leave exact zeros, and a large mean does not cancel.
    """
    xp = namespace(x)
    first = x[..., :1]
    rest = x - first
    mean = xp.mean(rest, axis=-1, keepdims=True)
    rest = rest - mean
    last = xp.mean(rest, axis=-1, keepdims=True)  # what rounding the mean has left
    return (first + mean + last)[..., 0], rest - last


def needs_scale(dtype: Any) -> bool:
    """Tell whether squares of this numpy dtype may leave the range of float64."""
    return bool(dtype.kind == "f" and dtype.itemsize >= 8)


def is_rounded(x: Array) -> Array:
    """Return which integers float64 does not hold: those whose set bits span more than 53 places."""
    xp = namespace(x)
    if x.dtype == xp.uint64 and hasattr(x, "detach"):  # torch compares no uint64
        x = x.detach().cpu().numpy()
        xp = namespace(x)
    rounded = xp.zeros(x.shape, dtype=xp.bool)
    if x.dtype not in (xp.int64, xp.uint64):
        return rounded
    large = (x > HELD) | (x < -HELD) if x.dtype == xp.int64 else x > HELD
    if any_of(large):
        numbers = x[large]
        rounded[large] = xp.abs(numbers // (numbers & -numbers)) > HELD
    return rounded


def any_of(mask: Array) -> bool:
    """Tell whether any place of a mask is set."""
    return bool(namespace(mask).any(mask))
