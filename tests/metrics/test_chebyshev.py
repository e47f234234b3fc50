"""The Chebyshev distance, against scipy."""

import every_form
import numpy as np
import pytest
from scipy.spatial.distance import chebyshev

from simtool import metrics, pairwise

A, B = (np.random.default_rng(n).normal(size=(n, 7)) for n in (19, 23))


def test_aligned(xp, monkeypatch):
    every_form.check_aligned("chebyshev", chebyshev, A, B, xp, monkeypatch)


@pytest.mark.parametrize("backend", every_form.BACKENDS)
def test_all_pairs(backend):
    every_form.check_all_pairs("chebyshev", chebyshev, A, B, backend)


def test_whole_numbers_are_exact():
    assert metrics.chebyshev(np.asarray([512695.0, 1.0]), np.asarray([512804.0, 9.0])).item() == 109
    rows = np.asarray([[3, 0], [0, 4], [0, 0]])
    assert pairwise(rows, metric="linf").array.tolist() == [[0, 4, 3], [4, 0, 4], [3, 4, 0]]
