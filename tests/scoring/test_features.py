"""Losses of the features of two views, against their definitions in numpy and torch's gradients of them."""

import numpy as np
import pytest
import torch

import simtool
from simtool.errors import ParameterError

A = np.random.default_rng(0).normal(size=(12, 4))
B = A + 0.3 * np.random.default_rng(1).normal(size=(12, 4))


def barlow(a, b, weight):
    """The loss of each feature, of torch tensors: Zbontar et al. 2021, equation 1."""
    x, y = ((side - side.mean(0)) / side.std(0, correction=0) for side in (a, b))
    c = x.T @ y / len(a)
    off = c**2 * (1 - torch.eye(4, dtype=c.dtype))
    return (1 - torch.diagonal(c)) ** 2 + weight * off.sum(1)


def test_a_loss_and_its_gradient_are_those_of_the_definition():
    given = []
    found = simtool.loss(A, B, kind="barlow-twins", gradients=lambda _, parts: given.extend(parts))
    leaves = [torch.from_numpy(side.copy()).requires_grad_() for side in (A, B)]
    items = barlow(*leaves, found.parameters["weight"])
    np.testing.assert_allclose(found.array, items.detach().numpy(), rtol=1e-12)
    items.sum().backward()
    for part, leaf in zip(given, leaves, strict=True):
        np.testing.assert_allclose(part, leaf.grad.numpy(), rtol=1e-10, atol=1e-13)


def test_batches_are_averaged_and_the_parts_sum_up():
    found = simtool.loss(A, B, kind="vicreg", batch_size=6)
    halves = [simtool.loss(A[part], B[part], kind="vicreg").summary for part in (slice(0, 6), slice(6, 12))]
    for key in ("invariance", "variance", "covariance", "total"):
        assert found.summary[key] == pytest.approx((halves[0][key] + halves[1][key]) / 2, rel=1e-12)
    assert sum(found.summary[key] for key in ("invariance", "variance", "covariance")) == pytest.approx(
        found.summary["total"], rel=1e-12
    )


def test_a_batch_of_one_row_has_no_variance():
    with pytest.raises(ParameterError, match="a batch of one row has no variance"):
        simtool.loss(A, B, kind="vicreg", batch_size=11)
