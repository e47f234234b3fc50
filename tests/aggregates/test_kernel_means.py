"""The width of kernels: the median of the distances of drawn pairs, against all of them."""

from math import sqrt

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from simtool.aggregates import kernel_means
from simtool.aggregates.kernel_means import median_width
from simtool.aggregates.two_sample import mmd_rbf
from simtool.backend import choose_backend

NUMPY = {"backend": choose_backend("numpy")}


def test_the_width_is_that_of_drawn_pairs_where_there_are_many(monkeypatch):
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(700, 3)), rng.normal(size=(600, 3)) + 1
    whole = float(np.median(pdist(np.concatenate([x, y]))))
    assert median_width(x, y) != whole
    assert median_width(x, y) == pytest.approx(whole, rel=0.02)
    assert median_width(x, y, seed=0) == median_width(x, y) != median_width(x, y, seed=1)
    assert mmd_rbf(x, y, seed=1, **NUMPY).width == median_width(x, y, seed=1)
    monkeypatch.setattr(kernel_means, "MEDIAN_PAIRS", 1300 * 1299 // 2)
    assert median_width(x, y) == pytest.approx(whole, rel=1e-14)


def test_no_row_is_drawn_with_itself(monkeypatch):
    monkeypatch.setattr(kernel_means, "MEDIAN_PAIRS", 2)
    widths = {median_width(np.eye(3)[:2], np.eye(3)[2:], seed=seed) for seed in range(20)}
    assert widths == {sqrt(2)}


def test_the_width_of_equal_rows():
    assert median_width(np.ones((3, 2)), np.ones((2, 2))) == 1.0
    assert median_width(np.ones((9, 1)), np.asarray([[4.0]])) == 3.0
    assert mmd_rbf(np.ones((3, 2)), np.ones((2, 2)), **NUMPY) == (0.0, 0.0, 1.0)
