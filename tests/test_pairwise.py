"""`pairwise`: the scan keeps exactly what brute force keeps, and the matrix is what it says."""

import itertools
from functools import partial
from math import pi, sqrt

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from simtool import allpairs, open_vectors, pairwise
from simtool.engine import reducers
from simtool.engine.tiles import Plan
from simtool.errors import DataError, ParameterError, ResourceError, ShapeError
from simtool.io import as_vectors, with_ids
from simtool.results import in_batches

BACKENDS = ["numpy", "torch"]
METRICS = ["cosine", "angular", "dot", "euclidean", "sqeuclidean", "manhattan"]
CLOSER = {"cosine": True, "dot": True}  # larger is closer


def exact(metric, a, b):
    """The matrix for rows of integers: whole-number sums, then one root and one division, as rounded by IEEE."""
    a, b = a.astype(object), b.astype(object)
    return np.asarray([[score(metric, x, y) for y in b] for x in a], dtype=float)


def score(metric, x, y):
    squares = sum((x - y) ** 2)
    if metric in ("cosine", "angular"):
        size = sum(x * x) * sum(y * y)
        cosine = sum(x * y) / sqrt(size) if size else 0.0
        return cosine if metric == "cosine" else float(np.arccos(cosine)) / pi
    return {"dot": sum(x * y), "euclidean": sqrt(squares), "sqeuclidean": squares, "manhattan": sum(abs(x - y))}[metric]


def ranked(metric, matrix, k, *, exclude_self=False):
    """The (row, column) of the k best of each row: closest first, then lowest number."""
    sign = -1 if CLOSER.get(metric) else 1
    pairs = []
    for i, row in enumerate(matrix):
        others = [j for j in range(len(row)) if not (exclude_self and i == j)]
        pairs += [(i, j) for j in sorted(others, key=lambda j, row=row: (sign * row[j], j))[:k]]
    return pairs


def listed(result):
    return list(zip(result.rows.columns["a"].tolist(), result.rows.columns["b"].tolist(), strict=True))


def in_tiles(patch, stripe, block):
    patch.setattr(allpairs, "Plan", partial(Plan, stripe=stripe, block=block))


@st.composite
def problems(draw):
    """Few distinct small integers: many ties, equal rows, zero rows, and scores that are exact."""
    n, m, d = draw(st.integers(1, 9)), draw(st.integers(1, 40)), draw(st.integers(1, 5))
    dtype = draw(st.sampled_from(["f2", "f4", "f8", "i1", "i8", "u1", "u4"]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    least = 0 if dtype.startswith("u") else -2
    a, b = (rng.integers(least, 3, (rows, d)) for rows in (n, m))
    return a, b, dtype


tilings = st.tuples(st.integers(1, 9), st.integers(1, 40))


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=40, deadline=None)
@given(
    problem=problems(),
    k=st.integers(1, 45),
    tiling=tilings,
    exclude_self=st.booleans(),
    most=st.sampled_from([1, 20, reducers.MOST_CANDIDATES]),
    precision=st.sampled_from(["auto", "float64"]),
    backend=st.sampled_from(BACKENDS),
)
def test_top_k_is_brute_force(metric, problem, k, tiling, exclude_self, most, precision, backend):
    a, b, dtype = problem
    matrix = exact(metric, a, b)
    with pytest.MonkeyPatch.context() as patch:
        in_tiles(patch, *tiling)
        patch.setattr(reducers, "MOST_CANDIDATES", most)
        options = {"metric": metric, "exclude_self": exclude_self, "precision": precision, "backend": backend}
        result = pairwise(a.astype(dtype), b.astype(dtype), top_k=k, **options)
    expected = ranked(metric, matrix, k, exclude_self=exclude_self)
    assert listed(result) == expected
    assert result.rows.columns["score"].tolist() == [matrix[pair] for pair in expected]


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=40, deadline=None)
@given(problem=problems(), tiling=tilings, alone=st.booleans(), data=st.data(), backend=st.sampled_from(BACKENDS))
def test_threshold_is_a_filter_of_the_matrix(metric, problem, tiling, alone, data, backend):
    a, b, dtype = problem
    b = a if alone else b
    matrix = exact(metric, a, b)
    # at a score of the matrix, just past it, or anywhere
    place = data.draw(st.sampled_from(matrix.ravel().tolist()))
    threshold = data.draw(st.sampled_from([place, float(np.nextafter(place, 9)), float(np.nextafter(place, -9)), 0.5]))
    exclude_self = data.draw(st.booleans())
    with pytest.MonkeyPatch.context() as patch:
        in_tiles(patch, *tiling)
        options = {"metric": metric, "threshold": threshold, "exclude_self": exclude_self, "backend": backend}
        result = pairwise(a.astype(dtype), None if alone else b.astype(dtype), **options)
    close = matrix >= threshold if CLOSER.get(metric) else matrix <= threshold
    if exclude_self:
        close = np.triu(close, 1) if alone else close & ~np.eye(*close.shape, dtype=bool)
    assert listed(result) == [(int(i), int(j)) for i, j in np.argwhere(close)]
    assert result.rows.columns["score"].tolist() == matrix[close].tolist()
    assert result.summary["pairs"] == close.sum()


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 12), backend=st.sampled_from(BACKENDS))
def test_real_numbers_agree_with_scipy(metric, seed, k, backend):
    a, b = (np.random.default_rng(seed + n).normal(size=(n, 48)) for n in (7, 300))
    names = {"manhattan": "cityblock", "angular": "cosine"}
    matrix = a @ b.T if metric == "dot" else cdist(a, b, names.get(metric, metric))
    matrix = 1 - matrix if metric == "cosine" else np.arccos(1 - matrix) / pi if metric == "angular" else matrix
    result = pairwise(a, b, top_k=k, metric=metric, backend=backend)
    assert listed(result) == ranked(metric, matrix, k)
    full = pairwise(a, b, metric=metric, backend=backend).array
    np.testing.assert_allclose(full, matrix, atol=2e-6 if metric in ("cosine", "angular") else 1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_near_ties_beyond_float32_are_told_apart(metric, backend):
    # cosines, products and distances that differ by about 1e-12, far below what float32 can tell
    rng = np.random.default_rng(5)
    a = rng.normal(size=(3, 64))
    b = a[0] + 1e-6 * rng.normal(size=(500, 64))
    b[100:110] = b[50]
    wide = (v.astype(np.longdouble) for v in (a, b))
    x, y = wide
    dots, sizes = x @ y.T, np.sqrt((x**2).sum(1)[:, None] * (y**2).sum(1)[None])
    matrix = {"dot": dots, "cosine": dots / sizes, "euclidean": np.sqrt(((x[:, None] - y) ** 2).sum(2))}[metric]
    result = pairwise(a, b, top_k=40, metric=metric, backend=backend)
    columns = result.rows.columns["b"].reshape(3, 40)
    found = np.take_along_axis(matrix, columns, 1)
    best = np.sort(matrix if metric == "euclidean" else -matrix, axis=1)[:, :40]
    np.testing.assert_allclose(found if metric == "euclidean" else -found, best, atol=1e-15, rtol=1e-15)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("dtype", "power"), [("f4", 66), ("f4", -66), ("f8", 500), ("f8", 664), ("f8", -664)])
@pytest.mark.parametrize("metric", ["cosine", "angular", "euclidean", "manhattan"])
def test_magnitudes_do_not_matter(metric, dtype, power, backend):
    # a power of two scales exactly; 2^66 and 2^664 are about 7e19 and 1e200
    a, b = np.random.default_rng(1).integers(-4, 5, (2, 20, 3))
    scaled = [(v * 2.0**power).astype(dtype) for v in (a, b)]
    options = {"metric": metric, "eps": 0.0, "backend": backend}
    if metric == "euclidean" and power > 511:
        for question in ({"top_k": 2}, {"threshold": 1e200}, {}):
            with pytest.raises(DataError, match="leaves the range of float64"):
                pairwise(*scaled, **question, **options)
        return
    matrix = exact(metric, a, b)
    unit = 1.0 if metric in ("cosine", "angular") else 2.0**power
    result = pairwise(*scaled, top_k=4, **options)
    assert listed(result) == ranked(metric, matrix, 4)
    assert result.rows.columns["score"].tolist() == [matrix[pair] * unit for pair in listed(result)]
    np.testing.assert_allclose(pairwise(*scaled, **options).array / unit, matrix, atol=1e-7, rtol=1e-6)
    at = matrix[2, 3] * unit
    close = matrix >= matrix[2, 3] if metric == "cosine" else matrix <= matrix[2, 3]
    assert len(pairwise(*scaled, threshold=at, **options).rows) == close.sum()


@pytest.mark.parametrize("metric", ["dot", "sqeuclidean"])
@pytest.mark.parametrize("question", [{"top_k": 1}, {"threshold": 0.0}, {}])
def test_a_score_beyond_float64_is_an_error_not_a_missing_row(metric, question):
    with pytest.raises(DataError, match="leaves the range of float64"):
        pairwise(np.full((2, 2), 1e200), metric=metric, **question)


@pytest.mark.parametrize("question", [{"top_k": 10}, {"threshold": 0.0}, {}])
def test_scores_whose_sum_leaves_float64_have_no_mean(question):
    summary = pairwise(np.full((300, 1), 4e153), np.full((10, 1), 4e153), metric="dot", **question).summary
    assert summary["mean"] is summary["max"] is None


@pytest.mark.parametrize("question", [{"top_k": 3}, {"precision": "float32"}])
def test_products_fit_where_a_factor_does_not_fit_float32(question):
    a, b = np.asarray([[1e39, 1.0]]), np.asarray([[0.0, 1.0], [1e-10, 0.0], [2e-10, 0.0]])
    result = pairwise(a, b, metric="dot", exclude_self=False, **question)
    scores = result.rows.columns["score"] if "top_k" in question else np.sort(result.array[0])[::-1]
    assert scores.tolist() == pytest.approx([2e29, 1e29, 1.0], rel=1e-6)


def test_a_pair_at_the_threshold_is_kept():
    a, b = np.asarray([[1.0, 2.0]], dtype="f4"), np.asarray([[2.0, 1.0]], dtype="f4")
    assert listed(pairwise(a, b, threshold=0.8)) == [(0, 0)]  # 4 / 5
    assert listed(pairwise(a, b, threshold=float(np.nextafter(0.8, 1)))) == []


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("tiling", [(1024, 4096), (101, 77), (400, 300)])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_of_equal_rows_the_first_are_listed(monkeypatch, metric, tiling, backend):
    in_tiles(monkeypatch, *tiling)
    rows = np.full((1000, 8), 0.3, dtype="f4")
    found = pairwise(rows, top_k=3, metric=metric, backend=backend).rows.columns["b"].reshape(1000, 3)
    assert found[0].tolist() == [1, 2, 3]
    assert found[1].tolist() == [0, 2, 3]
    assert found[5].tolist() == [0, 1, 2]
    assert (found[3:] == [0, 1, 2]).all()
    included = pairwise(rows, top_k=3, metric=metric, exclude_self=False, backend=backend).rows.columns["b"]
    assert (included.reshape(1000, 3) == [0, 1, 2]).all()


@pytest.mark.parametrize("n", [1, 2, 1024, 1025])
def test_a_self_join_lists_every_pair_once(n):
    rows = np.zeros((n, 2), dtype="f4")
    rows[[0, -1]] = 1.0
    assert listed(pairwise(rows, threshold=0.5)) == ([] if n == 1 else [(0, n - 1)])


def test_the_list_of_k_is_a_prefix_of_that_of_more():
    a = np.random.default_rng(3).integers(-1, 2, (30, 4)).astype("f4")
    lists = [pairwise(a, top_k=k).rows.columns["b"].reshape(30, k) for k in range(1, 30)]
    for shorter, longer in itertools.pairwise(lists):
        assert (longer[:, :-1] == shorter).all()


def test_tiles_beyond_one_grid_give_the_same_list():
    rows = np.random.default_rng(0).normal(size=(5000, 16)).astype("f4")
    rows[4990] = rows[10]
    result = pairwise(rows[:1100], rows, top_k=5, exclude_self=True)
    unit = rows.astype("f8") / np.linalg.norm(rows.astype("f8"), axis=1, keepdims=True)
    matrix = unit[:1100] @ unit.T
    np.fill_diagonal(matrix, -9)
    assert (result.rows.columns["b"].reshape(1100, 5) == np.argsort(-matrix, axis=1, kind="stable")[:, :5]).all()
    assert result.rows.columns["rank"].tolist() == [1, 2, 3, 4, 5] * 1100


def test_k_beyond_the_rows_lists_all_and_says_so():
    result = pairwise(np.eye(3), top_k=9)
    assert len(result.rows) == 6
    assert result.summary["k"] == 9
    assert result.notes == ("k is 9, but a row has at most 2 others: all of them are listed",)
    nothing = pairwise(np.ones((1, 2)), top_k=1)
    assert (len(nothing.rows), nothing.summary["mean"]) == (0, None)


# ---- the whole matrix


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
    near = 1e8 + np.asarray([[0.0, 0.0], [1.0, 1.0]])  # squares of 1e16 hide a difference of 2
    assert pairwise(near, metric="sqeuclidean", backend=backend).array.tolist() == [[0, 2], [2, 0]]


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
        return parts.append

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
    assert result.grid.shape == (3000, 3000)
    assert result.grid.row_ids.tolist() == list(range(7, 15))
    np.testing.assert_array_equal(result.grid.scores, result.array[:8, :8])
    small = pairwise(np.eye(16))
    np.testing.assert_array_equal(small.grid.scores, np.eye(16))


def test_ids_name_the_rows():
    a = with_ids(as_vectors(np.eye(2)), np.asarray(["p", "q"]))
    columns = pairwise(a, np.eye(2), top_k=1).rows.columns
    assert (columns["a"].tolist(), columns["b"].tolist()) == (["p", "q"], [0, 1])


def test_a_matrix_that_does_not_fit_is_refused(monkeypatch):
    monkeypatch.setattr(allpairs, "available_memory", lambda: 1000)
    with pytest.raises(ResourceError, match="20 x 20 matrix takes") as refused:
        pairwise(np.ones((20, 2)))
    assert "--top-k" in refused.value.hint


# ---- rows that are not finite, zero rows, refusals


@pytest.mark.parametrize("question", [{}, {"top_k": 3}, {"threshold": -1.0}])
@pytest.mark.parametrize("metric", ["cosine", "dot", "manhattan"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite(question, metric, bad):
    values = np.asarray([[1.0, 2], [3, bad], [2, 2], [2, 1]])
    broken = with_ids(as_vectors(values, "my.npy"), np.asarray(["ant", "bee", "cat", "dog"]))
    with pytest.raises(DataError) as refused:
        pairwise(np.ones((2, 2)), broken, metric=metric, **question)
    assert refused.value.what == "row 1 (id 'bee') of 4 holds NaN or infinity"
    assert refused.value.where == "my.npy"

    if metric == "manhattan" and "threshold" in question:
        question = {"threshold": 10.0}
    for sides in ((broken, None), (broken, broken)):
        left = pairwise(*sides, metric=metric, nonfinite="drop", **question)
        assert left.notes[0] == "1 rows of my.npy are not finite and were left out: row 1 (id 'bee')"
        kept = pairwise(*sides, metric=metric, nonfinite="propagate", **question)
        if question:  # NaN is never listed
            assert listed(kept) == [pair for pair in listed(left) if "bee" not in pair]
            assert len(listed(kept)) == len(listed(left)) > 0
        else:
            assert np.isnan(kept.array).tolist() == [[1 in (i, j) for j in range(4)] for i in range(4)]
            assert kept.summary["mean"] is kept.summary["min"] is None
            finite = kept.array[np.ix_([0, 2, 3], [0, 2, 3])]
            np.testing.assert_allclose(left.array, finite, rtol=1e-6)


def test_a_gap_does_not_hide_its_group():
    # columns 0, 128, 256 share a group of the scan
    b = np.full((300, 2), 1.0, dtype="f4")
    b[[128, 299]] = np.nan
    b[256] = [1, 0]
    result = pairwise(np.asarray([[1.0, 0.0]], dtype="f4"), b, top_k=300, nonfinite="propagate")
    assert result.rows.columns["b"].tolist() == [256, *(j for j in range(300) if j not in (128, 256, 299))]


def test_nothing_left_is_an_error_and_batches_are_not_thinned():
    with pytest.raises(DataError, match="rows 0, 1 of 2 hold NaN"):
        pairwise(np.full((2, 2), np.nan), nonfinite="drop")
    with pytest.raises(ParameterError, match="only rows of a 2-D input"):
        pairwise(np.asarray([[[1.0, np.nan]], [[1.0, 1.0]]]), nonfinite="drop")


@pytest.mark.parametrize(("metric", "score"), [("cosine", 0.0), ("angular", 0.5)])
def test_zero_rows_score_the_middle_and_are_counted(metric, score):
    a, b = np.asarray([[0.0, 0], [1, 2]]), np.asarray([[1.0, 1], [0, 0], [0, 0]])
    result = pairwise(a, b, metric=metric)
    assert result.notes == (f"1 zero rows in A and 2 zero rows in B: their {metric} score is {score}",)
    assert result.array[0].tolist() == [score] * 3
    assert result.array[1, 1:].tolist() == [score] * 2
    assert pairwise(a, metric=metric, top_k=1).notes == (f"1 zero rows in A: their {metric} score is {score}",)
    assert pairwise(a, b, metric="dot").notes == ()


def test_eps_is_the_least_norm():
    a = np.asarray([[1e-9, 0.0]])
    assert pairwise(a, a).array[0, 0] == pytest.approx(0.01, rel=1e-6)
    assert pairwise(a, a, top_k=1).rows.columns["score"].tolist() == pytest.approx([0.01], rel=1e-12)
    assert pairwise(a, a, eps=0.0).array[0, 0] == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize(
    ("shapes", "options", "error", "what"),
    [
        ([(2, 3), (2, 4)], {}, ShapeError, "differ in length: 3 in A, 4 in B"),
        ([(3,), (2, 3)], {}, ShapeError, "expected 2 dims or more"),
        ([(0, 3)], {}, ShapeError, "the input is empty"),
        ([(2, 2, 3), (3, 2, 3)], {}, ShapeError, "the batches do not fit"),
        ([(2, 3)], {"top_k": 0}, ParameterError, "top k is 0"),
        ([(2, 3)], {"top_k": 1, "threshold": 0.5}, ParameterError, "two different questions"),
        ([(2, 3)], {"threshold": float("nan")}, ParameterError, "the threshold is not a number"),
        ([(2, 3)], {"eps": -1.0}, ParameterError, "eps is -1.0"),
        ([(2, 3)], {"eps": float("nan")}, ParameterError, "eps is nan"),
        ([(2, 3)], {"metric": "cosin"}, ParameterError, "unknown metric 'cosin'"),
        ([(2, 3)], {"precision": "half"}, ParameterError, "unknown value 'half'"),
        ([(2, 3)], {"nonfinite": "skip"}, ParameterError, "unknown value 'skip'"),
        ([(2, 3)], {"backend": "jax"}, ParameterError, "unknown backend 'jax'"),
    ],
)
def test_what_is_refused(shapes, options, error, what):
    with pytest.raises(error, match=what):
        pairwise(*(np.ones(shape) for shape in shapes), **options)


def test_too_many_pairs_are_refused(monkeypatch):
    monkeypatch.setattr(reducers, "MOST_PAIRS", 10)
    with pytest.raises(ResourceError, match="more than 10 pairs"):
        pairwise(np.ones((9, 2)), threshold=0.5)


@pytest.mark.parametrize("question", [{}, {"top_k": 1}, {"threshold": 0.9}])
def test_progress_counts_the_rows(question):
    seen = []
    pairwise(np.eye(2100, 4) + 1, progress=lambda done, total: seen.append((done, total)), **question)
    assert seen == [(1024, 2100), (2048, 2100), (2100, 2100)]


def test_words_find_their_neighbours(sample_data):
    words = open_vectors(str(sample_data / "words.parquet"))
    columns = pairwise(words, top_k=1).rows.columns
    matrix = 1 - cdist(*[words.read(0, words.shape[0]).astype("f8")] * 2, "cosine")
    np.fill_diagonal(matrix, -9)
    assert columns["b"].tolist() == words.ids[matrix.argmax(axis=1)].tolist()
    np.testing.assert_allclose(columns["score"], matrix.max(axis=1), atol=1e-12)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("metric", METRICS)
def test_a_gpu_gives_the_same_answers(metric):
    a = np.random.default_rng(0).integers(-3, 4, (3000, 8)).astype("f4")
    for question in ({"top_k": 7}, {"threshold": 0.9 if CLOSER.get(metric) else 0.2}):
        cpu, gpu = (pairwise(a, metric=metric, device=device, **question) for device in ("cpu", "cuda"))
        assert listed(gpu) == listed(cpu)
        assert gpu.rows.columns["score"].tolist() == cpu.rows.columns["score"].tolist()
    np.testing.assert_allclose(
        pairwise(a, metric=metric, device="cuda").array, pairwise(a, metric=metric).array, atol=2e-6
    )
