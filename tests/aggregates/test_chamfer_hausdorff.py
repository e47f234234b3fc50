"""Distances to the nearest row: known values and scipy; test_shared_matches.py has the loops."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, directed_hausdorff

from simtool.aggregates.chamfer_hausdorff import chamfer, hausdorff
from simtool.backend import choose_backend
from simtool.errors import DataError, ShapeError

NUMPY = {"backend": choose_backend("numpy")}


def test_close_rows_far_from_the_origin_do_not_cancel():
    # numerics.md: 512695 against 512804 is 109
    x, y = np.asarray([[512695.0], [512700.0]]), np.asarray([[512804.0]])
    assert hausdorff(x, y, **NUMPY) == (109.0, 109.0, 104.0, 109.0 - 0.05 * 5)
    assert chamfer(x, y, **NUMPY) == (106.5 + 104, 106.5, 104.0)


def test_known_distances():
    # y is x moved by (3, 4), and the points of x are further apart than that
    x = 100.0 * np.arange(5)[:, None] * np.ones((1, 2))
    moved = x + np.asarray([3, 4])
    assert chamfer(x, moved, **NUMPY) == (10.0, 5.0, 5.0)
    assert hausdorff(x, moved, **NUMPY) == (5.0, 5.0, 5.0, 5.0)
    outlier = np.concatenate([x, [[-1000.0, 0]]])
    assert hausdorff(x, outlier, **NUMPY)[:3] == (1000.0, 0.0, 1000.0)


def test_the_distances_of_scipy():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(60, 3)) + 0.3
    found = hausdorff(x, y, **NUMPY)
    assert found.forward == pytest.approx(directed_hausdorff(x, y)[0], abs=1e-14)
    assert found.backward == pytest.approx(directed_hausdorff(y, x)[0], abs=1e-14)
    distances = cdist(x, y)
    assert chamfer(x, y, **NUMPY).forward == pytest.approx(distances.min(axis=1).mean(), abs=1e-14)
    assert chamfer(x, y, **NUMPY).backward == pytest.approx(distances.min(axis=0).mean(), abs=1e-14)


def test_what_is_refused():
    with pytest.raises(ShapeError, match="expected 2 weights"):
        chamfer(np.eye(2), np.eye(2), weights_a=np.ones(3), **NUMPY)
    with pytest.raises(DataError, match="leaves the range of float64"):
        hausdorff(np.full((2, 2), 1e200), -np.full((2, 2), 1e200), **NUMPY)
