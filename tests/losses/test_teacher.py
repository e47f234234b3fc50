"""The distillation losses against loops, torch and scipy."""

from math import log

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import log_softmax
from trials import central, gradients, items

from simtool.errors import DataError, LabelError, ParameterError, ShapeError
from simtool.losses.teacher import kl, margin_mse, mse


def test_mse_is_the_loop_and_torchs(xp):
    student, teacher = np.random.default_rng(0).normal(size=(2, 10, 7))
    expected = [sum((a - b) ** 2 for a, b in zip(x, t, strict=True)) / 7 for x, t in zip(student, teacher, strict=True)]
    found = items(mse, xp, student, teacher)
    assert_allclose(found, expected, rtol=1e-14)
    assert found.mean() == pytest.approx(
        torch.nn.functional.mse_loss(torch.from_numpy(student), torch.from_numpy(teacher)).item(), rel=1e-14
    )
    assert items(mse, xp, student, student).tolist() == [0] * 10


def test_margin_mse_is_the_loop(xp):
    positive, negative, teacher = np.random.default_rng(1).normal(size=(3, 20))
    expected = [((p - n) - t) ** 2 for p, n, t in zip(positive, negative, teacher, strict=True)]
    assert_allclose(items(margin_mse, xp, positive, negative, teacher), expected, rtol=1e-13)
    assert items(margin_mse, xp, [3.0], [1.0], [2]).tolist() == [0]


@pytest.mark.parametrize("temperature", [0.05, 1.0, 2.5])
def test_kl_is_scipys_and_torchs(xp, temperature):
    student, teacher = np.random.default_rng(2).normal(size=(2, 15, 4))
    p, q = log_softmax(teacher / temperature, axis=1), log_softmax(student / temperature, axis=1)
    expected = [
        temperature**2 * sum(np.exp(a) * (a - b) for a, b in zip(x, y, strict=True)) for x, y in zip(p, q, strict=True)
    ]
    found = items(kl, xp, student, teacher, temperature=temperature)
    assert_allclose(found, expected, rtol=1e-11, atol=1e-14)
    theirs = torch.nn.functional.kl_div(torch.from_numpy(q), torch.from_numpy(np.exp(p)), reduction="batchmean")
    assert found.mean() == pytest.approx(temperature**2 * theirs.item(), rel=1e-11)


def test_kl_at_the_extremes(xp):
    # all weight on the candidate that the student puts 2000 nats below: 2000 T^2
    found = items(kl, xp, [[-1.0, 1.0]], [[1.0, -1.0]], temperature=1e-3)
    assert found.tolist() == pytest.approx([2000 * 1e-6], rel=1e-12)
    assert items(kl, xp, [[5.0]], [[-3.0]]).tolist() == [0]
    # a certain teacher, a student that does not know
    assert items(kl, xp, [[0.0, 0.0]], [[1e3, 0.0]]).tolist() == pytest.approx([log(2)], rel=1e-14)


def test_gradients_are_central_differences_and_none_at_rest():
    student, teacher = np.random.default_rng(3).normal(size=(2, 4, 3))
    assert central(mse, student, teacher)
    assert central(lambda x: kl(x, torch.from_numpy(teacher), temperature=0.7), student)
    margins = torch.from_numpy(teacher[:, 2])
    assert central(lambda p, n: margin_mse(p, n, margins), student[:, 0], student[:, 1])
    for function in (mse, kl):
        for found in gradients(function, student, student):
            assert_allclose(found, np.zeros((4, 3)), atol=1e-15)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 6), temperature=st.floats(0.01, 20))
def test_laws(seed, k, temperature):
    rng = np.random.default_rng(seed)
    student, teacher, shift = rng.normal(size=(6, k)), rng.normal(size=(6, k)), rng.normal(size=(6, 1))
    found = kl(student, teacher, temperature=temperature)
    assert (found >= 0).all()
    # a softmax does not see a shift
    assert_allclose(kl(student + shift, teacher, temperature=temperature), found, rtol=1e-6, atol=1e-11)
    near = kl(teacher + 1e-9 * student, teacher, temperature=temperature)
    assert (near >= 0).all()
    assert (mse(student, teacher) >= 0).all()
    assert_allclose(mse(2 * student, 2 * teacher), 4 * mse(student, teacher), rtol=1e-14)


def test_what_is_refused(xp):
    two, wide = xp.array([[1.0, 2.0]]), xp.array([[1.0, 2.0, 3.0]])
    for function in (mse, kl):
        with pytest.raises(ShapeError, match=r"got \(1, 2\) and \(1, 3\)"):
            function(two, wide)
        with pytest.raises(ShapeError, match=r"got \(2,\) and \(2,\)"):
            function(two[0, :], two[0, :])
    for bad in (float("nan"), float("inf")):
        with pytest.raises(DataError, match="row 1 of the teacher's scores is not finite"):
            kl(xp.array([[1.0, 2.0]] * 2), xp.array([[1.0, 2.0], [0.0, bad]]))
        with pytest.raises(LabelError, match=f"row 1 has score {bad}, which is not finite"):
            margin_mse(two[0, :], two[0, :], xp.array([1.0, bad]))
    for temperature in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ParameterError, match=f"temperature is {temperature}") as refused:
            kl(two, two, temperature=temperature)
        assert refused.value.where == "«temperature»"
    for arrays in ((two[0, :], wide[0, :], two[0, :]), (two[0, :], two[0, :], wide[0, :])):
        with pytest.raises(ShapeError, match=r"expected shape \(2,\), got \(3,\)"):
            margin_mse(*arrays)
