"""`compare`: every aggregate against a plain loop, padding, matches and what is undefined."""

from math import fsum, sqrt

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool import compare, open_vectors
from simtool.aggregates import closed_forms as closed
from simtool.comparison.options import summary_keys
from simtool.errors import DataError, ParameterError, ShapeError
from simtool.io import as_vectors, with_ids

NAMES = ["mean", "argmax", "max", "centroid", "paired"]


def cosine(x, y, eps=1e-8):
    floors = [max(sqrt(fsum(p * p for p in v)), eps) for v in (x, y)]
    return fsum(p * q for p, q in zip(x, y, strict=True)) / (floors[0] * floors[1])


def loop(x, y):
    """All aggregates of two sets, pair by pair."""
    x, y = x.astype(float).tolist(), y.astype(float).tolist()
    matrix = [[cosine(p, q) for q in y] for p in x]
    precision = fsum(max(row) for row in matrix) / len(x)
    recall = fsum(max(column) for column in zip(*matrix, strict=True)) / len(y)
    both = precision > 0 and recall > 0
    scores = {
        "mean": fsum(map(fsum, matrix)) / (len(x) * len(y)),
        "argmax": 2 * precision * recall / (precision + recall) if both else 0.0,
        "argmax.precision": precision,
        "argmax.recall": recall,
        "argmax.f1": 2 * precision * recall / (precision + recall) if both else 0.0,
        "max": max(map(max, matrix)),
        "centroid": cosine(*([fsum(c) / len(v) for c in zip(*v, strict=True)] for v in (x, y))),
    }
    if len(x) == len(y):
        pairs = [matrix[i][i] for i in range(len(x))]
        quantiles = np.quantile(pairs, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist()
        numbers = (fsum(pairs) / len(x), min(pairs), *quantiles)
        parts = ("", ".min", ".q05", ".q25", ".median", ".q75", ".q95")
        scores |= {f"paired{part}": number for part, number in zip(parts, numbers, strict=True)}
    return scores


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    d=st.integers(1, 6),
    dtype=st.sampled_from(["f2", "f4", "f8", "i1", "i4"]),
    backend=st.sampled_from(["numpy", "torch"]),
    chunk=st.sampled_from([1, 7, 1 << 18]),
)
def test_every_aggregate_is_its_loop(seed, sizes, d, dtype, backend, chunk):
    x, y = (np.random.default_rng(seed + i).integers(-3, 4, (n, d)).astype(dtype) for i, n in enumerate(sizes))
    names = NAMES if len(x) == len(y) else NAMES[:-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(closed, "CHUNK", chunk)
        summary = compare(x, y, aggregates=names, backend=backend).summary
    expected = loop(x, y)
    assert summary == pytest.approx({"percent": 100 * max(0.0, expected["mean"]), **expected}, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("scale", "dtype"), [(1e20, "f4"), (1e200, "f8"), (1e307, "f8")])
def test_magnitudes_do_not_matter(name, scale, dtype):
    x, y = np.random.default_rng(0).random((2, 50, 3))
    summary = compare((x * scale).astype(dtype), (y * scale).astype(dtype), aggregates=[name]).summary
    assert summary[name] == pytest.approx(loop(x, y)[name], abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_many_equal_rows_are_one(name):
    # summed in float32, hundreds of thousands of tenths are far from their mean
    x = np.full((300_000 if name in ("mean", "centroid", "paired") else 1000, 3), 0.1, dtype="f4")
    assert compare(x, x, aggregates=[name]).summary[name] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_eps_is_the_least_norm(name):
    x = np.asarray([[1e-9, 0.0]] * 3)
    assert compare(x, x, aggregates=[name]).summary[name] == pytest.approx(0.01, rel=1e-12)
    assert compare(x, x, aggregates=[name], eps=0.0).summary[name] == pytest.approx(1.0, rel=1e-12)


def test_the_percentage_is_that_of_the_first_aggregate_and_never_negative():
    x, y = np.asarray([[1.0, 0], [0, 1]]), np.asarray([[1.0, 0], [0, -1]])
    assert compare(x, y, aggregates=["max", "mean"]).summary["percent"] == 100.0
    against = compare(x, -x, aggregates=["paired", "max"])
    assert [against.summary[key] for key in ("percent", "paired", "max")] == [0.0, -1.0, 0.0]
    assert against.parameters["percent"] == "clip"


def test_summary_keys_are_those_of_the_summary():
    names = ["greedy", "mean", "bertscore"]  # aliases are one aggregate
    assert list(compare(np.ones((1, 1, 2)), np.ones((1, 1, 2)), aggregates=names).summary) == summary_keys(names[:2])
    columns = compare(np.eye(2), np.eye(2), aggregates=names).rows.columns
    assert columns["aggregate"].tolist() == ["argmax", "argmax.precision", "argmax.recall", "argmax.f1", "mean"]
    assert columns["score"].tolist() == [1, 1, 1, 1, 0.5]


def padded(seed, items, tokens, least=1):
    """Items of different lengths, filled up with zero rows, at the end or in between."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(items, tokens, 4)).astype("f4")
    for item in rows:
        item[rng.permutation(tokens)[: rng.integers(0, tokens - least + 1)]] = 0
    return rows


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), items=st.integers(1, 5), tokens=st.tuples(st.integers(1, 6), st.integers(1, 6)))
def test_items_are_compared_one_by_one_without_their_padding(seed, items, tokens):
    a, b = padded(seed, items, tokens[0]), padded(seed + 1, items, tokens[1])
    result = compare(a, b, aggregates=NAMES[:-1])
    expected = [loop(x[x.any(axis=1)], y[y.any(axis=1)]) for x, y in zip(a, b, strict=True)]
    for key in ("mean", "argmax.precision", "argmax.recall", "argmax.f1", "argmax", "max", "centroid"):
        scores = [item[key] for item in expected]
        assert result.rows.columns[key].tolist() == pytest.approx(scores, abs=1e-12)
        assert result.summary[key] == pytest.approx(fsum(scores) / items, abs=1e-12)
    assert result.summary["items"] == items
    zeros = [int((~side.any(axis=2)).sum()) for side in (a, b)]
    if any(zeros):
        counted = f"{zeros[0]} of {items * tokens[0]} in A, {zeros[1]} of {items * tokens[1]} in B"
        assert result.notes[0] == f"zero rows are padding and were left out: {counted}"


def test_paired_rows_of_items_are_those_that_both_sides_have():
    a, b = padded(1, 6, 5), padded(2, 6, 5)
    scores = compare(a, b, aggregates=["paired"]).rows.columns["paired"]
    for x, y, score in zip(a, b, scores.tolist(), strict=True):
        both = x.any(axis=1) & y.any(axis=1)
        assert score == pytest.approx(loop(x[both], y[both])["paired"], abs=1e-12) if both.any() else np.isnan(score)


def test_items_that_are_all_padding_are_undefined_and_do_not_enter_the_mean():
    a, b = np.ones((3, 2, 2)), np.ones((3, 2, 2))
    a[1] = 0
    ids = np.asarray(["x", "y", "z"])
    result = compare(with_ids(as_vectors(a), ids), b, aggregates=NAMES)
    for name in NAMES:
        assert np.isnan(result.rows.columns[name]).tolist() == [False, True, False]
        assert result.summary[name] == pytest.approx(1.0, abs=1e-15)
    assert result.rows.columns["item"].tolist() == ["x", "y", "z"]
    assert "1 item is all padding, undefined and not in the means: y" in result.notes
    nothing = compare(np.zeros((1, 2, 2)), np.ones((1, 2, 2)), aggregates=["mean"], matches=False)
    assert nothing.summary == {"percent": None, "mean": None, "items": 1}


def test_zero_rows_of_a_set_count():
    result = compare(np.asarray([[1.0, 0], [0, 0]]), np.asarray([[1.0, 0]]), aggregates=["mean"])
    assert result.summary["mean"] == 0.5
    assert result.notes == ("1 zero row in A, 0 in B: their cosine is 0",)


def test_matches_name_who_matched_whom():
    a = with_ids(as_vectors(np.asarray([[1.0, 0], [0, 1], [1, 1]])), np.asarray(["p", "q", "r"]))
    b = np.asarray([[0.0, 2], [0, 2], [5, 0]])
    columns = compare(a, b, aggregates=["argmax"], matches=True).rows.columns
    half = sqrt(0.5)
    rows = list(zip(*(columns[name].tolist() for name in ("direction", "a", "b")), strict=True))
    # of equals the first: q and r are as close to row 0 as to row 1
    assert rows[:3] == [("a to b", "p", 2), ("a to b", "q", 0), ("a to b", "r", 0)]
    assert rows[3:] == [("b to a", "q", 0), ("b to a", "q", 1), ("b to a", "p", 2)]
    assert columns["score"].tolist() == pytest.approx([1, 1, half, 1, 1, 1], abs=1e-15)


def test_matches_of_items_count_padding_rows():
    a, b = np.zeros((2, 3, 2)), np.zeros((2, 2, 2))
    a[0, 1], a[1, 2], b[0, 1], b[1, 0] = [1, 0], [0, 1], [2, 0], [0, 2]
    columns = compare(a, b, aggregates=["argmax"], matches=True).rows.columns
    rows = list(zip(*(columns[name].tolist() for name in ("item", "direction", "a", "b")), strict=True))
    assert rows == [(0, "a to b", 1, 1), (0, "b to a", 1, 1), (1, "a to b", 2, 0), (1, "b to a", 2, 0)]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite(bad):
    rows = np.asarray([[1.0, 2], [bad, 1], [2, 1]])
    broken = with_ids(as_vectors(rows, "my.npy"), np.asarray(["ant", "bee", "cat"]))
    with pytest.raises(DataError, match=r"row 1 \(id 'bee'\) of 3 holds NaN or infinity"):
        compare(np.eye(2), broken)
    dropped = compare(np.eye(2), broken, aggregates=NAMES[:-1], nonfinite="drop")
    assert dropped.summary == compare(np.eye(2), rows[[0, 2]], aggregates=NAMES[:-1]).summary
    assert dropped.notes[0].endswith("left out: row 1 (id 'bee')")
    with pytest.raises(ParameterError, match="unknown value 'propagate'"):
        compare(np.eye(2), broken, nonfinite="propagate")


def test_dropped_rows_never_shift_the_pairs():
    a, b = np.ones((3, 2)), np.ones((3, 2))
    a[0], b[2] = np.nan, np.nan  # both sides lose one row, but not the same one
    with pytest.raises(ShapeError, match="rows that were left out break the pairs"):
        compare(a, b, aggregates=["paired"], nonfinite="drop")


@pytest.mark.parametrize(
    ("x", "y", "options", "error", "what"),
    [
        ((2, 3), (2, 4), {}, ShapeError, "differ in length"),
        ((3,), (2, 3), {}, ShapeError, "expected 2 or 3 dims"),
        ((1, 2, 3, 4), (2, 3), {}, ShapeError, "expected 2 or 3 dims"),
        ((2, 2, 3), (2, 3), {}, ShapeError, "one input is a set, the other a list of sets"),
        ((2, 2, 3), (3, 2, 3), {"items": "aligned"}, ShapeError, "there are 2 and 3"),
        ((2, 3), (4, 3), {"aggregates": ["paired"]}, ShapeError, "A has 2 rows and B has 4"),
        ((0, 3), (2, 3), {}, ShapeError, "the input is empty"),
        ((2, 3), (2, 3), {"aggregates": []}, ParameterError, "no aggregate"),
        ((2, 3), (2, 3), {"aggregates": ["men"]}, ParameterError, "unknown aggregate 'men'"),
        ((2, 3), (2, 3), {"matches": True, "aggregates": ["mean"]}, ParameterError, "matches are those of argmax"),
        ((2, 3), (2, 3), {"eps": -1.0}, ParameterError, "eps is -1.0"),
        ((2, 3), (2, 3), {"eps": float("nan")}, ParameterError, "eps is nan"),
    ],
)
def test_what_is_refused(x, y, options, error, what):
    with pytest.raises(error, match=what):
        compare(np.ones(x), np.ones(y), **options)


def test_paraphrases_score_above_unrelated_texts(sample_data):
    a, b = (open_vectors(str(sample_data / f"texts_{side}.npy")) for side in "ab")
    scores = compare(a, b, aggregates=["argmax"]).rows.columns["argmax"]
    unrelated = np.isin(np.arange(20), [10, 11, 12, 13, 14, 19])  # as its page says
    assert scores[unrelated].max() < scores[~unrelated].min()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_gpu_gives_the_same_scores():
    x, y = np.random.default_rng(0).normal(size=(2, 300, 64)).astype("f4")
    gpu = compare(x, y, aggregates=NAMES, device="cuda").summary
    assert gpu == pytest.approx(compare(x, y, aggregates=NAMES).summary, abs=1e-12)
