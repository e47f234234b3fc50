"""Losses from scores, their derivatives by the scores, and gradients written among rows that were left out."""

import numpy as np
import pytest
import torch

from simtool.backend import choose_backend
from simtool.io import as_vectors
from simtool.scoring.example_scores import AlignedRows
from simtool.scoring.examples import among_all, gradient_norms, outcome, score, slopes, write_gradients
from simtool.scoring.spec import read_specs

A, B = np.random.default_rng(0).normal(size=(2, 15, 4))
SIMILAR = np.arange(15) % 3 == 0
MARGIN = 0.4


def asked(reduction="mean"):
    options = {"variant": None, "metric": None, "reduction": reduction}
    return read_specs(["cosine"], **options, parameters={"margin": MARGIN})[0]


def scored():
    rows = AlignedRows((as_vectors(A, "a"), as_vectors(B, "b")), 1e-8, choose_backend("numpy"))
    return rows, score(rows, [asked()], np.where(SIMILAR, 1.0, 0.0), SIMILAR)


def reference(reduction):
    """The loss of torch, and its gradients."""
    leaves = [torch.from_numpy(side).requires_grad_() for side in (A, B)]
    signs = torch.from_numpy(np.where(SIMILAR, 1, -1))
    found = torch.nn.CosineEmbeddingLoss(margin=MARGIN, reduction=reduction)(*leaves, signs)
    found.backward()
    return found.item(), [leaf.grad.numpy() for leaf in leaves]


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_loss_and_its_gradient_are_those_of_torch(reduction):
    (rows, found), (expected, gradients) = scored(), reference(reduction)
    spec = asked(reduction)
    assert outcome(spec, found, []).summary()["loss"] == pytest.approx(expected, rel=1e-12)
    given = []
    squares = write_gradients(rows, spec, found, [], lambda start, parts: given.append(parts))
    for side, gradient in enumerate(gradients):
        np.testing.assert_allclose(np.concatenate([parts[side] for parts in given]), gradient, rtol=1e-10, atol=1e-14)
    norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
    assert np.sqrt(squares.sum()) == pytest.approx(norm, rel=1e-12)
    assert gradient_norms(rows, [spec], found, []) == pytest.approx([norm], rel=1e-12)


def test_slopes_are_of_the_score_alone():
    _, found = scored()
    (values,) = found.values.values()
    expected = np.where(SIMILAR, -1.0, np.where(values > MARGIN, 1.0, 0.0)) / 15
    np.testing.assert_allclose(slopes(asked(), found, []), expected[None], rtol=1e-14)


@pytest.mark.parametrize("cuts", [[], [1], [2, 3]])
def test_rows_that_were_left_out_have_the_gradient_zero(cuts):
    kept, whole = np.asarray([1, 4, 5, 8]), np.zeros((10, 2))
    gradient = np.arange(1.0, 9).reshape(4, 2)
    seen = []

    def sink(start, parts):
        assert start == len(seen)
        seen.extend(parts[0].tolist())
        assert parts[1] == "as it is"

    write = among_all(sink, kept, 10, 1)
    for start, stop in zip([0, *cuts], [*cuts, 4], strict=True):
        write(start, [gradient[start:stop], "as it is"])
    whole[kept] = gradient
    assert seen == whole.tolist()
