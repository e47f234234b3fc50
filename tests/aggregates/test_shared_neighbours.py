"""Shared neighbours against plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.aggregates.shared_neighbours import neighbour_overlap
from simtool.backend import choose_backend
from simtool.engine.budget import Budget
from simtool.engine.plan import Plan
from simtool.errors import ShapeError

BACKEND = choose_backend()
TORCH = choose_backend("torch")


def cosine(x, y):
    # one root of the product, so that what ties here ties there
    return float(x @ y / np.sqrt(max(x @ x, 1e-16) * max(y @ y, 1e-16)))


def nearest(rows, k):
    """The k nearest others of each row, of equals the first."""
    return [
        set(sorted((j for j in range(len(rows)) if j != i), key=lambda j, x=x: (-cosine(x, rows[j]), j))[:k])
        for i, x in enumerate(rows)
    ]


def overlap_loop(x, y, k):
    pairs = list(zip(nearest(x, k), nearest(y, k), strict=True))
    return np.mean([len(p & q) / k for p, q in pairs]), np.mean([len(p & q) / len(p | q) for p, q in pairs])


@pytest.fixture
def small_tiles(monkeypatch):
    monkeypatch.setattr(Budget, "plan", lambda self, rows, columns, dims, itemsize, **_: Plan(rows, columns, 5, 128))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(4, 25),
    widths=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    dtype=st.sampled_from(["f2", "f4", "f8", "i1"]),
    backend=st.sampled_from([BACKEND, TORCH]),
    k=st.integers(1, 3),
)
def test_overlap_is_its_loop_with_ties_and_zero_rows(seed, n, widths, dtype, backend, k):
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(-2, 3, (n, d)).astype(dtype) for d in widths)
    expected = overlap_loop(x.astype("f8"), y.astype("f8"), k)
    assert neighbour_overlap(x, y, k=k, backend=backend) == pytest.approx(expected, abs=1e-12)


def test_tiles_change_nothing(small_tiles):
    rng = np.random.default_rng(0)
    x, y = rng.integers(-9, 10, (150, 3)) / 8, rng.integers(-9, 10, (170, 3)) / 8
    assert neighbour_overlap(x, y[:150], backend=BACKEND) == pytest.approx(overlap_loop(x, y[:150], 10), abs=1e-12)


def test_unrelated_spaces_share_neighbours_by_chance():
    x, y = np.random.default_rng(7).normal(size=(2, 400, 20))
    found = neighbour_overlap(x, y, backend=BACKEND)
    assert found.score == pytest.approx(10 / 399, abs=0.01)
    assert found.jaccard < found.score
    assert neighbour_overlap(x, x @ np.linalg.qr(y[:20])[0], backend=BACKEND) == pytest.approx((1.0, 1.0), abs=1e-12)


def test_mapped_rows_give_what_rows_in_memory_give(tmp_path):
    x, y = np.random.default_rng(8).normal(size=(2, 30, 4)).astype("f2")
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert neighbour_overlap(mapped, y, backend=BACKEND) == neighbour_overlap(x, y, backend=BACKEND)


def test_progress_counts_the_rows_of_every_sweep():
    x, y = np.random.default_rng(9).normal(size=(2, 20, 4))
    seen = []
    neighbour_overlap(x, y, backend=BACKEND, progress=lambda done, rows: seen.append((done, rows)))
    assert seen == [(20, 20)] * 2


def test_sides_of_other_items_are_refused():
    with pytest.raises(ShapeError, match="A has 5 rows and B has 4"):
        neighbour_overlap(np.eye(5), np.eye(4), k=1, backend=BACKEND)


def test_many_equal_rows_are_found_first_to_last():
    x, y = np.random.default_rng(10).integers(-1, 2, (2, 120, 2)) + 0.0
    assert neighbour_overlap(x, y, k=3, backend=BACKEND) == pytest.approx(overlap_loop(x, y, 3), abs=1e-12)
    x[:100] = x[0]
    assert neighbour_overlap(x, y, k=3, backend=BACKEND) == pytest.approx(overlap_loop(x, y, 3), abs=1e-12)
