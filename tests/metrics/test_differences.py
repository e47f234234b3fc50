"""Metrics of differences as they are merged from pieces of a vector, against scipy on the whole."""

import numpy as np
import pytest
from scipy.spatial import distance

from simtool.errors import ParameterError
from simtool.metrics import magnitude, metric_of

X, Y = np.random.default_rng(0).normal(size=(2, 6, 50)) * np.asarray([1e-3, 1, 1e6, 1, 1, 1])[:, None]
Y[3] = X[3]
SCIPY = {
    "euclidean": distance.euclidean,
    "sqeuclidean": distance.sqeuclidean,
    "manhattan": distance.cityblock,
    "chebyshev": distance.chebyshev,
    "minkowski": lambda x, y: distance.minkowski(x, y, 3),
    "snr": lambda x, y: np.var(x - y) / np.var(x),
}


@pytest.mark.parametrize("name", SCIPY)
@pytest.mark.parametrize("cuts", [(1,), (25,), (7, 8, 49)])
def test_pieces_of_a_vector_come_to_the_whole(name, cuts):
    metric = metric_of(name, **({"p": 3.0} if name == "minkowski" else {}))
    parts = zip(np.split(X, cuts, axis=1), np.split(Y, cuts, axis=1), strict=True)
    sums = None
    for x, y in parts:
        terms = metric.terms(x, y)
        sums = terms if sums is None else metric.merge(sums, terms)
    one = np.ones(len(X))
    expected = [SCIPY[name](x, y) for x, y in zip(X, Y, strict=True)]
    np.testing.assert_allclose(metric.finish(sums, (one, one)), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["euclidean", "sqeuclidean", "manhattan"])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 1.0, 1e9])
def test_a_proxy_of_a_threshold_lets_every_closer_pair_through(name, threshold):
    metric = metric_of(name)
    scores = np.asarray([threshold, threshold * (1 - 1e-15)])
    proxies = -(scores**2) if name == "euclidean" else -scores
    assert (proxies >= metric.proxy_score(np.asarray([threshold]))).all()


def test_distances_of_tiny_and_huge_vectors_are_scaled():
    for size in (1e-200, 1e200):
        x, y = np.asarray([[3 * size, 0.0]]), np.asarray([[0.0, 4 * size]])
        metric = metric_of("euclidean")
        scales = metric.scales(magnitude(x), magnitude(y))
        sums = metric.terms(x / scales[0][:, None], y / scales[1][:, None])
        assert metric.finish(sums, scales)[0] == pytest.approx(5 * size, rel=1e-15)


def test_an_eps_that_would_divide_by_0_is_refused():
    with pytest.raises(ParameterError):
        metric_of("snr", eps=0)
