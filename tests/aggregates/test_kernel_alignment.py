"""CKA against the HSIC of centred kernel matrices; test_spaces.py has its laws."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simtool.aggregates import kernel_alignment as module
from simtool.aggregates.kernel_alignment import linear_cka, rbf_cka
from simtool.backend import choose_backend
from simtool.errors import ParameterError, ShapeError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 5))
Y = np.concatenate([X[:, :2] ** 2, RNG.normal(size=(30, 4))], axis=1)


def alignment(k, other):
    centre = np.eye(len(k)) - 1 / len(k)
    k, other = (centre @ matrix @ centre for matrix in (k, other))
    return (k * other).sum() / np.sqrt((k * k).sum() * (other * other).sum())


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_linear_alignment_is_that_of_gram_matrices(backend):
    found = linear_cka(X, Y, backend=choose_backend(backend))
    assert found.score == pytest.approx(alignment(X @ X.T, Y @ Y.T), abs=1e-12)


@pytest.mark.parametrize("fraction", [0.5, 1.0])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_rbf_alignment_is_that_of_gaussian_kernels(backend, fraction):
    kernels = []
    for rows in (X, Y):
        distances = cdist(rows, rows)
        width = fraction * np.median(distances[np.triu_indices(len(rows), 1)])
        kernels.append(np.exp(-(distances**2) / (2 * width**2)))
    found = rbf_cka(X, Y, fraction=fraction, backend=choose_backend(backend))
    assert found.score == pytest.approx(alignment(*kernels), abs=1e-9)


def test_what_is_refused():
    with pytest.raises(ShapeError, match="same items"):
        linear_cka(X, Y[:9])
    with pytest.raises(ParameterError, match="fraction"):
        rbf_cka(X, Y, fraction=0.0)
    assert module.linear_cka(X, X).score == pytest.approx(1.0, abs=1e-14)
