"""The steps that the array API leaves out, by numpy and by torch, against plain numpy."""

import numpy as np
import pytest

from simtool.backend import choose_backend

BACKENDS = ["numpy", "torch"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i4", "i8", "u1", "u2", "u4", "u8"])
def test_arrays_arrive_as_they_left(backend, dtype):
    chosen = choose_backend(backend)
    array = np.arange(24, dtype=dtype).reshape(4, 6)
    strided = array[::-2, ::3]
    strided.flags.writeable = False
    for view in (array, strided, array.T, array[0, 0], np.asarray(array[0, 0])):
        wide = chosen.get(chosen.put(view, chosen.xp.float64))
        assert wide.dtype == np.float64
        assert wide.shape == view.shape
        assert wide.tolist() == view.tolist()
    assert chosen.get(chosen.put(array.astype("f4"))).dtype == np.float32


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("k", [1, 3, 7])
def test_the_largest_of_each_row(backend, k):
    chosen = choose_backend(backend)
    array = np.random.default_rng(0).integers(0, 9, (5, 7)).astype("f4")
    found = chosen.get(chosen.largest(chosen.put(array), k))
    assert np.sort(found, axis=1).tolist() == np.sort(array, axis=1)[:, -k:].tolist()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("width", [1, 50, 70_000])
def test_manhattan_distances(backend, width):
    chosen = choose_backend(backend)
    x, y = np.random.default_rng(0).normal(size=(3, width)), np.random.default_rng(1).normal(size=(11, width))
    found = chosen.get(chosen.manhattan(chosen.put(x), chosen.put(y)))
    np.testing.assert_allclose(found, [[np.abs(p - q).sum() for q in y] for p in x], rtol=1e-12)


@pytest.mark.parametrize(("backend", "dtype"), [("numpy", "float32"), ("numpy", "float64"), ("torch", "bfloat16")])
@pytest.mark.parametrize("level", [-np.inf, -1.0, 0.5, 300.0, np.inf])
@pytest.mark.parametrize("off", [-1e-12, 0.0, 1e-12])
def test_places_that_reach_the_least_of_their_row_are_those_of_a_loop(backend, dtype, level, off):
    chosen, rng = choose_backend(backend), np.random.default_rng(0)
    values = rng.integers(-4, 5, (7, 40)) / 4.0  # a bfloat16 holds them
    values[rng.random((7, 40)) < 0.1] = -np.inf
    least = np.full(7, level) + off * np.arange(7) + rng.integers(0, 2, 7) / 4
    expected = [i * 40 + j for i in range(7) for j in range(40) if -np.inf < values[i, j] >= least[i]]
    array = chosen.put(values, getattr(chosen.xp, dtype))
    for positive in {False, bool((least > 0).all())}:
        places, found = chosen.at_least(array, least, positive=positive)
        assert places.tolist() == expected
        assert found.tolist() == values.ravel()[expected].tolist()
