"""Losses by the names of libraries, and their gradients, beside those libraries on the same batches."""

import pytest
import torch

import simtool

GENERATOR = torch.Generator().manual_seed(7)
ROWS = torch.randn(24, 6, dtype=torch.float64, generator=GENERATOR)
NEAR, FAR = (ROWS + torch.randn(24, 6, dtype=torch.float64, generator=GENERATOR) * spread for spread in (0.7, 0.9))
CLASSES, SIMILAR = torch.arange(24) % 6, torch.arange(24) % 2
SCORES = torch.rand(24, dtype=torch.float64, generator=GENERATOR)


def step(loss, sides, labels):
    """Return the loss and the gradient of each side."""
    leaves = [side.clone().requires_grad_() for side in sides]
    value = loss(leaves, labels)
    return value, *torch.autograd.grad(value, leaves)


def assert_the_same(peer, own, sides, labels=None):
    given = () if labels is None else (labels,)
    for found, expected in zip(
        step(lambda leaves, labels: own(*leaves, *given), sides, labels), step(peer, sides, labels), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ["CircleLoss", "MultiSimilarityLoss", "NTXentLoss", "SupConLoss", "TripletMarginLoss"])
def test_pytorch_metric_learning(name):
    peer = getattr(pytest.importorskip("pytorch_metric_learning.losses"), name)()
    own = getattr(simtool.losses.pml, name)()
    assert_the_same(lambda leaves, labels: peer(leaves[0], labels), own, [ROWS], CLASSES)


@pytest.mark.parametrize(
    ("name", "sides", "labels"),
    [
        ("AnglELoss", [ROWS, NEAR], SCORES),
        ("CoSENTLoss", [ROWS, NEAR], SCORES),
        ("ContrastiveLoss", [ROWS, NEAR], SIMILAR),
        ("MultipleNegativesRankingLoss", [ROWS, NEAR], None),
        ("OnlineContrastiveLoss", [ROWS, NEAR], SIMILAR),
        ("TripletLoss", [ROWS, NEAR, FAR], None),
    ],
)
def test_sentence_transformers(name, sides, labels):
    losses = pytest.importorskip("sentence_transformers.sentence_transformer.losses")
    peer = getattr(losses, name)(None)  # a model, which ready embeddings do not need
    own = getattr(simtool.losses.sbert, name)()
    assert_the_same(peer.compute_loss_from_embeddings, own, sides, labels)
