"""The balls of prdc against plain loops and the prdc package."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.aggregates.neighbour_balls import neighbour_coverage
from simtool.backend import choose_backend
from simtool.engine.budget import Budget
from simtool.engine.plan import Plan
from simtool.errors import DataError, ShapeError

BACKEND = choose_backend()
TORCH = choose_backend("torch")


def coverage_loop(x, y, k):
    """The formulas of the prdc package, whose balls are open."""

    def radii(rows):
        return [sorted(np.sum((p - q) ** 2) for q in rows)[k] for p in rows]  # the nearest is the row itself

    near, other = radii(x), radii(y)
    apart = [[np.sum((p - q) ** 2) for q in y] for p in x]
    n, m = range(len(x)), range(len(y))
    precision = np.mean([any(apart[i][j] < near[i] for i in n) for j in m])
    recall = np.mean([any(apart[i][j] < other[j] for j in m) for i in n])
    density = sum(apart[i][j] < near[i] for i in n for j in m) / (k * len(y))
    covered = np.mean([any(apart[i][j] < near[i] for j in m) for i in n])
    score = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return score, precision, recall, density, covered


@pytest.fixture
def small_tiles(monkeypatch):
    monkeypatch.setattr(Budget, "plan", lambda self, rows, columns, dims, itemsize, **_: Plan(rows, columns, 5, 128))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(st.integers(4, 25), st.integers(4, 25)),
    d=st.integers(1, 4),
    dtype=st.sampled_from(["f2", "f4", "f8", "i1"]),
    backend=st.sampled_from([BACKEND, TORCH]),
    k=st.integers(1, 3),
    rims=st.booleans(),
)
def test_coverage_is_its_loop_on_the_rims_too(seed, sizes, d, dtype, backend, k, rims):
    rng = np.random.default_rng(seed)
    # whole numbers lie on the rims of the balls again and again
    x, y = (rng.integers(-2, 3, (n, d)) if rims else rng.normal(size=(n, d)) * 9 for n in sizes)
    x, y = x.astype(dtype), y.astype(dtype)
    expected = coverage_loop(x.astype("f8"), y.astype("f8"), k)
    assert neighbour_coverage(x, y, k=k, backend=backend) == pytest.approx(expected, abs=1e-12)


def test_tiles_change_nothing(small_tiles):
    rng = np.random.default_rng(0)
    x, y = rng.integers(-9, 10, (150, 3)) / 8, rng.integers(-9, 10, (170, 3)) / 8
    assert neighbour_coverage(x, y, backend=BACKEND) == pytest.approx(coverage_loop(x, y, 5), abs=1e-12)


def test_coverage_gives_the_numbers_of_the_prdc_package():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(12, 3)), rng.normal(size=(9, 3)) * 1.5 + 0.4
    found = neighbour_coverage(x, y, k=3, backend=BACKEND)
    # prdc 0.2: compute_prdc(real_features=x, fake_features=y, nearest_k=3)
    assert found[1:] == pytest.approx((2 / 3, 1.0, 1 / 3, 0.5), abs=1e-12)
    assert found.score == pytest.approx(0.8, abs=1e-12)


def test_sets_far_apart_do_not_cover_each_other():
    x, y = np.random.default_rng(1).normal(size=(2, 30, 4))
    assert neighbour_coverage(x, y + 100, backend=BACKEND) == (0.0, 0.0, 0.0, 0.0, 0.0)


def test_a_wide_set_holds_a_narrow_one_but_not_the_other_way_round():
    x = np.random.default_rng(2).normal(size=(60, 2))
    found = neighbour_coverage(x, x / 100, backend=BACKEND)
    assert found.precision == 1.0
    assert found.recall < 0.2
    swapped = neighbour_coverage(x / 100, x, backend=BACKEND)
    assert (swapped.recall, swapped.precision) == (found.precision, found.recall)


def test_balls_of_equal_rows_hold_nothing():
    x = np.ones((20, 3), dtype="f4")
    assert neighbour_coverage(x, x, backend=BACKEND) == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert neighbour_coverage(np.random.default_rng(3).normal(size=(20, 3)), x * 0, backend=BACKEND).recall == 0.0


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_clusters_far_from_the_origin_keep_their_distances(dtype):
    rng = np.random.default_rng(4)
    x, y = (rng.integers(0, 50, (40, 3)) + 512_000.0 for _ in range(2))
    x[0] = -x[0]
    expected = coverage_loop(x, y, 2)
    assert neighbour_coverage(x.astype(dtype), y.astype(dtype), k=2, backend=BACKEND) == pytest.approx(expected)


@pytest.mark.parametrize("scale", [1e-170, 1e-30, 1e30, 1e140])
def test_magnitudes_do_not_matter(scale):
    x, y = np.random.default_rng(6).normal(size=(2, 25, 3))
    found = neighbour_coverage(x * scale, y * scale, k=2, backend=BACKEND)
    assert found == neighbour_coverage(x, y, k=2, backend=BACKEND)


def test_squares_that_overflow_are_refused():
    with pytest.raises(DataError, match="leaves the range of float64"):
        neighbour_coverage(np.eye(9) * 1e200, np.eye(9), backend=BACKEND)


def test_mapped_rows_give_what_rows_in_memory_give(tmp_path):
    x, y = np.random.default_rng(8).normal(size=(2, 30, 4)).astype("f2")
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert neighbour_coverage(mapped, y, backend=BACKEND) == neighbour_coverage(x, y, backend=BACKEND)


def test_progress_counts_the_rows_of_every_sweep():
    x, y = np.random.default_rng(9).normal(size=(2, 20, 4))
    seen = []
    neighbour_coverage(x, y[:10], backend=BACKEND, progress=lambda done, rows: seen.append((done, rows)))
    assert seen == [(20, 20), (10, 10), (20, 20)]


def test_spaces_of_other_dims_are_refused():
    with pytest.raises(ShapeError, match="rows of A have 5 dims and those of B 4"):
        neighbour_coverage(np.eye(5), np.eye(4), k=1, backend=BACKEND)


def test_many_equal_rows_have_balls_of_their_own():
    x, y = np.random.default_rng(10).integers(-1, 2, (2, 120, 2)) + 0.0
    assert neighbour_coverage(x, y, k=3, backend=BACKEND) == pytest.approx(coverage_loop(x, y, 3), abs=1e-12)
    x[:100] = x[0]
    assert neighbour_coverage(x, y, k=3, backend=BACKEND) == pytest.approx(coverage_loop(x, y, 3), abs=1e-12)
