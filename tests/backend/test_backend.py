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


@pytest.mark.parametrize("backend", BACKENDS)
def test_blanked_places_are_written_to(backend):
    chosen = choose_backend(backend)
    array, out = chosen.put(np.arange(6.0).reshape(2, 3)), chosen.put(np.eye(2, 3, dtype=bool))
    assert chosen.blanked(array, out) is array
    assert chosen.get(array).tolist() == [[-np.inf, 1, 2], [3, -np.inf, 5]]


@pytest.mark.parametrize(("backend", "dtype"), [("numpy", "float32"), ("torch", "float32"), ("torch", "bfloat16")])
@pytest.mark.parametrize("by_column", [False, True])
def test_maxima_of_groups_are_those_of_every_nth_place(backend, dtype, by_column):
    chosen = choose_backend(backend)
    array = np.random.default_rng(0).integers(-4, 9, (6, 12)) / 4.0  # a bfloat16 holds them
    turned = array.T if by_column else array
    expected = np.stack([turned[:, start::3].max(axis=1) for start in range(3)], axis=1)
    tile = chosen.put(array, getattr(chosen.xp, dtype))
    for positive in (False, True):
        found = chosen.group_maxima(tile, 3, positive=positive, by_column=by_column)
        found = chosen.get(chosen.xp.astype(found, chosen.xp.float64))
        np.testing.assert_array_equal(
            np.maximum(found, 0) if positive else found, np.maximum(expected, 0) if positive else expected
        )


@pytest.mark.parametrize("backend", BACKENDS)
def test_products_are_written_where_they_fit(backend):
    chosen = choose_backend(backend)
    x, y = (np.random.default_rng(seed).normal(size=(seed, 5)) for seed in (3, 4))
    room, narrow = chosen.put(np.zeros((3, 4))), chosen.put(np.zeros((3, 3)))
    assert chosen.product(chosen.put(x), chosen.put(y), room) is room
    for out in (room, narrow, None):
        np.testing.assert_allclose(chosen.get(chosen.product(chosen.put(x), chosen.put(y), out)), x @ y.T)
