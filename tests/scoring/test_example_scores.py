"""Scores of examples in pieces and their derivatives, against scipy and torch's autograd on all rows at once."""

import numpy as np
import pytest
import torch
from scipy.spatial import distance

from simtool.backend import choose_backend
from simtool.io import as_vectors
from simtool.scoring import example_scores
from simtool.scoring.example_scores import AlignedRows, Term

X = np.random.default_rng(0).normal(size=(3, 20, 6))
TERMS = [Term("cosine", 0, 1), Term("euclidean", 0, 2), Term("sqeuclidean", 1, 2)]
SCIPY = [lambda x, y: 1 - distance.cosine(x, y), distance.euclidean, distance.sqeuclidean]
TORCH = [
    torch.nn.functional.cosine_similarity,
    lambda x, y: torch.linalg.vector_norm(x - y, dim=1),
    lambda x, y: ((x - y) ** 2).sum(dim=1),
]


def rows_of(arrays, backend="numpy"):
    return AlignedRows(tuple(as_vectors(side, "x") for side in arrays), 1e-8, choose_backend(backend))


@pytest.fixture(params=[7, 1 << 20], autouse=True)
def pieces(request, monkeypatch):
    for name in ("CPU_PART", "CPU_PIECE", "GRADIENT_PIECE"):
        monkeypatch.setattr(example_scores, name, request.param)


def jacobians():
    """The derivative of each score by each input, (k, inputs, n, d)."""
    leaves = [torch.from_numpy(side).requires_grad_() for side in X]
    found = []
    for term, score in zip(TERMS, TORCH, strict=True):
        total = score(leaves[term.left], leaves[term.right]).sum()
        slopes = torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)
        found.append(np.stack([slope.numpy() for slope in slopes]))
    return np.stack(found)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_scores_are_those_of_scipy(backend):
    found = rows_of(X, backend).scores(TERMS)
    for term, scores, reference in zip(TERMS, found, SCIPY, strict=True):
        expected = [reference(x, y) for x, y in zip(X[term.left], X[term.right], strict=True)]
        np.testing.assert_allclose(scores, expected, rtol=1e-12)


def test_sizes_whose_squares_leave_float64_are_scored_too():
    found = rows_of(X * 1e200).scores(TERMS[:2])
    plain = rows_of(X).scores(TERMS[:2])
    np.testing.assert_allclose(found[0], plain[0], rtol=1e-12)
    np.testing.assert_allclose(found[1], 1e200 * plain[1], rtol=1e-12)


def test_gradients_and_their_overlaps_are_those_of_autograd():
    weights, whole = np.random.default_rng(1).normal(size=(3, 20)), jacobians()
    expected = np.einsum("kn,kind->ind", weights, whole)
    for start, stop, parts in rows_of(X).gradients(TERMS, weights):
        np.testing.assert_allclose(np.stack(parts), expected[:, start:stop], rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(
        rows_of(X).overlaps(TERMS), np.einsum("kind,lind->nkl", whole, whole), rtol=1e-11, atol=1e-14
    )


def test_zero_rows_are_counted_and_right_angles_are_not():
    a, b = np.asarray([[1.0, 0], [0, 0], [1, 1]]), np.asarray([[0, 1.0], [1, 1], [1, 1]])
    rows = rows_of((a, b))
    assert rows.zero_rows(rows.scores(TERMS[:1])[0]) == 1
