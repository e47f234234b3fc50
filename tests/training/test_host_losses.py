"""Losses of aligned rows by numpy: the numbers and gradients of torch in float64, and what is left to torch."""

import numpy as np
import pytest
import torch

import simtool
from simtool.catalogue import find
from simtool.errors import LabelError
from simtool.training import losses as training
from simtool.training.losses import batch_loss_of

GENERATOR = torch.Generator().manual_seed(5)
X, Y, Z = (torch.randn(30, 7, generator=GENERATOR) for _ in range(3))
Y, Z = X + 0.8 * Y, X + Z
LABELS = torch.arange(30) % 2
LOSSES = [
    ("contrastive", {}),
    ("contrastive", {"variant": "sbert"}),
    ("contrastive", {"distance": "sqeuclidean", "squared": 0.0, "positive_margin": 2.0, "margin": 4.0}),
    ("cosine", {}),
    ("cosine-embedding", {"margin": 0.6, "eps": 2.5}),
    ("triplet", {}),
    ("triplet", {"variant": "sbert"}),
    ("triplet", {"distance": "cosine-distance", "margin": 0.1}),
]


@pytest.fixture
def taken(monkeypatch):
    """Whether numpy computed each loss."""
    found = []

    def watched(*arguments):
        loss = host_loss(*arguments)
        found.append(loss is not None)
        return loss

    host_loss = training.host_loss
    monkeypatch.setattr(training, "host_loss", watched)
    return found


def called(kind, sides, **options):
    """The loss of a batch, with labels where it takes them."""
    labels = LABELS[: len(sides[0])] if find("loss", kind).labels == "binary" else None
    return batch_loss_of(kind, **options)(sides, labels)


def sides_of(kind, dtype=torch.float32):
    return [side.to(dtype, copy=True).requires_grad_() for side in (X, Y, Z)[: len(find("loss", kind).roles)]]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "active-mean", "active-mean-by-label"])
@pytest.mark.parametrize(("kind", "options"), LOSSES)
def test_numbers_and_gradients_are_those_of_torch_in_float64(taken, kind, options, reduction):
    if reduction == "active-mean-by-label" and kind == "triplet":
        reduction = "mean"
    narrow, wide = sides_of(kind), sides_of(kind, torch.float64)
    found, expected = (called(kind, sides, reduction=reduction, **options) for sides in (narrow, wide))
    assert taken == [True, False]
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), expected, rtol=1e-6, atol=1e-6 * expected.abs().max().item())
    weights = torch.linspace(1, 2, 30) if found.ndim else torch.tensor(3.0)
    slopes = torch.autograd.grad((found * weights).sum(), narrow)
    for slope, each in zip(slopes, torch.autograd.grad((expected * weights).sum(), wide), strict=True):
        torch.testing.assert_close(slope.double(), each, rtol=0, atol=2e-6 * each.abs().max().item())


@pytest.mark.parametrize(("kind", "options"), LOSSES)
def test_gradients_of_gradients_are_those_of_torch(kind, options):
    found = []
    for dtype in (torch.float32, torch.float64):
        sides = sides_of(kind, dtype)
        slopes = torch.autograd.grad(called(kind, sides, **options), sides, create_graph=True)
        found.append(torch.autograd.grad(sum((slope**2).sum() for slope in slopes), sides))
    for narrow, wide in zip(*found, strict=True):
        torch.testing.assert_close(narrow.double(), wide, rtol=0, atol=1e-5 * wide.abs().max().item())


def test_gradients_of_functions_are_those_of_backward(taken):
    x, labels = X.clone().requires_grad_(), LABELS.numpy()  # torch.func gives no memory of tensors
    (expected,) = torch.autograd.grad(simtool.losses.contrastive(x, Y, labels), x)
    found = torch.func.grad(lambda x: simtool.losses.contrastive(x, Y, labels))(X)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)
    assert taken == [True, False]


def test_a_compiled_loss_is_the_same(taken):
    sides = sides_of("contrastive")
    compiled = torch.compile(simtool.nn.Loss("contrastive"), backend="aot_eager")
    torch.testing.assert_close(compiled(*sides, LABELS), called("contrastive", sides))
    assert taken == [True, True]


@pytest.mark.parametrize(
    ("kind", "options", "row"),
    [
        ("cosine-embedding", {}, torch.zeros(7)),
        ("cosine-embedding", {}, torch.full((7,), 1e25)),
        ("cosine-embedding", {}, torch.full((7,), torch.nan)),
        ("contrastive", {}, Y[3]),
        ("contrastive", {}, torch.full((7,), 1e-30)),
        ("triplet", {"swap": 1.0}, X[3]),
        ("triplet", {"distance": "manhattan"}, X[3]),
        ("bce", {}, X[3]),
    ],
)
def test_what_float32_or_a_formula_does_not_allow_is_left_to_torch(taken, kind, options, row):
    sides = sides_of(kind)
    with torch.no_grad():
        sides[0][3] = row
        if row.max() < 1e-20:
            sides[1][3] = 0
    loss = called(kind, sides, **options)
    loss.backward()
    assert taken == [False]
    assert row.isnan().any() or all(side.grad.isfinite().all() for side in sides)


def test_labels_are_read_at_each_call():
    labels = LABELS.clone()
    before = simtool.losses.cosine_embedding(X, Y, labels)
    labels[1] = 0
    assert simtool.losses.cosine_embedding(X, Y, labels) != before
    labels[1] = 2
    with pytest.raises(LabelError, match="row 1 has label 2"):
        simtool.losses.cosine_embedding(X, Y, labels)


def test_only_the_sides_that_want_a_gradient_have_one():
    x, y, z = sides_of("triplet")
    simtool.losses.triplet(x.detach(), y, z.detach(), margin=9.0).backward()
    assert x.grad is None
    assert z.grad is None
    assert y.grad.abs().sum() > 0
    assert not simtool.losses.triplet(X, Y, Z).requires_grad
    assert isinstance(simtool.losses.triplet(X.numpy(), Y.numpy(), Z.numpy()), np.float32)
