"""The kernels: every tile is within its stated bound of the exact value, in whatever arithmetic."""

from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.backend import choose_backend
from simtool.engine.kernels import Kernel, Tile
from simtool.engine.rescoring import Pairs
from simtool.metrics import needs_scale

METRICS = ["cosine", "angular", "dot", "euclidean", "sqeuclidean", "manhattan"]
PRODUCTS = ["cosine", "angular", "dot"]  # the metrics that are scanned in bfloat16
SQUARES = ["euclidean", "sqeuclidean"]
FINE = [(m, "float64") for m in METRICS] + [(m, "float32") for m in PRODUCTS + SQUARES]
ARITHMETICS = [
    *((m, dtype, backend) for m, dtype in FINE for backend in ("numpy", "torch")),
    *((m, "bfloat16", "torch") for m in PRODUCTS),
]
ANY = [*METRICS, "chebyshev", "minkowski", "snr", "correlation"]  # all that take real numbers
KINDS = ["normal", "cancelling", "one-sided", "wide", "tiny", "far", "sparse"]
getcontext().prec = 60


def proxy_score(metric, x, y, eps):
    """The exact proxy score of two rows, in rational numbers, roots to 60 digits."""
    x, y = ([Fraction(v) for v in row.tolist()] for row in (x, y))
    dot, xx, yy = (sum(p * q for p, q in zip(v, w, strict=True)) for v, w in ((x, y), (x, x), (y, y)))
    if metric == "dot":
        return dot
    if metric == "manhattan":
        return -sum(abs(p - q) for p, q in zip(x, y, strict=True))
    if metric in ("euclidean", "sqeuclidean"):
        return 2 * dot - xx - yy
    floors = [max(root(square), Fraction(eps)) for square in (xx, yy)]
    return dot / (floors[0] * floors[1]) if all(floors) else Fraction(0)


def root(square):
    return Fraction((Decimal(square.numerator) / Decimal(square.denominator)).sqrt())


def rows_of(kind, rng, n, d):
    """Rows that are easy, and rows that are made to go wrong."""
    rows = rng.normal(size=(n, d))
    if kind == "cancelling":  # x and -x with the last bits disturbed
        rows = rows * np.resize([1.0, -1.0], d)
        rows[:, 1::2] = -rows[:, : d - d % 2 : 2] * (1 + rng.integers(-3, 4, (n, d // 2)) * 2.0**-23)
    if kind == "one-sided":  # every rounding error pushes the same way
        rows = 1 + rng.integers(0, 2, (n, d)) * 2.0**-23 * 1.5
    if kind == "wide":
        rows *= 10.0 ** rng.integers(-12, 13, (n, d))
    if kind == "tiny":
        rows *= 10.0 ** rng.integers(-44, -36, (n, 1))
    if kind == "far":
        rows = 1e8 + rows
    if kind == "sparse":
        rows[rng.random((n, d)) < 0.7] = 0
        rows[0] = 0
    return rows


def on_host(kernel, array):
    return kernel.backend.get(kernel.backend.xp.astype(array, kernel.backend.xp.float64))


def assert_within_bound(metric, dtype, backend, a, b, eps=1e-8, center=None):
    """Of every pair the distance to the exact value, and both bounds that are drawn from it, in rational numbers."""
    scaled = needs_scale(a.dtype) or needs_scale(b.dtype)
    kernel = Kernel(metric, dtype, scaled, choose_backend(backend), eps, center)
    x, y = kernel.prepare(a), kernel.prepare(b)
    tile = Tile(kernel, x, y, kernel.tile(x, y))
    assert str(tile.proxy.dtype).removeprefix("torch.") == dtype
    proxy, by_row, by_column = (on_host(kernel, v) for v in (tile.proxy, tile.error(), tile.error(by_column=True)))
    least = [
        on_host(kernel, kernel.at_least(*given))
        for given in ((tile.proxy, tile.error()), (tile.proxy.T, tile.error(by_column=True)))
    ]
    relative = Fraction(kernel.relative)
    for i, v in enumerate(a):
        for j, w in enumerate(b):
            exact, found = proxy_score(metric, v, w, eps), Fraction(float(proxy[i, j]))
            own = min(Fraction(float(by_row[i])), Fraction(float(by_column[j])))
            assert abs(found - exact) <= own + relative * abs(found), (i, j)
            assert max(Fraction(float(least[0][i, j])), Fraction(float(least[1][j, i]))) <= exact, (i, j)
            needed = kernel.proxy_threshold(np.asarray([float(exact)]), np.asarray([float(own)]))[0]
            assert proxy[i, j] >= needed - abs(needed) * 2.0**-50, (i, j)  # float(exact) is rounded


@pytest.mark.parametrize(("metric", "dtype", "backend"), ARITHMETICS)
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    kinds=st.tuples(*[st.sampled_from(KINDS)] * 2),
    d=st.sampled_from([1, 2, 3, 17, 128]),
    given_as=st.sampled_from(["f2", "f4", "f8"]),
    centered=st.booleans(),
)
def test_a_tile_is_within_its_bound(metric, dtype, backend, seed, kinds, d, given_as, centered):
    rng = np.random.default_rng(seed)
    a, b = (rows_of(kind, rng, 3, d) for kind in kinds)
    if given_as == "f2":
        a, b = (np.clip(rows, -6e4, 6e4) for rows in (a, b))
    a, b = a.astype(given_as), b.astype(given_as)
    center = b.astype("f8").mean(axis=0) if centered and metric in SQUARES else None
    assert_within_bound(metric, dtype, backend, a, b, center=center)


def test_a_center_near_the_rows_makes_the_bound_of_distances_tight():
    rows = 1e6 + np.random.default_rng(0).normal(size=(5, 16))
    kernels = [Kernel("euclidean", "float32", True, choose_backend(), center=c) for c in (None, rows.mean(axis=0))]
    sides = [kernel.prepare(rows) for kernel in kernels]
    far, proxy = (kernel.error(side, side) for kernel, side in zip(kernels, sides, strict=True))
    assert (proxy < 1e-3).all()
    assert (far > 1e6).all()
    assert_within_bound("euclidean", "float32", "numpy", rows, rows, center=rows.mean(axis=0))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("eps", [0.0, 1e-8, 3.0])
@pytest.mark.parametrize("power", [-664, -1040, 0, 664, 1020])
def test_cosines_of_extreme_rows_are_within_their_bound(backend, power, eps):
    a, b = np.random.default_rng(0).normal(size=(2, 4, 9)) * 2.0**power
    assert_within_bound("cosine", "float32", backend, a, b, eps)
    assert_within_bound("cosine", "float64", backend, a, b, eps)
    if backend == "torch":
        assert_within_bound("cosine", "bfloat16", backend, a, b, eps)


def test_a_product_of_a_subnormal_factor_is_within_its_bound():
    # in float32 1e-43 keeps six bits, and 1e30 brings the lost ones back
    a, b = np.full((2, 3), 1.23e-43), np.full((2, 3), 1e30)
    assert_within_bound("dot", "float32", "numpy", a, b)


def test_many_terms_stay_within_the_bound():
    a, b = (rows_of("one-sided", np.random.default_rng(n), 2, 5000) for n in (0, 1))
    for metric in PRODUCTS:
        assert_within_bound(metric, "float32", "numpy", a, b)
        assert_within_bound(metric, "bfloat16", "torch", a, b)


@pytest.mark.parametrize(("dtype", "most"), [("float64", 1e-12), ("float32", 1e-4), ("bfloat16", 8e-3)])
def test_the_bound_is_worth_having(dtype, most):
    # a bound that is always large would be true and useless; these are for cosines of 384 numbers
    kernel = Kernel("cosine", dtype, False, choose_backend("torch"))
    side = kernel.prepare(np.random.default_rng(0).normal(size=(4, 384)).astype("f4"))
    assert (kernel.error(side, side) < most).all()
    assert kernel.relative < 0.004


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_what_storing_took_is_measured(dtype):
    rows = np.random.default_rng(0).normal(size=(4, 33))
    kernel = Kernel("dot", dtype, False, choose_backend("torch"))
    side = kernel.prepare(rows)
    np.testing.assert_allclose(side.norms, np.linalg.norm(rows, axis=1))
    lost = np.linalg.norm(rows - on_host(kernel, side.rows), axis=1)
    assert (lost <= on_host(kernel, side.lost) * (1 + 1e-12)).all()
    if dtype != "float64":
        assert (on_host(kernel, side.lost) > 0).all()
        assert (lost > 0.2 * on_host(kernel, side.lost)).all()


def test_a_row_of_nan_leaves_the_bound_of_the_others():
    rows = np.asarray([[1.0, 2.0], [np.nan, np.nan]])
    for metric, dtype, backend in ARITHMETICS:
        kernel = Kernel(metric, dtype, True, choose_backend(backend))
        side = kernel.prepare(rows)
        assert np.isfinite(on_host(kernel, kernel.error(side, side))).all()
        proxy = on_host(kernel, kernel.tile(side, side))
        assert np.isnan(proxy).tolist() == [[False, True], [True, True]]


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_rows_are_prepared_alike_in_any_pieces(monkeypatch, backend):
    rows = np.random.default_rng(0).normal(size=(50, 7)).astype("f2")
    kernel = Kernel("cosine", "float32", False, choose_backend(backend))
    whole = kernel.backend.get(kernel.prepare(rows).rows)
    monkeypatch.setattr("simtool.engine.kernels.CHUNK", 20)
    np.testing.assert_array_equal(kernel.backend.get(kernel.prepare(rows).rows), whole)
    np.testing.assert_allclose(np.linalg.norm(whole.astype("f8"), axis=1), 1, atol=1e-7)


@pytest.mark.parametrize("metric", ANY)
@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), power=st.integers(-3, 3))
def test_a_pair_at_the_score_reaches_its_nearness(metric, seed, power):
    a, b = np.random.default_rng(seed).integers(-5, 6, (2, 6, 4)) * 10.0**power
    kernel = Kernel(metric, "float64", True, choose_backend())
    x, y = kernel.prepare(a), kernel.prepare(b)
    proxy, bound = kernel.tile(x, y), kernel.error(x, y)
    places = np.indices(proxy.shape).reshape(2, -1)
    scores = Pairs(metric, a, b, True).score(*places)
    wanted = kernel.proxy_score(scores).reshape(proxy.shape)
    assert (proxy >= kernel.proxy_threshold(wanted, bound[:, None])).all()
    assert (proxy + bound[:, None] >= wanted).all()


def test_no_pair_is_closer_than_a_negative_distance():
    below, beyond = np.asarray(-1e-300), np.asarray(1e200)
    for metric in ("euclidean", "sqeuclidean", "manhattan", "angular"):
        assert Kernel(metric, "float64", False, choose_backend()).proxy_score(below) == np.inf
    with np.errstate(over="ignore"):
        assert Kernel("euclidean", "float64", False, choose_backend()).proxy_score(beyond) == -np.inf


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("metric", ANY)
def test_a_tile_becomes_scores(metric, backend):
    a, b = np.random.default_rng(0).normal(size=(2, 5, 3))
    kernel = Kernel(metric, "float64", False, choose_backend(backend))
    scores = kernel.backend.get(kernel.scores(kernel.tile(kernel.prepare(a), kernel.prepare(b))))
    exact = Pairs(metric, a, b, False).score(*np.indices((5, 5)).reshape(2, -1))
    np.testing.assert_allclose(scores.ravel(), exact, atol=1e-7)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "float64"])
@pytest.mark.parametrize("metric", PRODUCTS)
def test_a_tile_of_a_gpu_is_within_its_bound(metric, dtype):
    a, b = np.random.default_rng(0).normal(size=(2, 4, 4096)).astype("f4")
    kernel = Kernel(metric, dtype, False, choose_backend("torch", "cuda"))
    x, y = kernel.prepare(a), kernel.prepare(b)
    proxy, bound = (on_host(kernel, v) for v in (kernel.tile(x, y), kernel.error(x, y)))
    exact = np.asarray([[float(proxy_score(metric, v, w, 1e-8)) for w in b] for v in a])
    assert (np.abs(proxy - exact) <= bound[:, None] + kernel.relative * np.abs(proxy)).all()
