"""Metrics whose tiles are products: prepared rows against numpy's float64."""

import numpy as np
import pytest

from simtool.metrics import metric_of

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(2, 7, 40)) + 3.0


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


DIRECTED = {"cosine": unit, "angular": unit, "correlation": lambda rows: unit(rows - rows.mean(axis=1, keepdims=True))}


@pytest.mark.parametrize("name", DIRECTED)
@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200])
def test_rows_are_prepared_at_unit_length(name, scale):
    metric = metric_of(name, eps=0.0)
    found = metric.prepare(X * scale, None, scaled=scale != 1.0)
    np.testing.assert_allclose(found, DIRECTED[name](X), rtol=1e-12, atol=1e-15)
    assert not metric.prepare(np.zeros((1, 3)), None, scaled=False).any()


@pytest.mark.parametrize(("a", "b", "fits"), [(1.0, 1.0, True), (1e19, 1e19, False), (1e38, 1e-38, False)])
def test_dot_products_that_leave_float32_are_told(a, b, fits):
    assert metric_of("dot").fits_float32(a, b, 64) is fits
    assert metric_of("cosine").fits_float32(a, b, 64)
