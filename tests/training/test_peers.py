"""Losses by the names of libraries, and their gradients, beside those libraries on the same batches."""

import numpy as np
import pytest
import torch

import simtool
from simtool.catalogue import find
from simtool.catalogue.libraries import LIBRARY_LOSSES
from simtool.nn import Loss

GENERATOR = torch.Generator().manual_seed(7)
ROWS = torch.randn(24, 6, dtype=torch.float64, generator=GENERATOR)
NEAR, FAR = (ROWS + torch.randn(24, 6, dtype=torch.float64, generator=GENERATOR) * spread for spread in (0.7, 0.9))
SCORES = torch.rand(24, generator=GENERATOR).double()  # sentence-transformers rounds them to float32
LABELS = {"class": torch.arange(24) % 6, "binary": torch.arange(24) % 2, "score": SCORES, "none": None}
PRECISION = {"pml.MarginLoss": 1e-7}  # of float64; the library holds beta in float32


def step(loss, sides):
    """Return the loss and the gradient of each side."""
    leaves = [side.clone().requires_grad_() for side in sides]
    value = loss(leaves)
    return value.detach(), *torch.autograd.grad(value, leaves)


def names(library):
    return [row.name for row in LIBRARY_LOSSES if row.library == library]


def assert_the_same(full_name, peer, dtype, own=None):
    """Compare the module, and the command that takes arrays, with the library; a gradient by its largest number."""
    entry = find("loss", full_name)
    sides, labels = [side.to(dtype) for side in (ROWS, NEAR, FAR)[: len(entry.roles)]], LABELS[entry.labels]
    given = () if labels is None else (labels,)
    own = own or Loss(full_name)
    expected, found = step(lambda leaves: peer(leaves, labels), sides), step(lambda leaves: own(*leaves, *given), sides)
    precision = PRECISION.get(full_name, 1e-12) if dtype == torch.float64 else 1e-5
    weights = None if entry.inputs != "classifier" else own.weights.detach().numpy()
    slopes = []
    reported = simtool.loss(
        *(side.numpy() for side in sides),
        kind=full_name,
        labels=labels,
        weights=weights,
        gradients=lambda _, parts: slopes.extend(parts),
    )
    both = [found, (reported.summary["loss"], *slopes[: len(sides)])]
    for each in both:
        for number, of_peer in zip(each, expected, strict=True):
            scale = of_peer.abs().max().item()
            np.testing.assert_allclose(number, of_peer, rtol=0, atol=precision * scale)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", names("pml"))
def test_pytorch_metric_learning(name, dtype):
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    if name in ("ArcFaceLoss", "CosFaceLoss"):
        peer, own = getattr(losses, name)(6, 6).to(dtype), Loss(f"pml.{name}", num_classes=6, embedding_dim=6).to(dtype)
        with torch.no_grad():
            peer.W.copy_(own.weights.T)
    else:
        peer, own = getattr(losses, name)(), None
    assert_the_same(f"pml.{name}", lambda leaves, labels: peer(leaves[0], labels), dtype, own)


@pytest.mark.filterwarnings("ignore:The MultipleNegativesSymmetricRankingLoss is deprecated")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", [name for name in names("sbert") if name != "MSELoss"])
def test_sentence_transformers(name, dtype):
    losses = pytest.importorskip("sentence_transformers.sentence_transformer.losses")
    peer = getattr(losses, name)(None)  # a model, which ready embeddings do not need
    assert_the_same(f"sbert.{name}", peer.compute_loss_from_embeddings, dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", names("torch"))
def test_torch(name, dtype):
    peer = getattr(torch.nn, name)()
    signed = (lambda leaves, labels: peer(*leaves, 2 * labels - 1)) if name == "CosineEmbeddingLoss" else None
    assert_the_same(f"torch.{name}", signed or (lambda leaves, _: peer(*leaves)), dtype)
