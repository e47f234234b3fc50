"""The losses of two views against loops, torch, other libraries, and their gradients."""

from itertools import pairwise
from math import exp, fsum, log

import numpy as np
import pytest
import torch
from batches import as_variant, of_views
from hypothesis import given, settings
from hypothesis import strategies as st
from peers_batch import CLASSES, PEERS, VECTORS, VIEWS_A, VIEWS_B
from torch.nn.functional import cross_entropy, logsigmoid, normalize

from simtool.backend import quiet
from simtool.catalogue import find
from simtool.errors import ParameterError, ShapeError
from simtool.losses.views import info_nce, n_pairs, partner_mask, siglip
from simtool.scoring.distances import of_all


def loop_info_nce(scores, partners, temperature=0.05):
    items = []
    for row, p in zip(scores, partners, strict=True):
        items.append(-log(exp(row[p] / temperature) / fsum(exp(s / temperature) for s in row)))
    return items


def loop_n_pairs(scores, partners):
    return [
        log(1 + fsum(exp(s - row[p]) for j, s in enumerate(row) if j != p))
        for row, p in zip(scores, partners, strict=True)
    ]


def loop_siglip(scores, partners, scale=10.0, bias=-10.0):
    items = []
    for row, p in zip(scores, partners, strict=True):
        signs = [1 if j == p else -1 for j in range(len(row))]
        items.append(-fsum(log(1 / (1 + exp(-z * (scale * s + bias)))) for z, s in zip(signs, row, strict=True)))
    return items


# the function, its loop, and the parameters that are tried beside the defaults
KINDS = {
    "info-nce": (info_nce, loop_info_nce, {"temperature": 0.5}),
    "n-pairs": (n_pairs, loop_n_pairs, {}),
    "siglip": (siglip, loop_siglip, {"scale": 3.0, "bias": 0.5}),
}


def scores_of(kind, x, y):
    return of_all(find("loss", kind).metric, x, y)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), r=st.integers(1, 8), extra=st.integers(0, 5), default=st.booleans())
def test_every_loss_is_its_loop(kind, seed, r, extra, default):
    function, loop, other = KINDS[kind]
    rng = np.random.default_rng(seed)
    scores = scores_of(kind, rng.normal(size=(r, 4)), rng.normal(size=(r + extra, 4)))
    partners = rng.permutation(r + extra)[:r]
    parameters = {} if default else other
    items = function(scores, partners, **parameters).tolist()
    # log(1 / (1 + tiny)) of the loop rounds to multiples of 1e-16
    assert items == pytest.approx(loop(scores.tolist(), partners.tolist(), **parameters), rel=1e-9, abs=1e-13)
    assert min(items) >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_stripes_together_are_the_batch(kind):
    x, y = np.random.default_rng(1).normal(size=(2, 30, 5))
    scores, partners, function = scores_of(kind, x, y), np.arange(30), KINDS[kind][0]
    whole = function(scores, partners)
    for cuts in ([0, 1, 30], [0, 13, 14, 30], list(range(31))):
        parts = [function(scores[i:j], partners[i:j]) for i, j in pairwise(cuts)]
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-13, atol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_array_library_gives_the_same(kind, xp):
    x, y = np.random.default_rng(2).normal(size=(2, 9, 4))
    scores, partners, function = scores_of(kind, x, y), np.arange(9)[::-1].copy(), KINDS[kind][0]
    found = function(xp.array(scores), xp.array(partners))
    assert type(found) is type(xp.array([0.0]))
    np.testing.assert_allclose(np.asarray(found), function(scores, partners), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 6])
def test_gradients_are_central_differences(kind, n):
    x, y = (torch.from_numpy(v).requires_grad_(True) for v in np.random.default_rng(3).normal(size=(2, n, 4)))
    partners = torch.arange(n)
    assert torch.autograd.gradcheck(lambda x, y: KINDS[kind][0](scores_of(kind, x, y), partners), (x, y))


def test_they_are_what_torch_computes():
    x, y = torch.from_numpy(np.random.default_rng(4).normal(size=(2, 20, 6)))
    cosines, partners = normalize(x) @ normalize(y).T, torch.arange(20)
    for temperature in (0.01, 0.05, 1.0):
        expected = cross_entropy(cosines / temperature, partners, reduction="none")
        torch.testing.assert_close(
            info_nce(cosines, partners, temperature=temperature), expected, rtol=1e-9, atol=1e-12
        )
    expected = cross_entropy(x @ y.T, partners, reduction="none")
    torch.testing.assert_close(n_pairs(x @ y.T, partners), expected, rtol=1e-9, atol=1e-12)
    # algorithm 1 of Zhai et al. 2023
    labels = 2 * torch.eye(20, dtype=torch.float64) - 1
    loss = -logsigmoid(labels * (10 * cosines - 10)).sum() / 20
    torch.testing.assert_close(siglip(cosines, partners).mean(), loss, rtol=1e-12, atol=0)


@pytest.mark.parametrize("variant", ["sbert", "sbert-symmetric"])
def test_every_variant_is_its_peer(variant):
    found = as_variant("info-nce", variant, None, VIEWS_A, VIEWS_B)
    assert found == pytest.approx(PEERS["info-nce", variant], rel=1e-10)


def test_clip_is_cross_entropy_of_rows_and_columns():
    a, b = (normalize(torch.tensor(rows, dtype=torch.float64)) for rows in (VIEWS_A, VIEWS_B))
    logits, places = a @ b.T / 0.07, torch.arange(5)
    expected = (cross_entropy(logits, places) + cross_entropy(logits.T, places)) / 2
    assert as_variant("info-nce", "clip", None, VIEWS_A, VIEWS_B) == pytest.approx(expected.item(), rel=1e-12)


def test_n_pairs_takes_the_first_two_rows_of_each_class():
    assert as_variant("n-pairs", "pml", CLASSES, VECTORS) == pytest.approx(PEERS["n-pairs", "pml"], rel=1e-10)


def test_extreme_scores_neither_overflow_nor_vanish():
    partner = np.asarray([0])
    assert info_nce(np.asarray([[0.0, 1.0]]), partner, temperature=0.001).tolist() == pytest.approx([1000], rel=1e-12)
    # log(1 + 2 e^-40), where lse - s would be 0
    tiny = info_nce(np.asarray([[1.0, -1.0, -1.0]]), partner, temperature=0.05)
    assert tiny.tolist() == pytest.approx([2 * exp(-40)], rel=1e-12)
    assert n_pairs(np.asarray([[0.0, 1e6]]), partner).tolist() == [1e6]
    assert siglip(np.asarray([[-1.0, 1.0]]), partner, scale=1e6, bias=0.0).tolist() == [2e6]
    assert siglip(np.asarray([[1.0, -1.0]]), partner).tolist() == pytest.approx([log(2) + exp(-20)], rel=1e-12)
    assert info_nce(np.ones((3, 3)), np.arange(3)).tolist() == pytest.approx([log(3)] * 3)
    assert info_nce(np.asarray([[0.3]]), partner).tolist() == [0]
    with quiet():
        assert np.isnan(info_nce(np.asarray([[0.3, np.nan]]), partner)).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "rows", [[[1.0, 2.0]], [[1.0, 2.0]] * 3, [[0.0, 0.0]] * 3, [[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]]]
)
def test_odd_batches_have_finite_losses_and_gradients(kind, rows):
    x = torch.tensor(rows, dtype=torch.float64).requires_grad_(True)
    scores, function = scores_of(kind, x, x), KINDS[kind][0]
    items = function(scores, torch.arange(len(rows)))
    assert items.tolist() == pytest.approx(KINDS[kind][1](scores.tolist(), range(len(rows))), rel=1e-9, abs=1e-13)
    items.sum().backward()
    assert torch.isfinite(x.grad).all()


def test_both_directions_are_a_mean():
    scores = np.random.default_rng(5).uniform(-1, 1, (4, 4))
    one, other = (np.asarray(loop_info_nce(rows.tolist(), range(4))) for rows in (scores, scores.T))
    np.testing.assert_allclose(of_views("info-nce", scores, symmetric=1), (one + other) / 2, rtol=1e-12)


def test_partners(xp):
    mask = partner_mask(xp.array(np.zeros((2, 3))), xp.array([2, 0]))
    assert np.asarray(mask).tolist() == [[False, False, True], [True, False, False]]
    for wrong in ([3, 0], [0, 3], [-1, 0]):
        with pytest.raises(ShapeError, match=r"anchor [01] has partner (3|-1), expected a column from 0 to 2"):
            partner_mask(xp.array(np.zeros((2, 3))), xp.array(wrong))
    with pytest.raises(ShapeError, match=r"partners \(r,\) for scores \(r, m\), got \(3,\) for scores \(2, 3\)"):
        partner_mask(xp.array(np.zeros((2, 3))), xp.array([0, 1, 2]))


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (info_nce, {"temperature": 0.0}),
        (info_nce, {"temperature": float("nan")}),
        (siglip, {"scale": -1.0}),
        (siglip, {"bias": float("inf")}),
    ],
)
def test_what_is_refused(function, parameters):
    name, value = next(iter(parameters.items()))
    with pytest.raises(ParameterError, match=f"{name} is {value}"):
        function(np.eye(2), np.arange(2), **parameters)
