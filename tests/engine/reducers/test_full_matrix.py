"""`pairwise` without a selection: the whole matrix, its batches, its cells and its summary."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from brute_force import BACKENDS, METRICS, exact, problems
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from simtool import pairwise
from simtool.errors import ShapeError
from simtool.io import as_vectors, with_ids
from simtool.results import in_batches


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("width", [3, 384, 4096])
def test_float32_cosines_are_within_2e_6(width, backend):
    rng = np.random.default_rng(width)
    a, b = (rng.random((40, width)).astype("f4") for _ in range(2))  # all positive: the worst sums
    a[0], b[0] = 1.0, 1.0
    x, y = (v.astype("f8") / np.linalg.norm(v.astype("f8"), axis=1, keepdims=True) for v in (a, b))
    array = pairwise(a, b, backend=backend).array
    assert array.dtype == np.float32
    assert np.abs(array - x @ y.T).max() <= 2e-6
    precise = pairwise(a, b, precision="float64", backend=backend).array
    assert precise.dtype == np.float64
    assert np.abs(precise - x @ y.T).max() <= 1e-13


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=20, deadline=None)
@given(problem=problems(), backend=st.sampled_from(BACKENDS))
def test_the_matrix_is_brute_force(metric, problem, backend):
    a, b, dtype = problem
    result = pairwise(a.astype(dtype), b.astype(dtype), metric=metric, backend=backend)
    matrix = exact(metric, a, b)
    np.testing.assert_allclose(result.array, matrix, atol=2e-6 if metric in ("cosine", "angular") else 1e-6, rtol=1e-6)
    summary = {"rows": len(a), "columns": len(b), "mean": matrix.mean(), "min": matrix.min(), "max": matrix.max()}
    assert result.summary == pytest.approx(summary, abs=2e-6, rel=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean"])
def test_distances_of_close_rows_do_not_cancel(metric, backend):
    a, b = np.asarray([[512695.0], [512804.0]], dtype="f4"), np.asarray([[512804.0]], dtype="f4")
    expected = [109.0, 0.0] if metric == "euclidean" else [109.0**2, 0.0]
    assert pairwise(a, b, metric=metric, backend=backend).array.ravel().tolist() == expected
    proxy = 1e8 + np.asarray([[0.0, 0.0], [1.0, 1.0]])  # squares of 1e16 hide a difference of 2
    assert pairwise(proxy, metric="sqeuclidean", backend=backend).array.tolist() == [[0, 2], [2, 0]]


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean"])
@pytest.mark.parametrize("offset", [0.0, 1.0, 30.0, 1e3, 1e5, 1e8])
def test_distances_keep_their_digits_far_from_the_origin(metric, offset):
    a, b = offset + np.random.default_rng(0).normal(size=(2, 30, 8))
    array = pairwise(a, b, metric=metric, precision="float64").array
    np.testing.assert_allclose(array, cdist(a, b, metric), rtol=1e-7, atol=0)


def test_cosines_of_very_long_rows_are_summed_in_float64():
    a = np.random.default_rng(0).random((10, 5000)).astype("f4")
    precise = pairwise(a, precision="float64").array
    np.testing.assert_array_equal(pairwise(a).array, precise.astype("f4"))
    assert (pairwise(a, precision="float32").array != precise.astype("f4")).any()


@pytest.mark.parametrize(
    ("x", "y"), [((5, 3), (7, 3)), ((4, 5, 3), (4, 7, 3)), ((2, 1, 5, 3), (4, 7, 3)), ((5, 3), (2, 7, 3))]
)
def test_batches_are_those_of_matmul(x, y):
    a, b = (np.random.default_rng(len(s)).normal(size=s) for s in (x, y))
    units = [v / np.linalg.norm(v, axis=-1, keepdims=True) for v in (a, b)]
    expected = units[0] @ np.swapaxes(units[1], -1, -2)
    result = pairwise(a, b)
    assert result.array.shape == expected.shape
    np.testing.assert_allclose(result.array, expected, atol=2e-6)
    assert result.summary["mean"] == pytest.approx(expected.mean(), abs=1e-7)
    top = pairwise(a, b, top_k=2).rows.columns
    best = np.argsort(-expected.reshape(-1, 7), axis=1)[:, :2]
    assert top["b"].tolist() == best.ravel().tolist()
    assert top["a"].tolist() == np.repeat(np.arange(len(best)) % 5, 2).tolist()
    if len(expected.shape) > 2:
        assert top["batch"].tolist() == np.repeat(np.arange(len(best)) // 5, 2).tolist()


def test_dim_names_where_a_vector_lies():
    x, y = np.random.default_rng(4).normal(size=(2, 2, 4, 4)).astype("f4")
    array = pairwise(x, y, dim=1).array
    units = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, y)]
    np.testing.assert_allclose(array, np.swapaxes(units[0], 1, 2) @ units[1], atol=2e-6)
    aligned = torch.nn.functional.cosine_similarity(torch.from_numpy(x), torch.from_numpy(y), dim=1)
    np.testing.assert_allclose(np.diagonal(array, axis1=1, axis2=2), aligned, atol=2e-6)
    np.testing.assert_allclose(pairwise(x[0], y[0], dim=0).array, array[0], atol=1e-7)
    with pytest.raises(ShapeError) as refused:
        pairwise(x, y, dim=3)
    assert refused.value.hint == "valid dims are -3 to 2"


@pytest.mark.parametrize("shape", [(2500, 3), (3, 700, 3)])
def test_a_sink_receives_the_matrix_in_order(shape):
    a = np.random.default_rng(0).normal(size=shape).astype("f4")
    parts, announced = [], []

    def into(shape, dtype):
        announced.append((shape, dtype))
        return lambda part: parts.append(replace(part, scores=part.scores.copy()))

    result = pairwise(a, into=into)
    whole = pairwise(a)
    n = shape[-2]
    assert announced == [((*shape[:-2], n, n), np.dtype("f4"))]
    assert result.array is None
    assert len(result.rows) == 0
    assert result.summary == whole.summary
    starts = np.cumsum([0, *(len(part.scores) for part in parts)])
    assert [part.start for part in parts] == starts[:-1].tolist()
    np.testing.assert_array_equal(np.concatenate([part.scores for part in parts]), whole.array.reshape(-1, n))
    rows = [part.columns() for part in parts]
    read = list(in_batches(whole.rows, 1 << 20))
    for name in whole.rows.names:
        np.testing.assert_array_equal(np.concatenate([p[name] for p in rows]), np.concatenate([p[name] for p in read]))


def test_without_a_sink_the_matrix_is_kept():
    assert pairwise(np.eye(2), into=lambda shape, dtype: None).array.tolist() == [[1, 0], [0, 1]]


def test_an_error_of_the_sink_ends_the_work():
    def full(part):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        pairwise(np.ones((3000, 2)), into=lambda shape, dtype: full)


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 6), m=st.integers(1, 6), batch=st.integers(0, 3), exclude_self=st.booleans(), data=st.data())
def test_rows_of_the_matrix_read_the_same_in_any_slices(n, m, batch, exclude_self, data):
    lead = (batch,) if batch else ()
    a, b = (np.random.default_rng(size).normal(size=(*lead, size, 3)) for size in (n, m))
    result = pairwise(a, b, exclude_self=exclude_self)
    cells = [
        (*index, value)
        for index, value in np.ndenumerate(result.array)
        if not (exclude_self and index[-1] == index[-2])
    ]
    assert len(result.rows) == len(cells)
    start = data.draw(st.integers(0, len(cells)))
    stop = data.draw(st.integers(start, len(cells)))
    part = result.rows.read(start, stop)
    assert tuple(part) == result.rows.names
    assert list(zip(*(column.tolist() for column in part.values()), strict=True)) == cells[start:stop]


def test_the_summary_leaves_the_diagonal_out_of_a_self_join():
    a = np.random.default_rng(0).normal(size=(1500, 3))
    unit = a / np.linalg.norm(a, axis=1, keepdims=True)
    others = (unit @ unit.T)[~np.eye(1500, dtype=bool)]
    summary = {"rows": 1500, "columns": 1500, "mean": others.mean(), "min": others.min(), "max": others.max()}
    assert pairwise(a, precision="float64").summary == pytest.approx(summary, abs=1e-12)
    whole = pairwise(a, exclude_self=False)
    assert whole.summary["mean"] == pytest.approx(whole.array.mean(dtype="f8"), rel=1e-12)


def test_the_mean_of_36_million_ones_is_one():
    # summed one by one in float32 it is 0.466
    rows = np.ones((6000, 1), dtype="f4")
    summary = pairwise(rows, into=lambda shape, dtype: lambda part: None, exclude_self=False).summary
    assert summary["mean"] == pytest.approx(1.0, abs=1e-9)


def test_the_corner_of_a_large_matrix_is_shown():
    a = with_ids(as_vectors(np.random.default_rng(0).normal(size=(3000, 3))), np.arange(3000) + 7)
    result = pairwise(a, a)
    assert result.grids[0].shape == (3000, 3000)
    assert result.grids[0].row_ids.tolist() == list(range(7, 27))
    np.testing.assert_array_equal(result.grids[0].scores, result.array[:20, :20])
    small = pairwise(np.eye(16))
    np.testing.assert_array_equal(small.grids[0].scores, np.eye(16))


def test_the_matrices_of_a_batch_are_kept_to_look_at():
    a, b = np.random.default_rng(0).normal(size=(2, 6, 20, 3))
    kept = pairwise(a, b)
    shown = pairwise(a, b, into=lambda shape, dtype: lambda part: None)
    for result in (kept, shown):
        assert [(grid.batch, grid.batches, grid.shape) for grid in result.grids] == [(i, 6, (20, 20)) for i in range(4)]
        for grid in result.grids:
            np.testing.assert_array_equal(grid.scores, kept.array[grid.batch, :8])
    x = a[:2].transpose(0, 2, 1)
    along = pairwise(x, x, dim=1, exclude_self=False).grids
    cosines = torch.nn.functional.cosine_similarity(
        torch.from_numpy(a[:2, :, None]), torch.from_numpy(a[:2, None]), dim=3
    )
    np.testing.assert_allclose([grid.scores for grid in along], cosines[:, :8], atol=2e-6)


def test_ids_name_the_rows():
    a = with_ids(as_vectors(np.eye(2)), np.asarray(["p", "q"]))
    columns = pairwise(a, np.eye(2), top_k=1).rows.columns
    assert (columns["a"].tolist(), columns["b"].tolist()) == (["p", "q"], [0, 1])
