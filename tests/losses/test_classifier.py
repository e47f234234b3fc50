"""ArcFace and CosFace against a loop, torch's cross-entropy and the ends of the cosine."""

from math import acos, cos, exp, log, pi, sin

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import logsumexp
from trials import central, gradients, items

from simtool.errors import LabelError, ParameterError, ShapeError
from simtool.losses.classifier import arcface, cosface

BOTH = [arcface, cosface]


def loop(function, cosines, targets, scale, margin):
    """Row by row, from the angle itself."""
    found = []
    for row, y in zip(cosines.tolist(), targets.tolist(), strict=True):
        theta = acos(row[y])
        past = theta + margin > pi
        modified = (
            (row[y] - margin * sin(margin) if past else cos(theta + margin)) if function is arcface else row[y] - margin
        )
        logits = [scale * (modified if j == y else c) for j, c in enumerate(row)]
        found.append(logsumexp(logits) - logits[y])
    return found


@pytest.mark.parametrize("function", BOTH)
@pytest.mark.parametrize(("scale", "margin"), [(64.0, 0.5), (64.0, 0.35), (2.0, 0.0), (1.0, 1.5), (1e3, 0.5)])
def test_every_row_is_that_of_the_loop(xp, function, scale, margin):
    rng = np.random.default_rng(0)
    cosines, targets = rng.uniform(-1, 1, (60, 5)), rng.integers(0, 5, 60)
    found = items(function, xp, cosines, targets, scale=scale, margin=margin)
    assert_allclose(found, loop(function, cosines, targets, scale, margin), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("function", BOTH)
def test_without_a_margin_it_is_torchs_cross_entropy(function):
    rng = np.random.default_rng(1)
    cosines, targets = torch.from_numpy(rng.uniform(-1, 1, (30, 4))), torch.from_numpy(rng.integers(0, 4, 30))
    theirs = torch.nn.functional.cross_entropy(8.0 * cosines, targets, reduction="none")
    torch.testing.assert_close(function(cosines, targets, scale=8.0, margin=0.0), theirs, atol=1e-13, rtol=1e-13)


def test_past_pi_less_the_margin_the_target_is_a_line(xp):
    # two classes, scale 1: the loss is log(1 + exp(other - target)), and the other cosine is 0
    for cosine, target in ((-1.0, -1.0 - 0.5 * sin(0.5)), (-0.95, -0.95 - 0.5 * sin(0.5)), (1.0, cos(0.5))):
        found = items(arcface, xp, [[cosine, 0.0]], [0], scale=1.0)
        assert found.tolist() == pytest.approx([log(1 + exp(-target))], rel=1e-12)
    # at the very angle the cosine of pi, -1
    found = items(arcface, xp, [[cos(pi - 0.5), 0.0]], [0], scale=1.0)
    assert found.tolist() == pytest.approx([log(1 + exp(1))], rel=1e-12)


@pytest.mark.parametrize("function", BOTH)
def test_gradients_are_central_differences(function):
    cosines = np.random.default_rng(2).uniform(-0.9, 0.9, (8, 3))
    cosines[0, 1] = -0.97  # past pi - margin
    targets = torch.tensor([1, 0, 2, 1, 0, 2, 1, 1])
    assert central(lambda c: function(c, targets, scale=4.0), cosines)


@pytest.mark.parametrize("function", BOTH)
def test_gradients_are_finite_at_the_ends(function):
    cosines, targets = [[1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]], torch.tensor([0, 0, 1])
    (found,) = gradients(lambda c: function(c, targets), cosines)
    assert np.isfinite(found).all()
    # a raised own cosine lowers the loss
    assert found[1, 0] < 0 < found[1, 1]


def test_any_scale_is_stable(xp):
    wrong, right = [[-1.0, 1.0]], [[1.0, -1.0]]
    assert items(cosface, xp, wrong, [0], scale=1e3, margin=0.5).tolist() == [2500]
    assert items(cosface, xp, right, [0], scale=1e3).tolist() == [0]
    # small, but not lost: log(1 + exp(-40))
    assert items(cosface, xp, right, [0], scale=20.0, margin=0.0).tolist() == pytest.approx([exp(-40)], rel=1e-12)
    # the only class is always right
    for function in BOTH:
        assert items(function, xp, [[0.3]], [0]).tolist() == [0]
        assert gradients(lambda c, f=function: f(c, torch.tensor([0])), [[0.3]])[0].tolist() == [[0]]


@pytest.mark.parametrize("function", BOTH)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), classes=st.integers(1, 6), scale=st.floats(0.1, 100))
def test_laws(function, seed, classes, scale):
    rng = np.random.default_rng(seed)
    cosines, targets = rng.uniform(-1, 1, (5, classes)), rng.integers(0, classes, 5)
    found = function(cosines, targets, scale=scale, margin=0.3)
    assert found.shape == (5,)
    assert (found >= 0).all()
    assert (function(cosines, targets, scale=scale, margin=0.0) <= found + 1e-12).all()
    order = rng.permutation(classes)
    renamed = np.argsort(order)[targets]
    assert_allclose(function(cosines[:, order], renamed, scale=scale, margin=0.3), found, rtol=1e-12, atol=1e-14)


def test_what_is_refused(xp):
    cosines = xp.array([[0.1, 0.2], [0.3, 0.4]])
    for function in BOTH:
        for targets, what in (([0, 2], "row 1 has class 2, expected 0 to 1"), ([-1, 0], "row 0 has class -1")):
            with pytest.raises(LabelError, match=what):
                function(cosines, xp.array(targets))
        with pytest.raises(LabelError, match="expected the numbers of classes, got dtype"):
            function(cosines, xp.array([0.0, 1.0]))
        for targets in ([0], [[0], [1]], [0, 1, 0]):
            with pytest.raises(ShapeError, match="one target per row"):
                function(cosines, xp.array(targets))
        with pytest.raises(ShapeError, match=r"cosines \(2,\)"):
            function(cosines[:, 0], xp.array([0, 1]))
        for scale in (0.0, -1.0, float("nan"), float("inf")):
            with pytest.raises(ParameterError, match=f"scale is {scale}"):
                function(cosines, xp.array([0, 1]), scale=scale)
        for margin in (-0.1, float("nan"), float("inf")):
            with pytest.raises(ParameterError, match=f"margin is {margin}") as refused:
                function(cosines, xp.array([0, 1]), margin=margin)
            assert refused.value.where == "«margin»"
    with pytest.raises(ParameterError, match="0 to pi, in radians"):
        arcface(cosines, xp.array([0, 1]), margin=28.6)
