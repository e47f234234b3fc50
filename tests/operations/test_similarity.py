"""`similarity`: dims, pieces, what is not finite, and what is said about it."""

import threading
from math import sqrt

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from aligned_scores import METRICS, reference

from simtool import similarity
from simtool.engine import aligned
from simtool.errors import DataError, InputNotFoundError, ParameterError, ShapeError
from simtool.io import as_vectors, with_ids


def test_feature_maps_along_the_channel_and_along_the_pixels():
    x, y = np.random.default_rng(0).normal(size=(2, 1, 2, 20, 20)).astype("f4")
    across = similarity(x, y, dim=1).array
    assert across.shape == (1, 20, 20)
    oracle = torch.nn.functional.cosine_similarity(torch.from_numpy(x).double(), torch.from_numpy(y).double(), dim=1)
    np.testing.assert_allclose(across, oracle, atol=1e-12)
    within = similarity(x, y, dim=[2, 3]).array
    assert within.shape == (1, 2)
    np.testing.assert_allclose(within, reference("cosine", x.astype(float), y.astype(float), [2, 3]), atol=1e-12)
    np.testing.assert_array_equal(similarity(x, y, dim=(-2, -1)).array, within)


def test_cosine_of_single_numbers_is_a_sign_and_says_so():
    result = similarity(np.asarray([[2.0], [-3], [0]]), np.asarray([[5.0], [4], [1]]), dim=1)
    assert result.array.tolist() == [1, -1, 0]
    assert "only a sign" in result.notes[0]
    assert similarity(np.ones((3, 1)), np.ones((3, 1)), metric="dot").notes == ()


@pytest.mark.parametrize(("metric", "score"), [("cosine", 0.0), ("angular", 0.5)])
def test_zero_rows_are_counted_once(metric, score):
    x = np.asarray([[0, 0], [1, 2], [0, 0], [1, 1]], dtype="f2")
    y = np.asarray([[1, 2], [0, 0], [0, 0], [1, 1]], dtype="f2")
    result = similarity(x, y, metric=metric)
    assert result.array[:3].tolist() == [score] * 3
    assert result.notes == (f"3 of 4 scores have a zero vector on a side and are {score}",)


@pytest.mark.parametrize("scale", [1.0, 1e-300])
@pytest.mark.parametrize(("metric", "dim"), [("cosine", -1), ("angular", -1), ("correlation", 0)])
def test_scores_that_divide_by_eps_are_counted(metric, dim, scale):
    rows = np.asarray([[1e-12, -1e-12], [0.0, 0.0], [1.0, -2.0], [3e-9, -3e-9]]) * scale
    if dim == 0:
        rows = rows.T
    short = 2 if scale == 1.0 else 3
    others = np.asarray([[1.0, -1.0]] * 4) if dim else np.asarray([[1.0, -1.0]] * 4).T
    result = similarity(rows, others, dim=dim, metric=metric)
    assert f"{short} of 4 scores have a vector shorter than eps on a side and divide by eps" in result.notes[-1]
    assert not any("shorter" in note for note in similarity(rows, others, dim=dim, metric=metric, eps=0).notes)


def test_eps_is_the_least_norm():
    x = np.asarray([[1e-9, 0]], dtype="f4")
    assert similarity(x, x).array[0] == pytest.approx(0.01, rel=1e-6)
    assert similarity(x, x, eps=0.0).array.tolist() == [1.0]


def test_summary_and_rows():
    x = with_ids(as_vectors(np.asarray([[1.0, 0], [1, 1], [0, 1]])), np.asarray(["p", "q", "r"]))
    result = similarity(x, np.asarray([[1.0, 0]]))
    assert result.summary == pytest.approx({"count": 3, "mean": (1 + sqrt(0.5)) / 3, "min": 0.0, "max": 1.0})
    assert result.rows.read(1, 3)["id"].tolist() == ["q", "r"]
    assert similarity(np.asarray([[1.0, 0]]), x).rows.names == ("id", "score")
    assert similarity(x, x, dim=0).rows.columns["index"].tolist() == [0, 1]
    maps = similarity(np.ones((2, 2, 3)), np.ones((2, 2, 3)))
    assert maps.rows.columns["index"].tolist() == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_the_mean_of_many_ones_is_one():
    x = np.full((1_000_000, 2), 0.1, dtype="f4")
    assert similarity(x, x[:1]).summary["mean"] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("side", ["a", "b"])
def test_rows_that_are_not_finite(metric, bad, side):
    values = np.asarray([[1.0, 2], [3, bad], [2, 2], [bad, bad]])
    ids = np.asarray(["ant", "bee", "cat", "dog"])
    good, broken = np.ones((4, 2)), with_ids(as_vectors(values, "my.npy"), ids)
    sides = {"a": (broken, good), "b": (good, broken)}[side]
    with pytest.raises(DataError) as refused:
        similarity(*sides, metric=metric)
    assert refused.value.what == "rows 1 (id 'bee'), 3 (id 'dog') of 4 hold NaN or infinity"
    assert refused.value.where == "my.npy"

    kept = similarity(*sides, metric=metric, nonfinite="propagate")
    assert np.isnan(kept.array).tolist() == [False, True, False, True]
    assert kept.summary == {"count": 4, "mean": None, "min": None, "max": None}

    dropped = similarity(*sides, metric=metric, nonfinite="drop")
    assert dropped.rows.columns["id"].tolist() == ["ant", "cat"]
    assert dropped.array.tolist() == kept.array[[0, 2]].tolist()
    unnamed = similarity(values, good, metric=metric, nonfinite="drop").rows.columns
    assert unnamed["index"].tolist() == [0, 2]
    assert "2 rows not finite, left out: rows 1 (id 'bee'), 3 (id 'dog')" in dropped.notes


class OneThread:
    """Vectors whose reader has one cursor: it may not be read from two threads."""

    name, ids, dtype = "table.parquet", None, np.dtype("f8")

    def __init__(self, values):
        self.values, self.shape, self.thread = values, values.shape, threading.get_ident()

    def read(self, start, stop):
        assert threading.get_ident() == self.thread
        return self.values[start:stop]


@pytest.mark.parametrize("nonfinite", ["error", "propagate", "drop"])
def test_files_are_read_by_one_thread_alone(monkeypatch, nonfinite):
    monkeypatch.setattr(aligned, "CPU_PIECE", 8)
    monkeypatch.setattr(aligned, "processors", lambda: 2)
    values = np.ones((100, 4))
    values[50] = np.nan
    vectors = OneThread(values)
    if nonfinite == "error":
        with pytest.raises(DataError, match="row 50 of 100 holds NaN"):
            similarity(vectors, vectors)
        return
    scores = similarity(vectors, vectors, nonfinite=nonfinite).array
    assert scores.tolist() == pytest.approx(
        [1.0] * 50 + [np.nan] * (nonfinite == "propagate") + [1.0] * 49, nan_ok=True
    )


def test_dropping_everything_is_an_error():
    with pytest.raises(DataError, match="rows 0, 1 of 2 hold NaN"):
        similarity(np.full((2, 2), np.nan), np.ones((2, 2)), nonfinite="drop")


def test_a_score_that_leaves_float64_is_an_error():
    x = np.full((1, 2), 1e200)
    with pytest.raises(DataError, match="leaves the range of float64"):
        similarity(x, x, metric="dot")


@pytest.mark.parametrize(
    ("x", "y", "options", "error", "what", "hint"),
    [
        ((2, 3), (2, 3), {"dim": 2}, ShapeError, "dim 2 is out of range", "valid dims are -2 to 1"),
        ((2, 3), (2, 3), {"dim": -3}, ShapeError, "dim -3 is out of range", "valid dims are -2 to 1"),
        ((2, 3), (2, 3), {"dim": [1, -1]}, ShapeError, r"dims \[1, 1\]", "«dim=2,3»"),
        ((2, 3), (2, 3), {"dim": []}, ShapeError, r"dims \[\]", "«dim=2,3»"),
        ((2, 3), (4, 3), {}, ShapeError, "do not broadcast", "pairwise"),
        ((2, 3), (2, 4), {}, ShapeError, "do not broadcast", "one model; simtool compare «aggregates=knn-overlap»"),
        ((0, 3), (0, 3), {}, ShapeError, "the input is empty", ""),
        ((2, 3), (2, 3), {"metric": "cosin"}, ParameterError, "unknown metric", "did you mean cosine"),
        ((2, 3), (2, 3), {"nonfinite": "dropp"}, ParameterError, "unknown value 'dropp'", "did you mean drop"),
        ((2, 3), (2, 3), {"eps": -1.0}, ParameterError, "eps is -1.0", ""),
        ((2, 3), (2, 3), {"eps": np.nan}, ParameterError, "eps is nan", ""),
    ],
)
def test_what_is_refused(x, y, options, error, what, hint):
    with pytest.raises(error, match=what) as refused:
        similarity(np.ones(x), np.ones(y), **options)
    assert hint in refused.value.hint


@pytest.mark.parametrize("dtype", ["?", "c8", "U1", "M8[s]"])
@pytest.mark.parametrize("held", [None, "O"])
def test_only_real_numbers_are_compared(dtype, held):
    with pytest.raises(DataError, match="expected floats or integers"):
        similarity(np.zeros((2, 2), dtype=dtype).astype(held or dtype), np.zeros((2, 2)))


def test_tensors_are_taken_as_they_are():
    x = torch.ones(2, 3, requires_grad=True)
    assert similarity(x, x).array.tolist() == [1.0, 1.0]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("metric", METRICS)
def test_a_gpu_gives_the_same_scores(metric):
    x, y = np.random.default_rng(0).normal(size=(2, 300, 384)).astype("f4")
    scores = similarity(x, y, metric=metric, device="cuda").array
    np.testing.assert_allclose(scores, similarity(x, y, metric=metric).array, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "dims", "line"),
    [
        ((1, 2, 20, 20), (1, 2, 20, 20), 1, "(1, 2, 20, 20) x (1, 2, 20, 20) along 1 -> (1, 20, 20)"),
        ((1, 2, 20, 20), (1, 2, 20, 20), (2, -1), "(1, 2, 20, 20) x (1, 2, 20, 20) along 2, 3 -> (1, 2)"),
        ((5, 3), (1, 3), -1, "(5, 3) x (1, 3) along 1 -> (5,)"),
    ],
)
def test_the_shapes_say_which_dim_was_taken(a, b, dims, line):
    result = similarity(np.ones(a), np.ones(b), dim=dims)
    assert result.parameters["shapes"] == line
    assert line.endswith(f"-> {result.array.shape}")


def test_an_open_file_is_not_taken_for_vectors(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(2))
    with open(tmp_path / "x.npy", "rb") as file, pytest.raises(DataError, match="an open file"):
        similarity(file, np.eye(2))


@pytest.mark.parametrize("frame", [False, True])
def test_one_table_has_both_sides(tmp_path, frame):
    a, b = np.random.default_rng(6).normal(size=(2, 9, 4))
    table = pa.table({"id": [f"r{row}" for row in range(9)], "word": list("abcdefghi"), "a": list(a), "b": list(b)})
    path = str(tmp_path / "p.parquet")
    pq.write_table(table, path)
    found = similarity(table if frame else path)
    assert np.array_equal(found.array, similarity(a, b).array)
    assert found[2]["id"] == "r2"
    assert similarity(table if frame else path, ids_a="word")[2]["id"] == "c"
    with pytest.raises(ParameterError, match="one table has one column of ids"):
        similarity(path, ids_b="word")


def test_one_input_is_a_table_with_both_sides():
    with pytest.raises(ShapeError, match="got one input"):
        similarity(np.eye(3))
    with pytest.raises(InputNotFoundError, match="expected a table of pairs with vector columns a and b"):
        similarity(pa.table({"x": list(np.eye(3))}))
