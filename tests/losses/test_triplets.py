"""The losses that compare two scores, against loops and torch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from trials import central, gradients, items

from simtool.errors import LabelError, ParameterError, ShapeError
from simtool.losses.triplets import margin_ranking, triplet, triplet_slopes
from simtool.scoring.distances import of_pairs


@pytest.mark.parametrize("margin", [0.0, 0.3, 1.0, 5.0])
def test_every_triplet_is_that_of_the_loop(xp, margin):
    near, far, other = np.random.default_rng(0).uniform(0, 2, (3, 50))
    plain = [max(0.0, p - n + margin) for p, n in zip(near, far, strict=True)]
    assert_allclose(items(triplet, xp, near, far, margin=margin), plain, atol=1e-15)
    swapped = [max(0.0, p - min(n, o) + margin) for p, n, o in zip(near, far, other, strict=True)]
    found = items(triplet, xp, near, far, margin=margin, other_negative=xp.array(other))
    assert_allclose(found, swapped, atol=1e-15)
    assert found.tolist() != plain


@pytest.mark.parametrize("margin", [0.0, 0.25, 2.0])
def test_every_ranking_is_that_of_the_loop(xp, margin):
    rng = np.random.default_rng(1)
    first, second = rng.uniform(-1, 1, (2, 50))
    labels = rng.integers(0, 2, 50)
    expected = [max(0.0, margin - (s - t if y else t - s)) for s, t, y in zip(first, second, labels, strict=True)]
    for spelt in (labels, 2 * labels - 1, labels.astype(bool)):
        assert_allclose(items(margin_ranking, xp, first, second, spelt, margin=margin), expected, atol=1e-15)


@pytest.mark.parametrize("swap", [False, True])
def test_on_shifted_distances_it_is_torchs(swap):
    a, p, n = torch.from_numpy(np.random.default_rng(2).normal(size=(3, 30, 4)))
    theirs = torch.nn.functional.triplet_margin_loss(a, p, n, margin=0.6, swap=swap, reduction="none")
    distances = [of_pairs("shifted-euclidean", *pair) for pair in ((a, p), (a, n), (p, n))]
    ours = triplet(distances[0], distances[1], margin=0.6, other_negative=distances[2] if swap else None)
    torch.testing.assert_close(ours, theirs, atol=1e-13, rtol=0)
    # the shift shows: without it the numbers are others
    plain = triplet(*(of_pairs("euclidean", *pair) for pair in ((a, p), (a, n))), margin=0.6)
    assert (plain - theirs).abs().max() > 1e-9


@pytest.mark.parametrize("margin", [0.0, 0.5])
def test_the_ranking_is_torchs(margin):
    rng = np.random.default_rng(3)
    first, second = torch.from_numpy(rng.normal(size=(2, 40)))
    labels = torch.from_numpy(2 * rng.integers(0, 2, 40) - 1)
    theirs = torch.nn.functional.margin_ranking_loss(first, second, labels, margin=margin, reduction="none")
    torch.testing.assert_close(margin_ranking(first, second, labels, margin=margin), theirs, atol=1e-15, rtol=0)


def test_gradients_are_central_differences():
    near, far, other = [0.5, 0.9, 0.1], [0.7, 0.2, 5.0], [0.6, 0.4, 6.0]
    assert central(triplet, near, far)
    assert central(lambda p, n, o: triplet(p, n, margin=0.7, other_negative=o), near, far, other)
    assert central(lambda s, t: margin_ranking(s, t, torch.tensor([1, 0, -1]), margin=0.3), near, far)


def test_triplets_at_rest_have_no_gradient():
    # past the margin, exactly at it, and three identical vectors with margin 0
    for near, far, margin in (([0.0], [2.0], 1.0), ([0.5], [1.5], 1.0), ([0.0], [0.0], 0.0)):
        assert triplet(np.asarray(near), np.asarray(far), margin=margin).tolist() == [0]
        for found in gradients(lambda p, n, m=margin: triplet(p, n, margin=m), near, far):
            assert found.tolist() == [0]
    for found in gradients(lambda s, t: margin_ranking(s, t, torch.tensor([1])), [0.5], [0.5]):
        assert found.tolist() == [0]
    # identical vectors cost the margin
    assert triplet(np.zeros(1), np.zeros(1), margin=0.25).tolist() == [0.25]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 9), margin=st.floats(0, 3))
def test_laws(seed, n, margin):
    rng = np.random.default_rng(seed)
    near, far, other = rng.uniform(0, 2, (3, n))
    found = triplet(near, far, margin=margin)
    assert (found >= 0).all()
    assert (triplet(near + 0.5, far, margin=margin) >= found).all()
    assert (triplet(near, far + 0.5, margin=margin) <= found).all()
    assert (triplet(near, far, margin=margin, other_negative=other) >= found).all()
    # a triplet is a ranking in which the farther one is to be the negative
    assert_allclose(margin_ranking(far, near, np.ones(n), margin=margin), found, atol=1e-15)


def test_what_is_not_a_number_stays_so(xp):
    nan, one = [float("nan"), 1.0], [1.0, 1.0]
    assert np.isnan(items(triplet, xp, nan, one)).tolist() == [True, False]
    assert np.isnan(items(triplet, xp, one, nan)).tolist() == [True, False]
    assert np.isnan(items(triplet, xp, one, one, other_negative=xp.array(nan))).tolist() == [True, False]
    assert np.isnan(items(margin_ranking, xp, one, nan, [1, 0])).tolist() == [True, False]


def test_what_is_refused(xp):
    two, three = xp.array([0.5, 0.5]), xp.array([0.5, 0.5, 0.5])
    for call in (
        lambda: triplet(two, three),
        lambda: triplet(two, two, other_negative=three),
        lambda: triplet(two, two[:, None]),
        lambda: margin_ranking(two, three, xp.array([1, 0])),
        lambda: margin_ranking(two, two, xp.array([1, 0, 1])),
        lambda: margin_ranking(two, two, xp.array([[1], [0]])),
    ):
        with pytest.raises(ShapeError, match=r"expected shape \(2,\)"):
            call()
    for labels, shown in (([1.0, 0.5], "0.5"), ([1, 2], "2"), ([1.0, float("nan")], "nan")):
        with pytest.raises(LabelError, match=f"row 1 has label {shown}, which is not binary"):
            margin_ranking(two, two, xp.array(labels))
    for margin in (-0.1, float("nan"), float("inf")):
        for call in (
            lambda m=margin: triplet(two, two, margin=m),
            lambda m=margin: margin_ranking(two, two, xp.array([1, 0]), margin=m),
        ):
            with pytest.raises(ParameterError, match=f"margin is {margin}") as refused:
                call()
            assert refused.value.where == "«margin»"


def test_slopes_are_the_derivatives():
    near, far = (
        torch.rand(40, dtype=torch.float64, generator=torch.Generator().manual_seed(i)).requires_grad_() for i in (1, 2)
    )
    losses = triplet(near, far, margin=0.1)
    assert (losses == 0).any()
    expected = torch.autograd.grad(losses.sum(), [near, far])
    for slopes, each in zip(triplet_slopes(losses.detach().numpy(), margin=0.1), expected, strict=True):
        assert_allclose(slopes, each)
