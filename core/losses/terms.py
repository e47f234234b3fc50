"""What the formulas of the losses are made of, with gradients that stay finite where the textbook's do not."""

from ..backend import Array, namespace


def hinge(x: Array) -> Array:
    """Return max(0, x); the gradient at 0 is 0, so that an item at rest pulls at nothing. NaN stays NaN."""
    xp = namespace(x)
    return xp.where(x <= 0, xp.zeros_like(x), x)


def softplus(x: Array) -> Array:
    """Return log(1 + exp(x)), for x of any size."""
    xp = namespace(x)
    return xp.logaddexp(x, xp.zeros_like(x))


def logsumexp(x: Array, *, axis: int) -> Array:
    """Return log(sum(exp(x))) along an axis, for finite x of any size."""
    xp = namespace(x)
    peak = xp.max(x, axis=axis, keepdims=True)
    return xp.squeeze(peak, axis=axis) + xp.log(xp.sum(xp.exp(x - peak), axis=axis))


def running_logsumexp(x: Array) -> Array:
    """Return the (n,) array of log(sum(exp(x[: i + 1]))), in log2(n) passes, each item of the size it has."""
    xp, reach = namespace(x), 1
    while reach < x.shape[0]:
        x = xp.concat((x[:reach], xp.logaddexp(x[reach:], x[:-reach])))
        reach *= 2
    return x
