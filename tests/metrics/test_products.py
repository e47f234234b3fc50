"""Metrics whose tiles are products: prepared rows against numpy's float64, and moments merged from pieces."""

import numpy as np
import pytest

from simtool.metrics import metric_of

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(2, 7, 40)) + 3.0
ONE = np.ones(7)


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


@pytest.mark.parametrize("cuts", [(1,), (20,), (3, 5, 39)])
def test_the_correlation_of_pieces_is_that_of_the_whole(cuts):
    metric, sums = metric_of("correlation"), None
    for x, y in zip(np.split(X, cuts, axis=1), np.split(Y, cuts, axis=1), strict=True):
        sums = metric.terms(x, y) if sums is None else metric.merge(sums, metric.terms(x, y))
    expected = [np.corrcoef(x, y)[0, 1] for x, y in zip(X, Y, strict=True)]
    np.testing.assert_allclose(metric.finish(sums, (ONE, ONE)), expected, rtol=1e-12)


def test_an_angle_is_that_of_its_cosine_and_its_proxy_lets_it_through():
    metric, cosines = metric_of("angular"), np.linspace(-1, 1, 101)
    angles = metric.score(cosines)
    np.testing.assert_allclose(angles, np.arccos(cosines) / np.pi, rtol=1e-14)
    assert (metric.proxy_score(angles) <= cosines).all()
    assert (metric.proxy_score(angles) >= cosines - 1e-11).all()
    assert metric.proxy_score(np.asarray([-0.1]))[0] == np.inf
    assert metric.has_no_slope(np.asarray([0.0, 0.5, 1.0])).tolist() == [True, False, True]


@pytest.mark.parametrize(("a", "b", "fits"), [(1.0, 1.0, True), (1e19, 1e19, False), (1e38, 1e-38, False)])
def test_dot_products_that_leave_float32_are_told(a, b, fits):
    assert metric_of("dot").fits_float32(a, b, 64) is fits
    assert metric_of("cosine").fits_float32(a, b, 64)
