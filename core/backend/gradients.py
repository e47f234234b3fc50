"""Gradients of torch: of what they are taken, what they pass over, and steps that have gradients of their own."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .backend import Array
from .interchange import namespace


class Pull(NamedTuple):
    """How a loss of aligned rows x and y moves with them.

    Args:
        sides: the numbers of x and y among all inputs.
        scales: (1, n) how much of x - y is in the gradient by x, and of y - x in that by y; or (3, n) how much of the
            other row is in each, of x in that by x, and of y in that by y.
    """

    sides: tuple[int, int]
    scales: NDArray[np.float32]


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


def tensor_partner_loss(logits: Array, partners: Array) -> Array:
    """Return the (r,) log(1 + the sum over all but the partner of exp(logit - the partner's)) of (r, m) logits."""
    from .torch_functions import PartnerLoss

    found, *_ = PartnerLoss.apply(logits, partners)  # type: ignore[no-untyped-call]
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


def host_rows(tensors: Sequence[Array]) -> list[Array] | None:
    """Return float32 tensors of which numpy sees the memory, without their gradients.

    None if one is anything else: of another dtype or device, or what torch.func or torch.compile looks at.
    """
    import torch

    if torch.compiler.is_compiling() or any(x.dtype != torch.float32 or not x.is_cpu for x in tensors):
        return None
    rows = [x.detach() for x in tensors]
    try:
        for each in rows:
            each.numpy()
    except RuntimeError:
        return None
    return rows


def computed(value: Any, pulls: Sequence[Pull], again: Callable[..., Array], sides: Sequence[Array]) -> Array:
    """Return a loss of float32 tensors that numpy computed as a float32 tensor with gradients.

    Args:
        value: the loss, or (n,) losses.
        pulls: what the gradients are made of.
        again: the sides -> the same by operations of torch, for gradients that are derived again.
        sides: (n, d) each.
    """
    from .torch_functions import Computed

    found: Array = Computed.apply(value, pulls, again, *sides)  # type: ignore[no-untyped-call]
    return found


def derivatives(total: Array, leaves: Sequence[Array]) -> list[Array]:
    """Return the derivative of a torch number by each array; 0 for one that it was not made of."""
    import torch

    return list(torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True))
