"""Moments of streamed rows against numpy in one piece."""

import numpy as np
import pytest

from simtool.aggregates import moments as module
from simtool.aggregates.moments import centred, centred_squares, check_at_least, check_whole, compact, moments, scale_of
from simtool.backend import choose_backend
from simtool.errors import ParameterError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(50, 4)) + 1e6, RNG.normal(size=(50, 3)) - 5


@pytest.mark.parametrize("chunk", [1, 20, 1 << 20])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_moments_are_those_of_all_rows(backend, chunk, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", chunk)
    found = moments(X, Y, scales=(2.0, 1.0), backend=choose_backend(backend))
    sides = [X / 2, Y]
    for mean, side in zip(found.means, sides, strict=True):
        np.testing.assert_allclose(mean, side.mean(axis=0), rtol=1e-14)
    near = [side - side.mean(axis=0) for side in sides]
    for (i, j), product in found.products.items():
        np.testing.assert_allclose(product, near[i].T @ near[j], rtol=0, atol=1e-8)
    squares = centred_squares(X, Y, means=found.means, scales=(2.0, 1.0), backend=choose_backend(backend))
    parts = [np.concatenate([np.asarray(part[side]) for part in squares]) for side in (0,)]
    np.testing.assert_allclose(parts[0], (near[0] ** 2).sum(axis=1), rtol=1e-8)


def test_equal_rows_leave_exactly_nothing():
    same = np.full((9, 3), 0.1)
    assert not moments(same, scales=(1.0,), backend=choose_backend("numpy")).products[0, 0].any()
    near, mean = centred(same, 1.0)
    assert not near.any()
    assert mean.tolist() == [0.1] * 3


def test_few_wide_rows_are_turned_and_keep_their_products():
    wide = RNG.normal(size=(5, 40))
    rows, left = compact(wide)
    assert rows.shape == (5, 5)
    assert left == 1.0  # they are divided by their scale already
    near = (wide - wide.mean(axis=0)) / scale_of(wide)
    turned = rows - rows.mean(axis=0)
    np.testing.assert_allclose(turned @ turned.T, near @ near.T, atol=1e-12)
    assert compact(X)[0] is X


def test_scales_are_powers_of_two_that_keep_squares_in_range():
    assert scale_of(X.astype("f4")) == 1.0
    scale = scale_of(np.asarray([[3e200, 1.0]]))
    assert np.log2(scale) == round(np.log2(scale))
    assert 1 <= 3e200 / scale < 2
    assert scale_of(np.zeros((2, 2))) == 1.0


def test_parameters_out_of_range_are_refused():
    assert check_whole("k", 3.0, 1) == 3
    for value in (0, 1.5, float("nan")):
        with pytest.raises(ParameterError, match="expected a whole number of at least 1"):
            check_whole("k", value, 1)
    with pytest.raises(ParameterError, match=r"fraction is nan, expected at least 0"):
        check_at_least("fraction", float("nan"), 0)
