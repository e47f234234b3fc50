"""Barlow Twins and VICReg against loops, numpy's correlation and the authors' code."""

from math import sqrt

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from trials import central, gradients, items

from simtool.errors import ParameterError, ShapeError
from simtool.losses.redundancy_reduction import Vicreg, barlow_twins, vicreg


def views(seed, n=9, d=4):
    x, noise = np.random.default_rng(seed).normal(size=(2, n, d))
    return x, 2.0 * x + noise + 5.0


def correlations(x, y):
    """By numpy, whose corrcoef stacks the columns of both."""
    return np.corrcoef(x, y, rowvar=False)[: x.shape[1], x.shape[1] :]


@pytest.mark.parametrize("weight", [0.0, 0.005, 1.0])
def test_barlow_twins_is_the_loop(xp, weight):
    x, y = views(0)
    c = correlations(x, y)
    expected = [(1 - c[i, i]) ** 2 + weight * sum(c[i, j] ** 2 for j in range(4) if j != i) for i in range(4)]
    assert_allclose(items(barlow_twins, xp, x, y, weight=weight), expected, rtol=1e-11)


def test_a_feature_of_barlow_twins_rests_where_it_is_alone_and_the_same(xp):
    x = np.asarray([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert items(barlow_twins, xp, x, 3.0 * x + 7.0).tolist() == [0, 0]
    for found in gradients(barlow_twins, x, x):
        assert_allclose(found, np.zeros((4, 2)), atol=1e-15)
    # turned over: (1 + 1)^2
    assert items(barlow_twins, xp, x, -x).tolist() == [4, 4]


def test_a_constant_feature_correlates_with_nothing(xp):
    x, y = views(1, n=10)
    assert np.full((10, 4), 0.1).mean(axis=0)[1] != 0.1  # a mean that rounds
    for constant in (0.0, 0.1, 1e9 + 0.1):
        still = x.copy()
        still[:, 1] = constant
        found = items(barlow_twins, xp, still, y, weight=0.5)
        assert found[1] == 1
        c = correlations(x[:, [0, 2, 3]], y)
        assert_allclose(found[0], (1 - c[0, 0]) ** 2 + 0.5 * (c[0, 1:] ** 2).sum(), rtol=1e-11)
        for slope in gradients(barlow_twins, still, y):
            assert np.isfinite(slope).all()
    # however little a feature varies, it does
    assert_allclose(items(barlow_twins, xp, 1e-30 * x, 1e200 * y), barlow_twins(x, y), rtol=1e-11)
    # one row: every feature is constant
    with pytest.raises(ShapeError, match="one row has no correlation"):
        items(barlow_twins, xp, [[1.0, 2.0]], [[3.0, 4.0]])


def authors_vicreg(x, y):
    """The lines of facebookresearch/vicreg, main_vicreg.py, without the gathering of processes."""
    repr_loss = torch.nn.functional.mse_loss(x, y)
    x, y = x - x.mean(dim=0), y - y.mean(dim=0)
    std_x, std_y = (torch.sqrt(v.var(dim=0) + 0.0001) for v in (x, y))
    std_loss = torch.mean(torch.relu(1 - std_x)) / 2 + torch.mean(torch.relu(1 - std_y)) / 2
    cov_loss = 0.0
    for v in (x, y):
        covariance = (v.T @ v) / (len(v) - 1)
        d = len(covariance)
        cov_loss += covariance.flatten()[:-1].view(d - 1, d + 1)[:, 1:].flatten().pow(2).sum().div(d)
    return [(25 * repr_loss).item(), (25 * std_loss).item(), cov_loss.item()]


@pytest.mark.parametrize("scale", [0.1, 0.9, 3.0])
def test_vicreg_is_the_authors(xp, scale):
    x, y = (scale * v for v in views(2))
    found = vicreg(xp.array(x), xp.array(y))
    assert isinstance(found, Vicreg)
    expected = authors_vicreg(torch.from_numpy(x), torch.from_numpy(y))
    assert_allclose([float(part) for part in found], [*expected, sum(expected)], rtol=1e-12)


def test_the_parts_of_vicreg_by_hand(xp):
    x = np.asarray([[1.0, 0.0], [-1.0, 0.0]])  # variances 2 and 0, covariance 0
    found = vicreg(xp.array(x), xp.array(x + 1.0), invariance=3.0, variance=4.0, covariance=5.0)
    variance = 4 * (1 - sqrt(1e-4)) / 2
    assert [float(part) for part in found] == pytest.approx([3, variance, 0, 3 + variance], rel=1e-14)
    # two columns that are one: each covariance is 2, four of them over d = 2
    twins = vicreg(xp.array([[1.0, 1.0], [-1.0, -1.0]]), xp.array([[1.0, 1.0], [-1.0, -1.0]]))
    assert [float(part) for part in twins] == pytest.approx([0, 0, 8, 8], rel=1e-14)


def test_gradients_are_central_differences():
    x, y = views(3, n=5, d=3)
    assert central(barlow_twins, x, y)
    for number in range(4):
        assert central(lambda a, b, number=number: vicreg(a, b)[number], 0.3 * x, 0.3 * y)
    # columns of no variance: the root has its epsilon
    still = np.ones((3, 2))
    for found in gradients(lambda a, b: vicreg(a, b).loss, still, still):
        assert found.tolist() == [[0, 0]] * 3


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 8), d=st.integers(1, 5))
def test_laws(seed, n, d):
    x, y = views(seed, n, d)
    rng = np.random.default_rng(seed)
    found, order, columns = barlow_twins(x, y), rng.permutation(n), rng.permutation(d)
    assert found.shape == (d,)
    assert (found >= 0).all()
    assert_allclose(barlow_twins(x[order], y[order]), found, atol=1e-10)
    assert_allclose(barlow_twins(x[:, columns], y[:, columns]), found[columns], atol=1e-10)
    assert_allclose(barlow_twins(7.0 * x - 3.0, y), found, atol=1e-10)
    parts = vicreg(x, y)
    assert all(part >= 0 for part in parts)
    assert parts.loss == pytest.approx(sum(parts[:3]), rel=1e-14)
    assert_allclose(vicreg(y[order], x[order]), parts, rtol=1e-9, atol=1e-12)
    # a shift of both moves nothing
    assert_allclose(vicreg(x + 2.0, y + 2.0), parts, rtol=1e-9, atol=1e-12)


def test_what_is_refused(xp):
    x = xp.array([[1.0, 2.0], [3.0, 5.0]])
    for function in (barlow_twins, vicreg):
        with pytest.raises(ShapeError, match=r"expected shape \(2, 2\), got \(1, 2\)"):
            function(x, x[:1, :])
        with pytest.raises(ShapeError, match=r"shape \(n, d\), got \(2,\)"):
            function(x[0, :], x[0, :])
    with pytest.raises(ShapeError, match="one row has no variance"):
        vicreg(x[:1, :], x[:1, :])
    for bad in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ParameterError, match=f"weight is {bad}"):
            barlow_twins(x, x, weight=bad)
        for name in ("invariance", "variance", "covariance"):
            with pytest.raises(ParameterError, match=f"^{name} is {bad}"):
                vicreg(x, x, **{name: bad})
