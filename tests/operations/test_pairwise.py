"""`pairwise`: whatever the scan, a selection keeps exactly what brute force keeps."""

import itertools
from math import pi

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from brute_force import (
    BACKENDS,
    CLOSER,
    METRICS,
    SCANS,
    best,
    exact,
    in_tiles,
    listed,
    problems,
    ranked,
    refinements,
    select,
    ways,
    within,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from simtool import open_vectors, pairwise
from simtool.errors import DataError, ParameterError, ShapeError
from simtool.io import Selection, as_vectors, with_ids


def answers(a, b, way, *, alone, metric, **question):
    """What a selection lists, with its scores, scanned in a way."""
    with pytest.MonkeyPatch.context() as patch:
        way = dict(way)
        result = select(patch, way.pop("scan"), a, None if alone else b, metric=metric, **way, **question)
    return listed(result), result.rows.columns["score"].tolist(), result.summary


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=50, deadline=None)
@given(problem=problems(), k=st.integers(1, 45), way=ways, exclude_self=st.booleans())
def test_top_k_is_brute_force(metric, problem, k, way, exclude_self):
    a, b, dtype = problem
    matrix = exact(metric, a, b)
    question = {"top_k": k, "metric": metric, "exclude_self": exclude_self}
    found, scores, _ = answers(a.astype(dtype), b.astype(dtype), way, alone=False, **question)
    assert found == ranked(metric, matrix, k, exclude_self=exclude_self)
    assert scores == [matrix[pair] for pair in found]


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=40, deadline=None)
@given(problem=problems(rows=50), k=st.integers(1, 50), way=ways)
def test_top_k_of_one_set_is_brute_force(metric, problem, k, way):
    a, _, dtype = problem
    matrix = exact(metric, a, a)
    found, scores, _ = answers(a.astype(dtype), None, way, alone=True, metric=metric, top_k=k)
    assert found == ranked(metric, matrix, k, exclude_self=True)
    assert scores == [matrix[pair] for pair in found]


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=50, deadline=None)
@given(problem=problems(), way=ways, alone=st.booleans(), data=st.data())
def test_threshold_is_a_filter_of_the_matrix(metric, problem, way, alone, data):
    a, b, dtype = problem
    b = a if alone else b
    matrix = exact(metric, a, b)
    # at a score of the matrix, just past it, or anywhere
    place = data.draw(st.sampled_from(matrix.ravel().tolist()))
    threshold = data.draw(st.sampled_from([place, float(np.nextafter(place, 9)), float(np.nextafter(place, -9)), 0.5]))
    exclude_self = data.draw(st.booleans())
    question = {"threshold": threshold, "metric": metric, "exclude_self": exclude_self}
    if threshold > 1 if metric == "cosine" else threshold < 0 and metric != "dot":
        with pytest.raises(ParameterError, match=f"no {metric} can reach"):
            pairwise(a, threshold=threshold, metric=metric)
        return
    found, scores, summary = answers(a.astype(dtype), b.astype(dtype), way, alone=alone, **question)
    assert found == within(metric, matrix, threshold, exclude_self=exclude_self, alone=alone)
    assert scores == [matrix[pair] for pair in found]
    assert summary["pairs"] == len(found)


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=50, deadline=None)
@given(problem=problems(), way=ways, alone=st.booleans(), most=st.integers(1, 400), exclude_self=st.booleans())
def test_max_pairs_are_the_best_of_the_matrix(metric, problem, way, alone, most, exclude_self):
    a, b, dtype = problem
    b = a if alone else b
    matrix = exact(metric, a, b)
    question = {"max_pairs": most, "metric": metric, "exclude_self": exclude_self}
    found, scores, summary = answers(a.astype(dtype), b.astype(dtype), way, alone=alone, **question)
    assert found == best(metric, matrix, most, exclude_self=exclude_self, alone=alone)
    assert scores == [matrix[pair] for pair in found]
    assert summary["pairs"] == len(found)


# ---- data made for the scan to fail on


def questions(matrix, metric):
    """One of each selection whose answer is neither nothing nor everything."""
    order = np.sort(matrix.ravel())
    middle = order[len(order) // 3 if metric not in CLOSER else -len(order) // 3]
    return [{"top_k": 5}, {"threshold": float(middle)}, {"max_pairs": 300}]


def assert_brute_force(metric, a, b, dtype, scan, matrix=None, **way):
    """Check each selection of two sets, and of the first against itself."""
    for alone in (False, True):
        other = a if alone else b
        whole = exact(metric, a, other) if matrix is None or alone else matrix
        options = {"exclude_self": alone, "alone": alone}
        for question in questions(whole, metric):
            sides = (a.astype(dtype), None if alone else b.astype(dtype))
            found, scores, _ = answers(*sides, {"scan": scan, **way}, alone=alone, metric=metric, **question)
            expected = (
                ranked(metric, whole, 5, exclude_self=alone)
                if "top_k" in question
                else within(metric, whole, question["threshold"], **options)
                if "threshold" in question
                else best(metric, whole, 300, **options)
            )
            assert found == expected, question
            assert scores == [whole[pair] for pair in found], question


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_scores_within_the_bound_of_each_other_are_told_apart(monkeypatch, metric, scan):
    # a million and a little: cosines differ by 1e-12, products by 1e-6 of themselves
    rng = np.random.default_rng(1)
    base = np.full(6, 1_000_000)
    a, b = (base + rng.integers(-2, 3, (size, 6)) for size in (300, 700))
    seen = refinements(monkeypatch)
    assert_brute_force(metric, a, b, "f8", scan, tiling=(128, 256))
    assert bool(seen) == (scan[1] != "float64")


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("metric", ["cosine", "dot", "sqeuclidean"])
def test_thousands_of_near_duplicates(monkeypatch, metric, scan):
    rng = np.random.default_rng(2)
    base = rng.integers(-3000, 3000, (3, 12))
    a, b = (base[rng.integers(0, 3, size)] + rng.integers(-1, 2, (size, 12)) for size in (200, 3000))
    seen = refinements(monkeypatch)
    matrix, way = exact(metric, a, b), {"scan": scan, "tiling": (128, 1024), "most": 5000}
    for question, expected in (
        ({"top_k": 7}, ranked(metric, matrix, 7)),
        ({"max_pairs": 900}, best(metric, matrix, 900)),
    ):
        found, scores, _ = answers(a.astype("f4"), b.astype("f4"), way, alone=False, metric=metric, **question)
        assert found == expected
        assert scores == [matrix[pair] for pair in found]
    if metric == "cosine" or scan[1] == "float64":  # what the other bounds tell apart depends on the numbers
        assert bool(seen) == (scan[1] != "float64")


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("kind", ["equal scores", "negative", "zero", "zero rows", "one hot"])
@pytest.mark.parametrize("metric", ["cosine", "dot"])
def test_bounds_at_or_below_zero_and_ties_everywhere(metric, kind, scan):
    rng = np.random.default_rng(3)
    a, b = (rng.integers(1, 4, (size, 4)) for size in (150, 400))
    match kind:
        case "equal scores":  # rearrangements of one row against rows that are constant
            a, b = np.repeat(a[:, :1], 4, axis=1), rng.permuted(np.tile([1, 2, 3, 5], (400, 1)), axis=1)
        case "negative":
            b = -b
        case "zero":
            a, b = a * [1, 1, 0, 0], b * [0, 0, 1, 1]
        case "zero rows":
            a[::3], b[::2] = 0, 0
        case "one hot":
            a, b = (np.eye(40, dtype=int)[rng.integers(0, 40, size)] for size in (150, 400))
    assert_brute_force(metric, a, b, "f4", scan, tiling=(64, 130), most=3000)


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("dims", [1, 2, 127, 4097, 10_000])
@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_dims_from_one_to_ten_thousand(metric, dims, scan):
    rng = np.random.default_rng(dims)
    a, b = (rng.integers(-2, 3, (size, dims)) for size in (12, 150))
    b[5] = b[77]
    a[3] = b[77]
    assert_brute_force(metric, a, b, "f4", scan, tiling=(8, 64))


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("metric", ["dot", "cosine", "euclidean"])
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_rows_of_very_different_norms(metric, scan, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(-3, 4, (size, 5)) << rng.integers(0, 20, (size, 1)) for size in (40, 200))
    assert_brute_force(metric, a, b, "f4", scan, tiling=(16, 70))


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("metric", ["dot", "euclidean", "sqeuclidean", "manhattan"])
@pytest.mark.parametrize(("left", "right"), [(80, 0), (0, 80), (62, 62), (-62, -62), (80, -60), (-70, 0)])
def test_sides_of_very_different_magnitudes(metric, left, right, scan):
    # 2^80 is 1e24: it fits float32, and its square does not
    rng = np.random.default_rng(4)
    a, b = (rng.integers(-4, 5, (size, 3)) for size in (30, 90))
    x, y = (a * 2.0**left).astype("f4"), (b * 2.0**right).astype("f4")
    if metric == "dot":
        matrix, unit = exact(metric, a, b), 2.0 ** (left + right)
    elif left == right:
        matrix = exact(metric, a, b)
        unit = 2.0 ** (2 * left if metric == "sqeuclidean" else left)
    else:
        names = {"manhattan": "cityblock"}
        matrix, unit = cdist(x.astype("f8"), y.astype("f8"), names.get(metric, metric)), 1.0
    for question in questions(matrix, metric):
        given = {key: value * unit if key == "threshold" else value for key, value in question.items()}
        found, scores, _ = answers(x, y, {"scan": scan, "tiling": (8, 64)}, alone=False, metric=metric, **given)
        np.testing.assert_allclose(scores, [matrix[pair] * unit for pair in found], rtol=1e-12)
        if unit != 1.0 or metric == "dot":
            expected = {"top_k": ranked, "threshold": within, "max_pairs": best}[next(iter(question))]
            assert found == expected(metric, matrix, next(iter(question.values())))
        else:  # the last bits of the reference are its own
            top = "top_k" in question
            nearest = np.sort(matrix, axis=1)[:, :5].ravel() if top else np.sort(matrix.ravel())[: len(found)]
            np.testing.assert_allclose(scores if top else np.sort(scores), nearest, rtol=1e-12)
            assert len(found) >= 30 * 5


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean", "manhattan"])
@pytest.mark.parametrize("alone", [False, True])
def test_rows_of_nan_are_never_listed(metric, alone, scan):
    rng = np.random.default_rng(5)
    a, b = (rng.integers(-3, 4, (size, 3)) for size in (60, 300))
    b = a if alone else b
    gaps = rng.random(len(b)) < 0.4
    gaps[0] = True
    matrix = exact(metric, a, b)
    matrix[:, gaps] = np.nan
    if alone:
        matrix[gaps] = np.nan
    x, y = a.astype("f4"), b.astype("f4")
    y[gaps, 1] = np.nan
    x = y if alone else x
    options = {"exclude_self": alone, "alone": alone}
    level = float(np.nanmedian(matrix))
    for question, expected in (
        ({"top_k": 4}, ranked(metric, matrix, 4, exclude_self=alone)),
        ({"top_k": 299}, ranked(metric, matrix, 299, exclude_self=alone)),
        ({"threshold": level}, within(metric, matrix, level, **options)),
        ({"max_pairs": 200}, best(metric, matrix, 200, **options)),
    ):
        for way in ({"tiling": (16, 70)}, {"tiling": (16, 70), "most": 100, "share": 0.0}):
            way["scan"] = scan
            found, scores, _ = answers(x, y, way, alone=alone, metric=metric, nonfinite="propagate", **question)
            assert found == expected
            assert scores == [matrix[pair] for pair in found]


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean"])
def test_a_middle_is_found_among_rows_of_nan(metric):
    # every second row, as the rows are drawn that the middle is taken of
    b = np.random.default_rng(0).normal(size=(9000, 2))
    b[::2] = np.nan
    top = pairwise(b[1:2], b, metric=metric, top_k=2, nonfinite="propagate").rows.columns
    assert (top["b"][0], top["score"][0]) == (1, 0.0)
    assert len(pairwise(b[:1], b[::2], metric=metric, top_k=2, nonfinite="propagate").rows) == 0


def test_a_set_of_one_has_no_pairs():
    for question in ({"top_k": 1}, {"threshold": -1.0}, {"max_pairs": 5}):
        assert len(pairwise(np.ones((1, 2)), **question).rows) == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_max_pairs_are_listed_by_score_then_row_then_column(backend):
    a = np.asarray([[1.0, 0], [0, 1], [1, 0], [0, 1], [1, 1]])
    columns = pairwise(a, max_pairs=6, backend=backend).rows.columns
    assert columns["score"].tolist() == pytest.approx([1, 1, *[0.5**0.5] * 4])
    assert list(zip(columns["a"].tolist(), columns["b"].tolist(), strict=True)) == [
        (0, 2),
        (1, 3),
        (0, 4),
        (1, 4),
        (2, 4),
        (3, 4),
    ]
    apart = pairwise(a, a, max_pairs=3, metric="euclidean", backend=backend)
    assert listed(apart) == [(0, 0), (0, 2), (1, 1)]


def test_the_list_of_fewer_pairs_is_a_prefix():
    a = np.random.default_rng(3).integers(-1, 2, (30, 4)).astype("f4")
    whole = listed(pairwise(a, max_pairs=435))
    assert len(whole) == 435
    for most in (1, 2, 50, 434, 1000):
        assert listed(pairwise(a, max_pairs=most)) == whole[:most]


# ---- rows that are taken as they come


@pytest.mark.parametrize("question", [{"top_k": 3}, {"threshold": 0.5}, {"max_pairs": 50}])
@pytest.mark.parametrize("shape", [(300, 4), (3, 50, 4)])
def test_rows_that_are_taken_are_those_that_are_kept(monkeypatch, question, shape):
    in_tiles(monkeypatch, 64, 128)
    a, parts = np.random.default_rng(0).normal(size=shape).astype("f4"), []
    kept, taken = pairwise(a, **question), pairwise(a, rows_into=parts.append, **question)
    assert (len(taken.rows), taken.summary, taken.notes) == (0, kept.summary, kept.notes)
    assert kept.summary["columns"] == shape[-2]
    assert len(parts) > 1 or "max_pairs" in question
    assert [tuple(part) for part in parts] == [kept.rows.names] * len(parts)
    for name, column in kept.rows.columns.items():
        assert np.concatenate([part[name] for part in parts]).tolist() == column.tolist()


@pytest.mark.parametrize("question", [{"threshold": 1.0}, {"top_k": 1}, {"max_pairs": 1}])
def test_no_rows_still_have_names_and_types(question):
    parts = []
    a = with_ids(as_vectors(np.ones((1, 2))), np.asarray(["p"]))
    kept, taken = pairwise(a, **question), pairwise(a, rows_into=parts.append, **question)
    assert len(kept.rows) == taken.summary.get("pairs", 0) == 0
    (part,) = parts
    assert tuple(part) == kept.rows.names
    assert {name: column.dtype for name, column in part.items()} == {
        name: column.dtype for name, column in kept.rows.columns.items()
    }
    assert part["a"].dtype.kind in "UO"


# ---- precision


@pytest.mark.parametrize("pays", [False, True])
def test_bfloat16_is_used_where_it_pays_and_its_bound_holds(monkeypatch, pays):
    from simtool.engine import calibration

    monkeypatch.setattr(calibration, "pays", lambda precision, backend, dims: pays)
    a = np.random.default_rng(0).normal(size=(30, 4))
    used = [
        pairwise(a, top_k=1, metric=metric, precision=precision, backend="torch").parameters["scan"]
        for metric in METRICS
        for precision in ("auto", "float32", "float64")
    ]
    reduced = "bfloat16" if pays else "float32"
    expected = [reduced, "float32", "float64"] * 3 + ["float32", "float32", "float64"] * 2 + ["float64"] * 3
    assert used == [f"{precision}, torch" for precision in expected]


# ---- real numbers, near ties, magnitudes


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
@pytest.mark.parametrize("question", [{"top_k": 1}, {"threshold": 0.0}, {"max_pairs": 1}, {}])
def test_a_score_beyond_float64_is_an_error_not_a_missing_row(metric, question):
    with pytest.raises(DataError, match="leaves the range of float64"):
        pairwise(np.full((2, 2), 1e200), metric=metric, **question)


@pytest.mark.parametrize("question", [{"top_k": 10}, {"threshold": 0.0}, {"max_pairs": 3000}, {}])
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


# ---- rows that are not finite, zero rows, refusals


@pytest.mark.parametrize("question", [{}, {"top_k": 3}, {"threshold": -1.0}, {"max_pairs": 99}])
@pytest.mark.parametrize("metric", ["cosine", "dot", "manhattan"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite(question, metric, bad):
    if metric == "manhattan" and "threshold" in question:
        question = {"threshold": 10.0}
    values = np.asarray([[1.0, 2], [3, bad], [2, 2], [2, 1]])
    broken = with_ids(as_vectors(values, "my.npy"), np.asarray(["ant", "bee", "cat", "dog"]))
    with pytest.raises(DataError) as refused:
        pairwise(np.ones((2, 2)), broken, metric=metric, **question)
    assert refused.value.what == "row 1 (id 'bee') of 4 holds NaN or infinity"
    assert refused.value.where == "my.npy"

    for sides in ((broken, None), (broken, broken)):
        left = pairwise(*sides, metric=metric, nonfinite="drop", **question)
        assert "left out" in left.notes[0]
        assert "my.npy" in left.notes[0]
        assert "row 1 (id 'bee')" in left.notes[0]
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
    assert result.notes == (f"1 zero row in A and 2 zero rows in B: their {metric} score is {score}",)
    assert result.array[0].tolist() == [score] * 3
    assert result.array[1, 1:].tolist() == [score] * 2
    assert pairwise(a, metric=metric, top_k=1).notes == (f"1 zero row in A: their {metric} score is {score}",)
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
        ([(2, 3)], {"top_k": 0}, ParameterError, "1 or more, got 0"),
        ([(2, 3)], {"top_k": 1, "max_pairs": 5}, ParameterError, "go with no other selection"),
        ([(2, 3)], {"max_pairs": 1, "threshold": 0.5}, ParameterError, "go with no other selection"),
        ([(2, 3)], {"max_pairs": -1}, ParameterError, "1 or more, got -1"),
        ([(2, 3)], {"threshold": 0.5, "max_results": 0}, ParameterError, "1 or more, got 0"),
        ([(2, 3)], {"dim": 0, "ids_a": np.arange(2)}, ParameterError, "ids and columns belong to rows"),
        ([(2, 3, 4)], {"ids_a": np.arange(2)}, ParameterError, "ids and columns belong to rows"),
        ([(2, 3)], {"max_memory": "lots"}, ParameterError, "expected a size, got 'lots'"),
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


@pytest.mark.parametrize("question", [{}, {"top_k": 1}, {"threshold": 0.99}, {"max_pairs": 9}])
def test_progress_counts_the_rows(question):
    seen = []
    pairwise(np.eye(2100, 4) + 1, progress=lambda done, total: seen.append((done, total)), **question)
    done, totals = zip(*seen, strict=True)
    assert (len(done) > 2, done[-1], set(totals)) == (True, 2100, {2100})
    assert list(done) == sorted(set(done))


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
    for question in ({"top_k": 7}, {"threshold": 0.9 if CLOSER.get(metric) else 0.2}, {"max_pairs": 500}):
        cpu, gpu = (pairwise(a, metric=metric, device=device, **question) for device in ("cpu", "cuda"))
        assert listed(gpu) == listed(cpu)
        assert gpu.rows.columns["score"].tolist() == cpu.rows.columns["score"].tolist()
    np.testing.assert_allclose(
        pairwise(a, metric=metric, device="cuda").array, pairwise(a, metric=metric).array, atol=2e-6
    )


@pytest.mark.parametrize("option", ["top_k", "max_pairs", "max_results"])
def test_a_number_of_four_hundred_digits_is_refused_in_words(option):
    question = {"threshold": 0.5} if option == "max_results" else {}
    with pytest.raises(ParameterError, match="too large, expected at most 9,223,372,036,854,775,807") as refused:
        pairwise(np.eye(2), **question, **{option: int("9" * 400)})
    assert len(refused.value.what) < 200


def test_the_largest_numbers_list_everything():
    a, most = np.eye(4, 3) + 0.5, 2**63 - 1
    everything = {(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)}
    assert set(listed(pairwise(a, max_pairs=most))) == everything
    assert len(listed(pairwise(a, top_k=most))) == 12
    assert len(listed(pairwise(a, threshold=-1, max_results=most))) == 6


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(("metric", "threshold"), [("cosine", 0.55), ("euclidean", 0.9)])
@pytest.mark.parametrize("b", [None, "sample_data/wordsim_b.npy"])
def test_a_top_k_with_a_threshold_is_the_top_k_without_what_does_not_reach_it(metric, threshold, b, backend):
    words, how = "sample_data/words.parquet", {"top_k": 3, "metric": metric, "backend": backend}
    every = pairwise(words, b, **how)
    rows = every.rows.read(0, len(every.rows))
    close = rows["score"] >= threshold if metric == "cosine" else rows["score"] <= threshold
    found = pairwise(words, b, threshold=threshold, require_keys=["k", "pairs"], **how)
    listed = found.rows.read(0, len(found.rows))
    assert 0 < found.summary["pairs"] < len(every.rows)
    assert found.summary["pairs"] == len(found.rows)
    for name, column in listed.items():
        assert column.tolist() == rows[name][close].tolist()


def test_columns_of_rows_are_not_carried_for_columns(tmp_path):
    table = pa.table({"text": ["p", "q"], "v": np.eye(2, 3).tolist()})
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(ParameterError, match="ids and columns belong to rows"):
        pairwise(Selection(f"{tmp_path}/t.parquet", keep=["text"]), dim=0, top_k=1)
