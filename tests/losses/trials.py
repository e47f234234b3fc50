"""What the tests of the losses share: gradients, and the same call in every array library."""

import numpy as np
import torch


def gradients(function, *values):
    """The gradients of the sum of a function by each of its float64 arguments."""
    leaves = [torch.tensor(np.asarray(value, dtype=np.float64), requires_grad=True) for value in values]
    total = function(*leaves).sum()
    return [found.numpy() for found in torch.autograd.grad(total, leaves)]


def central(function, *values):
    """Whether the gradients of a function are its central differences."""
    leaves = [torch.tensor(np.asarray(value, dtype=np.float64), requires_grad=True) for value in values]
    return torch.autograd.gradcheck(function, leaves)


def items(function, xp, *arrays, **options):
    """What a function gives in an array library, as numpy's floats, and that it is of that library."""
    found = function(*(xp.array(array) for array in arrays), **options)
    assert type(found) is type(xp.array([0.0]))
    return np.asarray(found)
