"""The losses of two views against loops, torch, other libraries, and their gradients."""

from math import exp, log

import numpy as np
import pytest
import torch
from batches import as_variant, of_views
from loops import loop_info_nce
from peers_batch import VIEWS_A, VIEWS_B
from torch.nn.functional import cross_entropy, logsigmoid, normalize

from simtool.backend import quiet
from simtool.errors import ParameterError, ShapeError
from simtool.losses.in_batch_negatives import info_nce, n_pairs, partner_mask, siglip


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


def test_clip_is_cross_entropy_of_rows_and_columns():
    a, b = (normalize(torch.tensor(rows, dtype=torch.float64)) for rows in (VIEWS_A, VIEWS_B))
    logits, places = a @ b.T / 0.07, torch.arange(5)
    expected = (cross_entropy(logits, places) + cross_entropy(logits.T, places)) / 2
    assert as_variant("info-nce", "clip", None, VIEWS_A, VIEWS_B) == pytest.approx(expected.item(), rel=1e-12)


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
