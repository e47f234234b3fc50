"""Rows of integers with a step each: what storing loses is known, and their products are exact."""

import numpy as np
import pytest

from simtool.backend import choose_backend
from simtool.engine.kernels import Kernel
from simtool.metrics import int8

pytest.importorskip("numkong")


@pytest.mark.parametrize("dims", [1, 3, 64, 385])
@pytest.mark.parametrize("scale", [1e-35, 1e-3, 1.0, 1e10])
def test_stored_rows_lie_within_half_a_step(dims, scale):
    rows = np.random.default_rng(dims).normal(size=(50, dims)) * scale
    whole, steps = int8.quantized(rows)
    assert whole.dtype == np.int8
    assert steps.dtype == np.float32
    if scale > int8.LEAST:
        stored = whole * steps.astype(np.float64)[:, None]
        assert (np.abs(stored - rows) <= 0.51 * steps[:, None]).all()
        assert (np.abs(whole).max(axis=1) == int8.LARGEST).all()
    else:
        assert not whole.any()  # and all of it is lost, which the bound is told


def test_a_row_of_zeros_is_stored_as_such_and_one_of_nan_spoils_its_own_products_only():
    kernel = Kernel("dot", "int8", False, choose_backend("numpy"))
    side = kernel.prepare(np.asarray([[0.0, 0.0], [np.nan, np.nan], [2.0, 1.0]]))
    products = int8.products(side, side)
    np.testing.assert_array_equal(np.isnan(products), np.asarray([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=bool))
    assert not products[0, ::2].any()
    assert np.isfinite(side.lost).all()


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 200, 5), (70, 5000, 16), (300, 7, 129)])
def test_products_are_those_of_the_stored_numbers(shape):
    n, m, dims = shape
    rng = np.random.default_rng(n)
    kernel = Kernel("dot", "int8", False, choose_backend("numpy"))
    x, y = (kernel.prepare(rng.normal(size=(rows, dims))) for rows in (n, m))
    left, right = (side.rows * side.steps.astype(np.float64)[:, None] for side in (x, y))
    exact = left @ right.T
    np.testing.assert_allclose(int8.products(x, y), exact, rtol=2.0**-22, atol=1e-12)
    room = np.full((n, m), 7.0, dtype=np.float32)
    assert int8.products(x, y, room) is room
    np.testing.assert_allclose(room, exact, rtol=2.0**-22, atol=1e-12)


@pytest.mark.parametrize("metric", ["dot", "cosine"])
def test_the_error_is_within_its_bound_and_the_bound_is_of_use(metric):
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(40, 96)) * rng.uniform(0.01, 50, (40, 1)), rng.normal(size=(700, 96))
    b[::7] *= np.exp(rng.normal(size=(100, 96)))  # some rows have a few large numbers
    backend = choose_backend("numpy")
    kernel, exact = (Kernel(metric, dtype, False, backend) for dtype in ("int8", "float64"))
    x, y = kernel.prepare(a), kernel.prepare(b)
    proxy = exact.tile(exact.prepare(a), exact.prepare(b))
    off = np.abs(kernel.tile(x, y) - proxy)
    most = kernel.error(x, y)[:, None] + kernel.relative * np.abs(proxy)
    assert (off <= most).all()
    assert (
        most < 0.1 * np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1).max()
        if metric == "dot"
        else most < 0.1
    ).all()


def test_the_bound_holds_where_all_that_storing_lost_points_at_the_other_row():
    a = np.random.default_rng(2).normal(size=(30, 64))
    kernel = Kernel("dot", "int8", False, choose_backend("numpy"))
    x = kernel.prepare(a)
    rest = a - x.rows * x.steps.astype(np.float64)[:, None]
    np.testing.assert_allclose(x.lost, np.linalg.norm(rest, axis=1), rtol=1e-12)
    b = rest / x.lost[:, None]
    y = kernel.prepare(b)
    off = np.abs(np.diag(int8.products(x, y)) - np.vecdot(a, b))
    most = kernel.error(x, y) - np.linalg.norm(a, axis=1) * y.most_lost  # what b itself lost is another matter
    assert (off <= kernel.error(x, y)).all()
    assert (off > 0.5 * most).all()
