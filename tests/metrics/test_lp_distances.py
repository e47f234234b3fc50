"""Distances of p-norms: tiles against scipy; their pieces are tested with those of other differences."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simtool.backend import choose_backend
from simtool.engine import Kernel
from simtool.errors import ParameterError
from simtool.metrics import metric_of

METRICS = {"manhattan": ("cityblock", {}), "chebyshev": ("chebyshev", {}), "minkowski": ("minkowski", {"p": 3.0})}


@pytest.mark.parametrize("name", METRICS)
def test_a_tile_is_that_of_scipy(name):
    x, y = np.random.default_rng(0).normal(size=(2, 9, 5))
    peer, options = METRICS[name]
    kernel = Kernel(metric_of(name, **options), "float64", False, choose_backend("numpy"))
    found = kernel.scores(kernel.tile(kernel.prepare(x), kernel.prepare(y[:7])))
    np.testing.assert_allclose(found, cdist(x, y[:7], peer, **options), rtol=1e-14)


@pytest.mark.parametrize("p", [0.5, np.inf])
def test_a_p_without_a_distance_is_refused(p):
    with pytest.raises(ParameterError):
        metric_of("minkowski", p=p)
