"""Gradients of losses of batches, against autograd of torch's own cross entropy and of a loop over anchors."""

import numpy as np
import pytest
import torch

import simtool
from simtool.scoring import batch_scores

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 17, 4))
CODES = np.arange(17) % 5
TEMPERATURE = 0.3


@pytest.fixture(params=[3, 1 << 20], ids=["few anchors", "all anchors"], autouse=True)
def anchors_at_a_time(request, monkeypatch):
    monkeypatch.setattr(batch_scores, "STRIPE_BYTES", 64 * 17 * request.param)


def given(*inputs, **options):
    """What the library gives for each input, and the norm that it tells."""
    parts = []
    found = simtool.loss(*inputs, temperature=TEMPERATURE, gradients=lambda _, each: parts.extend(each), **options)
    return parts, found.summary["gradient_norm"]


def check(found, norm, leaves):
    for part, leaf in zip(found, leaves, strict=True):
        np.testing.assert_allclose(part, leaf.grad.numpy(), rtol=1e-10, atol=1e-15)
    assert norm == pytest.approx(float(sum((leaf.grad**2).sum() for leaf in leaves)) ** 0.5, rel=1e-12)


@pytest.mark.parametrize("symmetric", [0, 1])
def test_two_views_are_cross_entropies(symmetric):
    leaves = [torch.from_numpy(side.copy()).requires_grad_() for side in (A, B)]
    x, y = map(torch.nn.functional.normalize, leaves)
    scores, partners = x @ y.T / TEMPERATURE, torch.arange(17)
    total = torch.nn.functional.cross_entropy(scores, partners)
    if symmetric:
        total = (total + torch.nn.functional.cross_entropy(scores.T, partners)) / 2
    total.backward()
    check(*given(A, B, kind="info-nce", symmetric=symmetric), leaves)


def test_classes_are_a_loop_over_anchors():
    leaf = torch.from_numpy(A.copy()).requires_grad_()
    unit = torch.nn.functional.normalize(leaf)
    items = []
    for i in range(17):
        others = [j for j in range(17) if j != i]
        logs = torch.log_softmax(unit[others] @ unit[i] / TEMPERATURE, dim=0)
        items.append(-logs[[CODES[j] == CODES[i] for j in others]].mean())
    torch.stack(items).mean().backward()
    check(*given(A, labels=CODES, kind="sup-con"), [leaf])
