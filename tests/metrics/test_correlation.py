"""The correlation, against scipy."""

import every_form
import numpy as np
import pytest
from scipy.spatial import distance

from simtool import metrics, pairwise, similarity

A, B = (np.random.default_rng(n).normal(size=(n, 7)) + 1e4 for n in (19, 23))


def reference(x, y):
    return 1 - distance.correlation(x - x[0], y - y[0])


def test_aligned(xp, monkeypatch):
    every_form.check_aligned("correlation", reference, A, B, xp, monkeypatch)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("backend", every_form.BACKENDS)
def test_all_pairs(backend, dtype):
    a, b = A.astype(dtype), B.astype(dtype)
    every_form.check_all_pairs("correlation", lambda x, y: reference(x.astype("f8"), y.astype("f8")), a, b, backend)


@pytest.mark.parametrize("backend", every_form.BACKENDS)
def test_equal_numbers_have_no_correlation(backend, monkeypatch):
    # their mean is rounded: what is left of 0.1 without it must not pass for a direction
    rows = np.vstack([np.full(7, 1e9 * 0.1), np.full(7, 0.1), np.random.default_rng(0).normal(size=7)])
    matrix = pairwise(rows, metric="correlation", eps=0.0, backend=backend)
    assert (matrix.array[:2] == 0).all()
    assert matrix.array[2, 2] == pytest.approx(1)
    for piece in (1 << 18, 2):
        monkeypatch.setattr("simtool.engine.aligned.CPU_PIECE", piece)
        found = similarity(rows, rows[::-1].copy(), metric="pearson", eps=0.0, backend=backend)
        assert found.array.tolist() == [0, 0, 0]
        assert found.notes == ("3 of 3 scores have a constant vector on a side and are 0.0",)


def test_a_vector_with_itself_is_one_at_most(xp):
    rows = xp.array(np.random.default_rng(0).normal(size=(200, 9)) + 1e6)
    scores = np.asarray(metrics.correlation(rows, rows))
    assert scores.max() <= 1
    assert scores.min() > 1 - 1e-15


@pytest.mark.parametrize("scale", [1e-200, 1e307])
def test_squares_neither_overflow_nor_vanish(scale):
    rows = np.random.default_rng(0).uniform(-1, 1, size=(5, 9))
    for found in (pairwise(scale * rows, metric="correlation", eps=0.0), pairwise(rows, metric="correlation")):
        np.testing.assert_allclose(found.array, np.corrcoef(rows), atol=1e-6)
    scores = metrics.correlation(scale * rows, scale * rows[::-1], eps=0.0)
    np.testing.assert_allclose(scores, np.diag(np.corrcoef(rows)[::-1]), rtol=1e-12)
