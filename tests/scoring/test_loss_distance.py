"""A loss's distance of prepared rows: quick ones are as close to the exact ones as they say."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simtool.losses.decided_negatives import DOUBT
from simtool.scoring.distances import distance_of


@pytest.mark.parametrize(("metric", "peer"), [("euclidean", "euclidean"), ("sqeuclidean", "sqeuclidean")])
def test_quick_distances_are_within_doubt_of_themselves(metric, peer):
    x, y = np.random.default_rng(0).normal(size=(2, 40, 6)) + 1e3
    y[:9] = x[:9] + 1e-7
    distance = distance_of(metric)
    sides = distance.prepare(x, y)
    found, expected = distance.of_prepared(*sides, quick=True), cdist(x, y, peer)
    assert (np.abs(found - expected) <= DOUBT * expected).all()
    assert np.abs(found - expected).max() <= distance.quick_error(*sides)
    part = distance.of_prepared(sides[0].part(3, 20), sides[1].part(5, 40))
    np.testing.assert_allclose(part, expected[3:20, 5:40], rtol=1e-14)


@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_quick_distances_of_known_products_are_as_close(scale):
    x, y = scale * np.random.default_rng(2).normal(size=(2, 40, 6)) + np.eye(6)[0]
    x[3], y[:5] = 0.0, x[:5]
    units = [side / np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-8) for side in (x, y)]
    distance, expected = distance_of("unit-euclidean"), cdist(*units)
    sides = distance.prepare(x, y)
    found = distance.of_prepared(*sides, quick=True, products=sides[0].rows @ sides[1].rows.T)
    assert (np.abs(found - expected) <= DOUBT * expected + 2e-16).all()
    assert np.abs(found - expected).max() <= distance.quick_error(*sides)


def test_what_has_no_quick_way_has_no_error_of_it():
    sides = distance_of("cosine").prepare(*np.random.default_rng(1).normal(size=(2, 4, 3)))
    assert distance_of("cosine").quick_error(*sides) == 0.0
    assert distance_of("cosine").takes_all_rows
    assert not distance_of("manhattan").takes_all_rows
