"""The pair losses against loops, torch, central differences and laws."""

from math import exp, fsum, log1p

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from trials import central, gradients, items

from simtool.backend import quiet
from simtool.errors import LabelError, ParameterError, ShapeError
from simtool.losses.pairs import (
    bce,
    contrastive,
    contrastive_slopes,
    cosine_embedding,
    cosine_embedding_slopes,
    hinge_embedding,
    online_contrastive,
)

LABELLED = [contrastive, online_contrastive, cosine_embedding, hinge_embedding, bce]


def log_one_plus_exp(x):
    return max(x, 0.0) + log1p(exp(-abs(x)))


def loop(function, values, labels, *, margin=1.0, positive_margin=0.0, squared=1, scale=20.0):
    """The losses pair by pair, as the formulas stand in the catalogue."""
    similar = [label == 1 for label in labels]
    if function is contrastive:
        power = 2 if squared else 1
        excess = [d - positive_margin if y else margin - d for d, y in zip(values, similar, strict=True)]
        return [max(0.0, x) ** power for x in excess]
    if function is hinge_embedding:
        return [d if y else max(0.0, margin - d) for d, y in zip(values, similar, strict=True)]
    if function is bce:
        return [log_one_plus_exp(-scale * s if y else scale * s) for s, y in zip(values, similar, strict=True)]
    positives = [d for d, y in zip(values, similar, strict=True) if y]
    negatives = [d for d, y in zip(values, similar, strict=True) if not y]
    far = max(positives) if positives else fsum(negatives) / len(negatives)
    near = min(negatives) if negatives else fsum(positives) / len(positives)
    return [
        (d**2 if d > near else 0.0) if y else (max(0.0, margin - d) ** 2 if d < far else 0.0)
        for d, y in zip(values, similar, strict=True)
    ]


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (contrastive, {}),
        (contrastive, {"margin": 0.0}),
        (contrastive, {"margin": 1.5, "positive_margin": 0.25}),
        (contrastive, {"margin": 0.5, "positive_margin": 0.75, "squared": 0}),
        (online_contrastive, {"margin": 0.5}),
        (online_contrastive, {"margin": 1.25}),
        (hinge_embedding, {}),
        (hinge_embedding, {"margin": 0.0}),
        (bce, {}),
        (bce, {"scale": 0.5}),
        (bce, {"scale": 1e3}),
    ],
)
def test_every_item_is_that_of_the_loop(xp, function, options):
    rng = np.random.default_rng(4)
    for labels in (rng.integers(0, 2, 40), np.zeros(40, dtype=int), np.ones(40, dtype=int), np.asarray([1])):
        values = rng.uniform(-1, 1, len(labels)) if function is bce else rng.uniform(0, 2, len(labels))
        assert_allclose(items(function, xp, values, labels, **options), loop(function, values, labels, **options))


def test_the_losses_of_torch():
    rng = np.random.default_rng(5)
    values, labels = torch.from_numpy(rng.uniform(0, 2, 50)), torch.from_numpy(rng.integers(0, 2, 50))
    signed = 2 * labels - 1
    theirs = torch.nn.functional.hinge_embedding_loss(values, signed, margin=0.75, reduction="none")
    torch.testing.assert_close(hinge_embedding(values, signed, margin=0.75), theirs, atol=1e-15, rtol=0)
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(20 * values, labels.double(), reduction="none")
    torch.testing.assert_close(bce(values, labels), theirs, atol=1e-13, rtol=1e-13)


@pytest.mark.parametrize("function", LABELLED)
def test_gradients_are_central_differences(function):
    labels = torch.tensor([1, 0, 1, 0, 0, 1])
    values = [0.61, 0.32, 0.97, 0.15, 0.77, 0.2]
    assert central(lambda x: function(x, labels), values)
    if function is contrastive:
        assert central(lambda x: function(x, labels, positive_margin=0.3, squared=0), values)


@pytest.mark.parametrize("function", LABELLED)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 12))
def test_losses_are_within_their_range_and_follow_their_pairs(function, seed, n):
    rng = np.random.default_rng(seed)
    values, labels, order = rng.uniform(0, 1, n), rng.integers(0, 2, n), rng.permutation(n)
    found = function(values, labels)
    assert found.shape == (n,)
    assert (found >= 0).all()
    # the mean that stands for a missing kind of label may round differently in another order
    assert_allclose(function(values[order], labels[order]), found[order], atol=1e-15)


@pytest.mark.parametrize("function", [contrastive, hinge_embedding])
def test_a_similar_pair_costs_more_the_farther_and_a_dissimilar_one_less(function):
    distances = np.linspace(0, 3, 31)
    assert (np.diff(function(distances, np.ones(31))) > 0).all()
    pushed = function(distances, np.zeros(31), margin=2.0)
    assert (np.diff(pushed[:21]) < 0).all()
    assert (pushed[20:] == 0).all()


def test_bce_falls_with_the_similarity_of_a_similar_pair():
    similarities = np.linspace(-1, 1, 21)
    assert (np.diff(bce(similarities, np.ones(21))) < 0).all()
    assert (np.diff(bce(similarities, np.zeros(21))) > 0).all()
    assert_allclose(bce(similarities, np.zeros(21)), bce(-similarities, np.ones(21)), rtol=0)


def test_bce_at_extreme_scales(xp):
    # a logit of 1000 on the wrong side costs 1000 nats, on the right side nothing
    assert items(bce, xp, [1.0, 1.0, -1.0], [0, 1, 1], scale=1e3).tolist() == [1000, 0, 1000]
    assert items(bce, xp, [0.5], [1], scale=80.0).tolist() == pytest.approx([exp(-40)], rel=1e-12)


def test_online_contrastive_takes_the_hard_pairs_only(xp):
    distances, labels = [0.1, 0.4, 0.9, 0.2, 0.6, 1.2], [1, 1, 1, 0, 0, 0]
    # the closest dissimilar pair is at .2, the farthest similar one at .9
    expected = [0, 0.4**2, 0.9**2, 0.3**2, 0, 0]
    assert_allclose(items(online_contrastive, xp, distances, labels), expected, atol=1e-15)
    # in order: nothing is hard
    assert items(online_contrastive, xp, [0.1, 0.2, 0.3, 0.4], [1, 1, 0, 0]).tolist() == [0, 0, 0, 0]
    # one kind only: against the mean
    assert_allclose(items(online_contrastive, xp, [0.1, 0.5], [1, 1]), [0, 0.25])
    assert_allclose(items(online_contrastive, xp, [0.1, 0.3], [-1, -1]), [0.16, 0])
    for count in (1, 3, 7, 10):  # equal distances do not pass their own mean, however it rounds
        for label in (0, 1):
            assert items(online_contrastive, xp, [0.1] * count, [label] * count).tolist() == [0] * count


def test_what_is_not_a_number_stays_so_and_touches_nothing_else(xp):
    values, labels = [0.5, float("nan"), 0.25, float("nan")], [1, 1, 0, 0]
    for function in LABELLED:
        with quiet():
            found = items(function, xp, values, labels)
        assert np.isnan(found).tolist() == [False, True, False, True]
        assert_allclose(found[[0, 2]], items(function, xp, [0.5, 0.25], [1, 0]))
    assert np.isnan(items(online_contrastive, xp, [float("nan")], [1])).all()


def test_an_item_at_rest_has_no_gradient():
    for function, values, labels in (
        (contrastive, [0.0, 1.0, 3.0], [1, 0, 0]),
        (hinge_embedding, [1.0, 3.0], [0, 0]),
        (cosine_embedding, [0.0, -0.5], [0, 0]),
        (online_contrastive, [0.3], [1]),
        (lambda d, y: contrastive(d, y, squared=0), [0.0, 1.0], [1, 0]),
        (lambda d, y: contrastive(d, y, margin=0.0), [0.0, 0.0], [1, 0]),
    ):
        here = torch.tensor(labels)
        assert function(torch.tensor(values), here).tolist() == [0] * len(values)
        assert gradients(lambda x, f=function, y=here: f(x, y), values)[0].tolist() == [0] * len(values)


@pytest.mark.parametrize("function", LABELLED)
@pytest.mark.parametrize("labels", [[1, 0], [1, -1], [True, False], [1.0, 0.0]])
def test_every_convention_of_labels_is_the_same(xp, function, labels):
    assert (
        items(function, xp, [0.75, 0.25], labels).tolist()
        == function(np.array([0.75, 0.25]), np.array([1, 0])).tolist()
    )


@pytest.mark.parametrize("function", LABELLED)
def test_bad_labels_are_refused_by_row_and_value(xp, function):
    values = xp.array([0.5, 0.5, 0.5])
    for labels, shown in (([1.0, 0.5, 0.5], "0.5"), ([1, 2, 0], "2"), ([1.0, float("nan"), 0.0], "nan")):
        with pytest.raises(LabelError) as refused:
            function(values, xp.array(labels))
        assert refused.value.what == f"row 1 has label {shown}, which is not binary"
        assert refused.value.hint == "labels are 0/1, false/true or -1/1"
    for labels in ([[1], [0], [1]], [1, 0], [1]):
        with pytest.raises(ShapeError, match=r"expected shape \(3,\)"):
            function(values, xp.array(labels))


@pytest.mark.parametrize(
    ("function", "name", "bad"),
    [
        *((function, "margin", bad) for function in LABELLED[:4] for bad in (-1.5, float("nan"), float("inf"))),
        (contrastive, "positive_margin", -0.1),
        (contrastive, "squared", 2),
        *((bce, "scale", bad) for bad in (0.0, -1.0, float("nan"), float("inf"))),
    ],
)
def test_parameters_outside_their_range_are_refused(function, name, bad):
    with pytest.raises(ParameterError, match=f"{name} is {bad}") as refused:
        function(np.asarray([0.5]), np.asarray([1]), **{name: bad})
    assert refused.value.where == f"«{name}»"


@pytest.mark.parametrize(
    ("function", "slopes", "options"),
    [
        (contrastive, contrastive_slopes, {"margin": 0.7, "positive_margin": 0.2}),
        (contrastive, contrastive_slopes, {"margin": 0.7, "squared": 0.0}),
        (cosine_embedding, cosine_embedding_slopes, {"margin": 0.4}),
    ],
)
def test_slopes_are_the_derivatives(function, slopes, options):
    scores = torch.linspace(0, 1, 40, dtype=torch.float64).requires_grad_()
    labels = torch.arange(40) % 3 == 0
    losses = function(scores, labels, **options)
    assert (losses == 0).any()
    (expected,) = torch.autograd.grad(losses.sum(), scores)
    (found,) = slopes(losses.detach().numpy(), labels.numpy(), **options)
    assert_allclose(found, expected, rtol=1e-12)
