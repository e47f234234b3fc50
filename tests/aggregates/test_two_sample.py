"""Distances of two samples against scipy's matrices and scikit-learn's kernels, at every size of tile."""

from math import isnan, pi, sqrt

import numpy as np
import pytest
from brute_force import in_tiles
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist
from scipy.stats import energy_distance as scipy_energy
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel

from simtool.aggregates import two_sample as module
from simtool.aggregates.kernel_means import median_width
from simtool.aggregates.two_sample import energy_distance, mmd_laplacian, mmd_poly3, mmd_rbf
from simtool.backend import choose_backend
from simtool.engine.rescoring import Pairs
from simtool.errors import DataError, ParameterError

NUMPY = {"backend": choose_backend("numpy")}
TORCH = {"backend": choose_backend("torch")}
KERNELS = {
    "energy": module.DISTANCE,
    "mmd": module.GAUSSIAN,
    "mmd-laplacian": module.LAPLACIAN,
    "mmd-poly3": module.CUBIC,
}
NAMES = list(KERNELS)


def two_sample(x, y, names, **options):
    found = module.two_sample(x, y, [KERNELS[name] for name in names], **options)
    return dict(zip(names, found, strict=True))


def kernel(name, x, y, width):
    if name == "energy":
        return -cdist(x, y)
    if name == "mmd":
        return rbf_kernel(x, y, gamma=1 / (2 * width**2))
    if name == "mmd-laplacian":
        return np.exp(-cdist(x, y) / width)
    return polynomial_kernel(x, y, degree=3, coef0=1)  # whose gamma is 1 / dims


def estimates(name, x, y, width):
    """Both estimates from whole matrices."""
    x, y = x.astype(float), y.astype(float)
    n, m = len(x), len(y)
    own = [kernel(name, rows, rows, width) for rows in (x, y)]
    cross = 2 * kernel(name, x, y, width).mean()
    with np.errstate(invalid="ignore"):
        off = [np.divide(k.sum() - np.trace(k), s * (s - 1)) for k, s in zip(own, (n, m), strict=True)]
    return sum(k.mean() for k in own) - cross, sum(off) - cross


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(st.integers(2, 40), st.integers(2, 40)),
    d=st.integers(1, 5),
    dtype=st.sampled_from(["f2", "f4", "f8", "i1"]),
    tiling=st.tuples(st.integers(1, 9), st.integers(1, 20)),
    options=st.sampled_from([NUMPY, TORCH]),
)
def test_every_distance_is_that_of_the_matrices(seed, sizes, d, dtype, tiling, options):
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(-3, 4, (rows, d)).astype(dtype) for rows in sizes)  # repeats and zero rows among them
    with pytest.MonkeyPatch.context() as patch:
        in_tiles(patch, *tiling)
        found = two_sample(x, y, NAMES, width=1.7, **options)
    for name in NAMES:
        biased, unbiased = estimates(name, x, y, 1.7)
        assert found[name].biased == found[name].score == pytest.approx(max(biased, 0), rel=1e-11, abs=1e-10), name
        assert found[name].unbiased == pytest.approx(unbiased, rel=1e-11, abs=1e-10), name


def test_one_function_each_is_the_same():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=(20, 4)) + 0.5
    width = float(np.median(pdist(np.concatenate([x, y]))))
    assert median_width(x, y) == pytest.approx(width, rel=1e-14)
    found = two_sample(x, y, NAMES, width=median_width(x, y), **NUMPY)
    assert energy_distance(x, y, **NUMPY) == found["energy"]
    assert mmd_poly3(x, y, **NUMPY) == found["mmd-poly3"]
    for function, name in ((mmd_rbf, "mmd"), (mmd_laplacian, "mmd-laplacian")):
        assert function(x, y, **NUMPY) == (*found[name], median_width(x, y))
        other = two_sample(x, y, [name], width=0.3, **NUMPY)[name]
        assert function(x, y, width=0.3, **NUMPY) == (*other, 0.3)
        assert function(x, y, **NUMPY).score == found[name].biased


def test_energy_in_one_dim_is_the_square_of_scipy():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(40, 1)), rng.normal(size=(25, 1)) + 1
    assert sqrt(energy_distance(x, y, **NUMPY).biased) == pytest.approx(scipy_energy(x[:, 0], y[:, 0]), rel=1e-9)


def test_known_energy():
    # E|X-Y| of points at distance 5: 2 * 5 - 0 - 0
    x, y = np.zeros((4, 2)), np.tile([3.0, 4.0], (3, 1))
    assert energy_distance(x, y, **NUMPY) == (10.0, 10.0)
    # two points 2 apart with themselves: 2 * 1 - 1 - 1, and without self pairs 2 * 1 - 2 - 2
    pair = np.asarray([[0.0], [2.0]])
    assert energy_distance(pair, pair, **NUMPY) == (0.0, -2.0)


def test_normal_samples_have_the_energy_of_their_distributions():
    # X, Y standard normal in one dim: E|X-X'| = 2 / sqrt(pi); apart by 100: E|X-Y| = 100
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(3000, 1)), rng.normal(size=(2000, 1)) + 100
    assert energy_distance(x, y, **NUMPY).unbiased == pytest.approx(200 - 4 / sqrt(pi), abs=0.2)


@pytest.mark.parametrize("options", [NUMPY, TORCH])
def test_the_size_of_a_tile_does_not_show(monkeypatch, options):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(50, 20)).astype("f4"), rng.normal(size=(70, 20)).astype("f4")
    expected = two_sample(x, y, NAMES, width=5.0, **options)
    for tiling in ((1, 1), (32, 16), (16, 64), (50, 70)):
        in_tiles(monkeypatch, *tiling)
        found = two_sample(x, y, NAMES, width=5.0, **options)
        for name in NAMES:
            assert found[name] == pytest.approx(expected[name], rel=1e-12, abs=1e-14)


def test_one_row():
    found = two_sample(np.ones((1, 2)), np.zeros((3, 2)), NAMES, **NUMPY)
    assert all(isnan(estimate.unbiased) and estimate.biased > 0 for estimate in found.values())
    assert found["energy"].biased == pytest.approx(2 * sqrt(2), rel=1e-14)


def test_close_rows_far_from_the_origin_do_not_cancel():
    x, y = np.asarray([[512695.0], [512700.0]]), np.asarray([[512804.0]])
    # the distances are 109 and 104 between the sets, 0, 5, 5 and 0 within x
    assert energy_distance(x, y, **NUMPY).biased == pytest.approx(213 - 2.5, rel=1e-14)
    rng = np.random.default_rng(4)
    x = np.concatenate([rng.normal(size=(20, 3)), 1e6 + 1e-3 * rng.integers(0, 9, (20, 3))])
    distances = energy_distance(x, np.zeros((1, 3)), **NUMPY)
    expected = 2 * np.linalg.norm(x, axis=1).mean() - cdist(x, x).mean()
    assert distances.biased == pytest.approx(expected, rel=1e-12)


def test_a_set_with_itself_is_at_no_distance_and_of_close_pairs_only_different_rows_are_scored_again(monkeypatch):
    counted, score = [], Pairs.score
    monkeypatch.setattr(
        Pairs, "score", lambda pairs, *places: (counted.append(len(places[0])), score(pairs, *places))[1]
    )
    x = np.random.default_rng(5).normal(size=(200, 10))
    found = two_sample(x, x, NAMES, **NUMPY)
    assert all(estimate.biased == pytest.approx(0, abs=1e-11) for estimate in found.values())
    assert sum(counted) == 0  # each row with itself
    two_sample(x, x * (1 + 1e-9), NAMES, **NUMPY)
    assert sum(counted) == 200  # each row with the one that is almost itself
    assert found["energy"].unbiased == pytest.approx(-2 * cdist(x, x).mean() / 199, rel=1e-9)


def test_memory_maps_and_mixed_dtypes(tmp_path):
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(60, 6)).astype("f2"), rng.normal(size=(50, 6))
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert two_sample(mapped, y, NAMES, **NUMPY) == two_sample(x, y, NAMES, **NUMPY)
    assert median_width(mapped, y) == median_width(x.astype("f8"), y)


def test_what_is_refused():
    for width in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ParameterError, match="width is"):
            mmd_rbf(np.eye(2), np.eye(2), width=width, **NUMPY)
    huge = np.asarray([[1e200, 0], [-1e200, 0]])
    for function in (energy_distance, mmd_rbf, mmd_laplacian, mmd_poly3):
        with pytest.raises(DataError, match="leaves the range of float64"):
            function(huge, huge, **NUMPY)


def test_progress_counts_three_sweeps():
    seen = []
    energy_distance(np.eye(3), np.eye(3)[:2], progress=lambda *n: seen.append(n), **NUMPY)
    assert seen == [(3, 3), (3, 3), (2, 2)]
