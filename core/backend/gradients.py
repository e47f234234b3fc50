"""Gradients of torch: of what they are taken, what they pass over, and steps that have gradients of their own."""

from collections.abc import Callable, Sequence
from typing import Literal

from .backend import Array
from .interchange import namespace


def constant(array: Array) -> Array:
    """Return an array as one that no gradient goes through."""
    return array.detach() if is_tensor(array) else array


def is_tensor(array: object) -> bool:
    """Tell whether an array is torch's."""
    return hasattr(array, "detach")


def tensor_dots(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return the (n,) float64 dot products xy, xx and yy of aligned float32 tensors."""
    from .torch_functions import RowDots

    xy, xx, yy = RowDots.apply(x, y)  # type: ignore[no-untyped-call]
    return xy, xx, yy


def tensor_logsumexp(values: Array, members: Array) -> Array:
    """Return the (r,) log of the sum over the members of each row of exp(value); -inf, with gradient 0, without any."""
    from .torch_functions import MaskedLogSumExp

    found, *_ = MaskedLogSumExp.apply(values, members)  # type: ignore[no-untyped-call]
    return found


def places_in_rows(ascending: Array, values: Array, *, side: Literal["left", "right"]) -> Array:
    """Return where each (r, p) value belongs in its row of (r, n) ascending numbers; no gradient goes through it."""
    if is_tensor(ascending):
        import torch

        return torch.searchsorted(ascending.detach(), values.detach(), side=side)
    xp = namespace(ascending)
    rows = zip(xp.unstack(ascending), xp.unstack(values), strict=True)
    return xp.stack([xp.searchsorted(row, wanted, side=side) for row, wanted in rows])


def recomputed(function: Callable[..., Array], *arrays: Array) -> Array:
    """Return `function(*arrays)`; torch keeps nothing on the way for the gradient, but computes it once more."""
    if not any(getattr(array, "requires_grad", False) for array in arrays):
        return function(*arrays)
    from torch.utils.checkpoint import checkpoint

    return checkpoint(function, *arrays, use_reentrant=False)


def derivatives(total: Array, leaves: Sequence[Array]) -> list[Array]:
    """Return the derivative of a torch number by each array; 0 for one that it was not made of."""
    import torch

    return list(torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True))
