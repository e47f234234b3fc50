"""Means, centroids and the linear discrepancy, against plain loops."""

import tracemalloc
from math import fsum, isnan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.aggregates import closed_forms as closed
from simtool.aggregates.aligned_rows import paired
from simtool.aggregates.closed_forms import centroid_cosine, mean_of_pairs, mmd_linear
from simtool.backend import choose_backend
from simtool.errors import DataError, ShapeError

NUMPY = {"backend": choose_backend("numpy")}
TORCH = {"backend": choose_backend("torch")}


def cosine(x, y, eps=1e-8):
    floors = [max(sqrt(fsum(p * p for p in v)), eps) for v in (x, y)]
    return fsum(p * q for p, q in zip(x, y, strict=True)) / (floors[0] * floors[1])


def unit(row):
    length = max(sqrt(fsum(v * v for v in row)), 1e-8)
    return [v / length for v in row]


def mean(rows, weights):
    return [fsum(w * v for w, v in zip(weights, column, strict=True)) / fsum(weights) for column in zip(*rows)]  # noqa: B905


@st.composite
def weighted_sets(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m, d = (draw(st.integers(1, 8)) for _ in range(3))
    dtype = draw(st.sampled_from(["f2", "f4", "f8", "i1"]))
    x, y = (rng.integers(-3, 4, (rows, d)).astype(dtype) for rows in (n, m))
    weights = [rng.integers(0, 4, rows) for rows in (n, m)]
    for w in weights:
        w[0] += 1
    return x, y, *weights, draw(st.sampled_from([NUMPY, TORCH])), draw(st.sampled_from([1, 5, 1 << 18]))


@settings(max_examples=60, deadline=None)
@given(weighted_sets())
def test_weighted_means_are_loops_and_whole_weights_are_repetitions(case):
    x, y, wa, wb, options, chunk = case
    lists = x.astype(float).tolist(), y.astype(float).tolist()
    weights = {"weights_a": wa, "weights_b": wb}
    repeated = np.repeat(x, wa, axis=0), np.repeat(y, wb, axis=0)
    total = fsum(
        p * q * cosine(u, v) for p, u in zip(wa, lists[0], strict=True) for q, v in zip(wb, lists[1], strict=True)
    )
    centers = [mean(rows, w) for rows, w in zip(lists, (wa, wb), strict=True)]
    of_units = [mean([unit(row) for row in rows], w) for rows, w in zip(lists, (wa, wb), strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(closed, "CHUNK", chunk)
        assert mean_of_pairs(x, y, **weights, **options) == pytest.approx(total / (wa.sum() * wb.sum()), abs=1e-12)
        assert mean_of_pairs(*repeated, **options) == pytest.approx(total / (wa.sum() * wb.sum()), abs=1e-12)
        # directions of a mean near 0 are rounding
        if all(sqrt(fsum(v * v for v in row)) > 1e-6 for row in centers):
            assert centroid_cosine(x, y, **weights, **options) == pytest.approx(cosine(*centers), abs=1e-9)
            assert centroid_cosine(*repeated, **options) == pytest.approx(cosine(*centers), abs=1e-9)
        if all(sqrt(fsum(v * v for v in row)) > 1e-6 for row in of_units):
            expected = pytest.approx(cosine(*of_units), abs=1e-9)
            assert centroid_cosine(x, y, unit=True, **weights, **options) == expected


def test_the_unit_centroid_does_not_see_lengths():
    x, y = np.asarray([[100.0, 0], [0, 1]]), np.asarray([[1.0, 0]])
    assert centroid_cosine(x, y, **NUMPY) == pytest.approx(100 / sqrt(10001), abs=1e-12)
    assert centroid_cosine(x, y, unit=True, **NUMPY) == pytest.approx(sqrt(0.5), abs=1e-12)


def estimates(x, y, k):
    """Both estimates of a squared discrepancy, pair by pair."""
    n, m = len(x), len(y)
    cross = 2 * fsum(k(p, q) for p in x for q in y) / (n * m)
    own = [[[k(p, q) for q in rows] for p in rows] for rows in (x, y)]
    biased = fsum(fsum(map(fsum, a)) / len(a) ** 2 for a in own) - cross
    off = [
        fsum(v for i, row in enumerate(a) for j, v in enumerate(row) if i != j) / (len(a) * (len(a) - 1)) for a in own
    ]
    return biased, fsum(off) - cross


@pytest.mark.parametrize("options", [NUMPY, TORCH])
@pytest.mark.parametrize("chunk", [1, 7, 1 << 18])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i2"])
def test_linear_mmd_is_its_loop(monkeypatch, options, chunk, dtype):
    monkeypatch.setattr(closed, "CHUNK", chunk)
    rng = np.random.default_rng(1)
    x, y = (3 * rng.normal(size=(9, 3))).astype(dtype), (3 * rng.normal(size=(6, 3)) + 1).astype(dtype)
    lists = x.astype(float).tolist(), y.astype(float).tolist()
    expected = estimates(*lists, lambda p, q: fsum(a * b for a, b in zip(p, q, strict=True)))
    assert mmd_linear(x, y, **options) == pytest.approx(expected, rel=1e-12)


def test_linear_mmd_far_from_the_origin_does_not_cancel():
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 9, (50, 4)).astype(float), rng.integers(0, 9, (40, 4)).astype(float)
    near, far = mmd_linear(x, y, **NUMPY), mmd_linear(x + 2.0**40, y + 2.0**40, **NUMPY)
    assert far == pytest.approx(near, rel=1e-12)
    assert mmd_linear(x, x, **NUMPY).biased == 0


def test_linear_mmd_of_one_row_and_out_of_range():
    one = mmd_linear(np.ones((1, 2)), np.zeros((2, 2)), **NUMPY)
    assert one.biased == one.score == 2
    assert isnan(one.unbiased)
    with pytest.raises(DataError, match="leaves the range of float64"):
        mmd_linear(np.full((2, 2), 1e200), -np.full((2, 2), 1e200), **NUMPY)


def test_the_mean_over_36_million_equal_rows():
    rows = np.broadcast_to(np.float32([[0.1]]), (36_000_000, 1))
    assert mean_of_pairs(rows, rows[:1], **NUMPY) == pytest.approx(1.0, abs=1e-9)


def test_a_memory_map_is_streamed(tmp_path):
    path, shape = tmp_path / "rows.bin", (100_000, 32)
    rows = np.random.default_rng(3).normal(size=shape).astype("f4")
    rows.tofile(path)
    mapped = np.memmap(path, dtype="f4", mode="r", shape=shape)
    functions = (mean_of_pairs, centroid_cosine, paired, mmd_linear)
    expected = [function(rows, rows[::-1], **NUMPY) for function in functions]
    tracemalloc.start()
    found = [function(mapped, mapped[::-1], **NUMPY) for function in functions]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == expected
    # a float64 copy of one side is 24 MiB; a chunk in float64 2 MiB, of which a few are alive at a time
    assert peak < 16 << 20


@pytest.mark.parametrize(
    ("weights", "error", "what"),
    [
        ([1.0], ShapeError, "expected 2 weights"),
        ([[1.0, 1.0]], ShapeError, r"got shape \(1, 2\)"),
        ([1.0, -0.5], DataError, "weight 1 is -0.5"),
        ([np.nan, 1.0], DataError, "weight 0 is nan"),
        ([0, 0], DataError, "all weights are 0"),
        (["a", "b"], DataError, "expected numbers"),
    ],
)
def test_weights_that_are_refused(weights, error, what):
    for function in (mean_of_pairs, centroid_cosine, paired):
        with pytest.raises(error, match=what) as refused:
            function(np.eye(2), np.eye(2), weights_b=np.asarray(weights), **NUMPY)
        assert refused.value.where == "«weights_b»"


def test_weights_of_any_size():
    x = np.asarray([[1.0, 0], [0, 1]])
    huge = {"weights_a": np.asarray([1.5e308, 1.5e308])}
    assert mean_of_pairs(x, x[:1], **huge, **NUMPY) == 0.5
