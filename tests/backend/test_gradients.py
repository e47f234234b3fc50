"""Gradients of torch against those that autograd gives by itself."""

import numpy as np
import pytest
import torch

from simtool.backend import Pull, computed, constant, derivatives, host_rows, places_in_rows, recomputed


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


def test_rows_are_taken_where_numpy_sees_them_as_float32():
    x = torch.eye(2, requires_grad=True)
    (rows,) = host_rows([x])
    assert rows.data_ptr() == x.data_ptr()
    assert not rows.requires_grad
    assert host_rows([x, x.double()]) is None
    found = []
    torch.func.grad(lambda x: found.append(host_rows([x])) or x.sum())(x.detach())
    assert found == [None]


def test_a_computed_loss_pulls_as_it_is_told_and_is_derived_again_by_torch():
    x, y = torch.eye(2, requires_grad=True), torch.full((2, 2), 2.0, requires_grad=True)
    apart = Pull((0, 1), np.asarray([[2.0, 3.0]], np.float32))
    across = Pull((0, 1), np.asarray([[1.0, 1.0], [0.0, 5.0], [7.0, 0.0]], np.float32))
    found = computed(4.0, [apart, across], lambda x, y: (x**3 * y).sum(), [x, y])
    assert found.item() == 4.0
    assert found.dtype == torch.float32
    slopes = torch.autograd.grad(2 * found, [x, y], retain_graph=True)
    expected = torch.tensor([[2.0], [3.0]]) * (x - y)
    torch.testing.assert_close(slopes[0], 2 * (expected + y + torch.tensor([[0.0], [5.0]]) * x))
    torch.testing.assert_close(slopes[1], 2 * (-expected + x + torch.tensor([[7.0], [0.0]]) * y))
    (again,) = torch.autograd.grad(found, x, create_graph=True)
    (twice,) = torch.autograd.grad(again.sum(), y)
    torch.testing.assert_close(twice, 3 * x**2)


def test_a_side_that_is_there_twice_has_the_gradients_of_both():
    x = torch.tensor([[3.0]], requires_grad=True)
    for derived in (False, True):
        found = computed(
            0.0, [Pull((0, 1), np.ones((3, 1), np.float32))], lambda x, y: (x * x / 2 + x * y + y * y / 2).sum(), [x, x]
        )
        (slope,) = torch.autograd.grad(found, x, create_graph=derived)
        assert slope.item() == 12.0
