"""Gradients of torch against those that autograd gives by itself."""

import numpy as np
import pytest
import torch

from simtool.backend import constant, derivatives, places_in_rows, recomputed


def cubed(x):
    return x**3


def test_a_constant_has_no_gradient_and_an_array_of_numpy_is_one():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (constant(x) * x).sum().backward()
    assert x.grad.tolist() == [1.0, 2.0]  # of x², it would be twice that
    rows = np.eye(2)
    assert constant(rows) is rows


def test_what_is_computed_once_more_has_the_same_gradient():
    calls, x = [], torch.tensor([1.0, 2.0], requires_grad=True)
    recomputed(lambda rows: calls.append(1) or cubed(rows), x).sum().backward()
    assert x.grad.tolist() == [3.0, 12.0]
    assert len(calls) == 2
    assert recomputed(cubed, np.asarray([2.0])).tolist() == [8.0]


def test_a_leaf_that_takes_no_part_has_a_derivative_of_zero():
    x, other = torch.tensor([2.0], requires_grad=True), torch.tensor([5.0], requires_grad=True)
    assert [found.tolist() for found in derivatives(cubed(x).sum(), [x, other])] == [[12.0], [0.0]]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("taken", [np.asarray, torch.from_numpy])
def test_places_are_counted_row_by_row(taken, side):
    ascending = np.asarray([[0.0, 1.0, 1.0, 2.0], [5.0, 5.0, np.inf, np.inf]])
    values = np.asarray([[1.0, -1.0, 3.0], [5.0, 6.0, 1e300]])
    found = np.asarray(places_in_rows(taken(ascending), taken(values), side=side))
    smaller = np.less if side == "left" else np.less_equal
    assert found.tolist() == smaller(ascending[:, None, :], values[:, :, None]).sum(axis=2).tolist()
