"""Metrics made of a cosine: moments merged from pieces against numpy, and angles against the arc cosine."""

import numpy as np
import pytest

from simtool.metrics import metric_of

X, Y = np.random.default_rng(0).normal(size=(2, 7, 40)) + 3.0
ONE = np.ones(7)


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
