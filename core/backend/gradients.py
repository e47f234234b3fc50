"""Gradients of torch: of what they are taken, what they pass over, and what is computed once more for them."""

from collections.abc import Callable, Sequence

from .backend import Array


def constant(array: Array) -> Array:
    """Return an array as one that no gradient goes through."""
    return array.detach() if hasattr(array, "detach") else array


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
