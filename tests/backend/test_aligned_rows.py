"""Dot products of aligned float32 rows, against numpy in float64."""

import numpy as np
import pytest

from simtool.backend import widened_dots


@pytest.mark.parametrize("n", [1, 2, 41])  # in one part, and in two
def test_float32_rows_are_summed_in_float64(n):
    x, y = np.random.default_rng(0).normal(size=(2, n, 4000)).astype(np.float32)
    y = np.asfortranarray(y)
    wide, other = x.astype(np.float64), y.astype(np.float64)
    expected = [(wide * other).sum(1), (wide**2).sum(1), (other**2).sum(1)]
    np.testing.assert_allclose(widened_dots(x, y), expected, rtol=1e-13, atol=1e-11)
