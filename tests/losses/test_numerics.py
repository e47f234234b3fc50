"""What the formulas of the losses are made of, against scipy and against torch's own gradients."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp as reference

from simtool.losses.numerics import (
    hinge,
    joined,
    logsumexp,
    masked_logsumexp,
    mass,
    running_logsumexp,
    softplus,
    unit_rows,
)

X = np.random.default_rng(0).normal(size=(5, 9)) * np.asarray([1, 10, 1000, 1e-3, 1])[:, None]


def test_sums_of_exponentials_are_those_of_scipy(xp):
    assert np.asarray(logsumexp(xp.array(X), axis=1)).tolist() == pytest.approx(reference(X, axis=1), rel=1e-14)
    assert np.asarray(softplus(xp.array(X))) == pytest.approx(np.logaddexp(X, 0), rel=1e-14)
    expected = [reference(X[0, : stop + 1]) for stop in range(9)]
    assert np.asarray(running_logsumexp(xp.array(X[0]))) == pytest.approx(expected, rel=1e-14)


def test_members_alone_are_summed(xp):
    members = np.random.default_rng(1).random(X.shape) < 0.5
    members[3] = False
    found = np.asarray(masked_logsumexp(xp.array(X), xp.array(members)))
    with np.errstate(divide="ignore"):
        expected = reference(np.where(members, X, -np.inf), axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    np.testing.assert_array_equal(np.asarray(mass(xp.array(X), xp.array(members))), found)
    known = xp.array(expected)
    assert mass(xp.array(X), known) is known


def test_gradients_are_those_of_torch_and_finite_where_there_is_nothing():
    values = torch.from_numpy(X).requires_grad_()
    members = torch.ones(X.shape, dtype=torch.bool)
    members[1] = False
    found = masked_logsumexp(values, members)
    (slopes,) = torch.autograd.grad(found[found > -torch.inf].sum(), values)
    expected = torch.softmax(values, 1)
    expected[1] = 0
    torch.testing.assert_close(slopes, expected.detach())
    ends = [torch.tensor([-torch.inf, 0.0, -torch.inf], dtype=torch.float64, requires_grad=True) for _ in range(2)]
    both = joined(*ends)
    assert both.tolist() == pytest.approx([-np.inf, np.log(2), -np.inf])
    for slope in torch.autograd.grad(both[1], ends):
        assert slope.tolist() == [0, 0.5, 0]


def test_a_sum_that_rounding_made_is_at_rest(xp):
    x = xp.array([0.1, 0.5, np.nan, np.inf, -1.0])
    np.testing.assert_allclose(np.asarray(hinge(x, 0.2, -0.3)), [0, 0.4, np.nan, np.inf, 0], rtol=1e-14)


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200])
def test_unit_rows_are_those_of_numpy_at_any_size(xp, scale):
    rows = np.random.default_rng(2).normal(size=(4, 6))
    rows[1] = 0
    found = np.asarray(unit_rows(xp.array(rows * scale), eps=0.0))
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(found, rows / np.where(norms, norms, 1), rtol=1e-13)


def test_a_row_of_zeros_has_no_gradient():
    rows = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    (slopes,) = torch.autograd.grad(unit_rows(rows).sum(), rows)
    assert not slopes.any()
