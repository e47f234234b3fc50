"""What the formulas of the losses are made of, with gradients that stay finite where the textbook's do not."""

from functools import reduce
from math import inf
from operator import add

from ..backend import Array, constant, is_tensor, namespace, tensor_logsumexp
from ..metrics import EPS, are_moderate, magnitude, row_dots

ROUNDING = 8 * 2.0**-52  # share of the magnitudes of its addends up to which a sum is taken for 0
PAST = (1 + ROUNDING) / (1 - ROUNDING)  # y is past x, both at least 0, where y - x is no rounding: y > PAST x


def rounding(x: Array) -> float:
    """Return ROUNDING, or what it is in the narrower dtype of an array."""
    xp = namespace(x)
    return ROUNDING if x.dtype == xp.float64 else 8.0 * float(xp.finfo(x.dtype).eps)


def past(x: Array) -> float:
    """Return PAST, or what it is in the narrower dtype of an array."""
    share = rounding(x)
    return (1 + share) / (1 - share)


def hinge(*addends: Array | float) -> Array:
    """Return max(0, sum of the addends), where a sum that rounding may have made is 0.

    Which items are active shall not hang on the last bit of a score: a sum of at most ROUNDING times the magnitudes
    of its addends is 0. There and below, the gradient is 0 too, so that an item at rest pulls at nothing. NaN stays
    NaN, and infinity infinite.

    Args:
        *addends: arrays that broadcast, or numbers; the first is an array.

    Example:
        >>> import numpy as np
        >>> hinge(np.asarray([0.1, 0.5]), 0.2, -0.3).round(6).tolist()
        [0.0, 0.4]
    """
    total = reduce(add, addends)
    share = rounding(total)
    return active(total, share * reduce(add, (abs(constant(addend)) for addend in addends)))


def active(total: Array, doubt: Array) -> Array:
    """Return the sums that are above their doubt, and 0 for the others: see `hinge`."""
    xp = namespace(total)
    return xp.where((total <= doubt) & (total < xp.inf), 0.0, total)


def softplus(x: Array) -> Array:
    """Return log(1 + exp(x)), for x of any size."""
    xp = namespace(x)
    return xp.logaddexp(x, xp.zeros_like(x))


def logsumexp(x: Array, *, axis: int) -> Array:
    """Return log(sum(exp(x))) along an axis, for finite x of any size."""
    xp = namespace(x)
    peak = xp.max(x, axis=axis, keepdims=True)
    return xp.squeeze(peak, axis=axis) + xp.log(xp.sum(xp.exp(x - peak), axis=axis))


def masked_logsumexp(values: Array, members: Array) -> Array:
    """Return the (r,) log of the sum over the members of each row of exp(value); -inf for a row without any.

    A row of which nothing is a member, and a value that is none, have the gradient 0.
    """
    if is_tensor(values):
        return tensor_logsumexp(values, members)
    xp = namespace(values)
    values = xp.where(members, values, xp.full_like(values, -inf))
    top = xp.max(values, axis=1)
    top = xp.where(xp.isfinite(top), top, xp.zeros_like(top))
    some = xp.any(members, axis=1)
    total = xp.sum(xp.exp(values - top[:, None]), axis=1)
    total = xp.log(xp.where(some, total, xp.ones_like(total))) + top
    return xp.where(some, total, xp.full_like(total, -inf))


def mass(exponents: Array, members: Array) -> Array:
    """Return the (r,) log of the sum over the members of exp(exponent), or `members` itself where it is that sum.

    Args:
        exponents: (r, n).
        members: (r, n) bool; or (r,) the sums, known already.
    """
    return members if members.ndim == 1 else masked_logsumexp(exponents, members)


def joined(x: Array, y: Array) -> Array:
    """Return log(exp(x) + exp(y)), where both may be minus infinity; with gradients that stay finite there too."""
    xp = namespace(x, y)
    none = (x == -inf) & (y == -inf)
    # masked first: the gradient of logaddexp at two infinities is NaN
    both = xp.logaddexp(*(xp.where(none, xp.zeros_like(end), end) for end in (x, y)))
    return xp.where(none, xp.full_like(both, -inf), both)


def running_logsumexp(x: Array) -> Array:
    """Return the (n,) array of log(sum(exp(x[: i + 1]))), in log2(n) passes, each item of the size it has."""
    xp, reach = namespace(x), 1
    while reach < x.shape[0]:
        x = xp.concat((x[:reach], xp.logaddexp(x[reach:], x[:-reach])))
        reach *= 2
    return x


def unit_rows(x: Array, *, eps: float = EPS) -> Array:
    """Return the (n, d) rows divided by max(norm, eps); a row of zeros stays, with no gradient."""
    xp = namespace(x)
    if x.dtype == xp.float32 and are_moderate(squares := row_dots(x, x)):  # nothing to be scaled, no row of zeros
        return x * xp.astype(1 / xp.clip(xp.sqrt(squares), eps, None), x.dtype)[:, None]
    scale = magnitude(x)
    x = x / scale[:, None]
    squares = row_dots(x, x)
    some = squares != 0  # NaN stays in, and stays NaN
    norms = xp.sqrt(xp.where(some, squares, xp.ones_like(squares)))
    divisor = xp.maximum(norms, xp.clip(eps / scale, 0.0, 1e150 if x.dtype == xp.float64 else 1e18))
    divisor = xp.astype(divisor, x.dtype)
    # masked, so that the gradient of a row of zeros is 0
    return xp.where(some[:, None], x / divisor[:, None], xp.zeros_like(x))
