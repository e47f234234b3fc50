"""Arrays, tensors, lists, and tables of pandas, polars and Arrow as inputs of every operation."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from numpy.testing import assert_allclose

import simtool
from simtool.errors import DataError, LabelError, ShapeError
from simtool.io import as_source, open_vectors
from simtool.io.in_memory import HeldTable
from simtool.settings import Settings

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
Y = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
IDS = list("abcdef")
UNIT_X, UNIT_Y = (rows.astype(np.float64) / np.linalg.norm(rows.astype(np.float64), axis=1)[:, None] for rows in (X, Y))


def fixed(rows):
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(rows).ravel()), rows.shape[1])


FORMS = {
    "array": lambda rows: rows,
    "fortran": np.asfortranarray,
    "strides": lambda rows: np.repeat(rows, 2, axis=0)[::-2][::-1],
    "big-endian": lambda rows: rows.astype(">f4"),
    "lists": lambda rows: rows.tolist(),
    "tensor": torch.from_numpy,
    "a tensor that learns": lambda rows: torch.from_numpy(rows).requires_grad_(),
    "arrow array": fixed,
    "arrow column": lambda rows: pa.chunked_array([fixed(rows[:2]), fixed(rows[2:])]),
    "arrow table": lambda rows: pa.table({"text": list("uvwxyz"), "v": fixed(rows)}),
    "record batch": lambda rows: pa.record_batch({"v": fixed(rows)}),
    "pandas table": lambda rows: pd.DataFrame({"text": list("uvwxyz"), "v": list(rows)}),
    "pandas column": lambda rows: pd.Series(list(rows)),
    "pandas numbers": pd.DataFrame,
    "pandas named numbers": lambda rows: pd.DataFrame(rows, columns=[f"dim_{number}" for number in range(4)]),
    "polars table": lambda rows: pl.DataFrame({"v": rows}),
    "polars column": pl.Series,
    "polars lists": lambda rows: pl.Series([row.tolist() for row in rows], dtype=pl.List(pl.Float32)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_scores(form):
    make = FORMS[form]
    # what lists hold is float64, of the same values
    assert_allclose(simtool.pairwise(make(X), make(Y), precision="float64").array, UNIT_X @ UNIT_Y.T, atol=1e-12)
    assert_allclose(simtool.similarity(make(X), make(Y)).array, (UNIT_X * UNIT_Y).sum(1), atol=1e-7)
    mean = simtool.compare(make(X), make(Y), aggregates=["mean"]).summary["mean"]
    assert_allclose(mean, (UNIT_X @ UNIT_Y.T).mean(), atol=1e-7)
    assert simtool.inspect(make(X)).summary["rows"] == 6


@pytest.mark.parametrize("form", FORMS)
def test_losses_and_measures_take_every_form(form):
    make, labels = FORMS[form], [1, 0, 1, 0, 1, 0]
    distance = 1 - (UNIT_X * UNIT_Y).sum(1)
    expected = np.where(labels, distance, np.maximum(0, 0.5 - distance)).mean()
    found = simtool.loss(make(X), make(Y), labels=labels, kind="cosine", margin=0.5)
    assert_allclose(found.summary["loss"], expected, atol=1e-7)
    scores = (UNIT_X * UNIT_Y).sum(1)
    above = np.mean([scores[i] > scores[j] for i in (0, 2, 4) for j in (1, 3, 5)])
    assert_allclose(simtool.evaluate(make(X), make(Y), labels=labels).summary["roc_auc"], above)


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "arrow"])
def test_ids_and_labels_are_columns_by_their_names(table):
    given = table({"name": IDS, "label": [0, 0, 1, 1, 0, 1], "v": X.tolist()})
    listed = simtool.pairwise(given, top_k=1, ids_a="name")
    assert listed.rows.read(0, 6)["a"].tolist() == IDS
    by_name = simtool.loss(given, labels="label", kind="sup-con").summary["loss"]
    by_array = simtool.loss(X.astype(np.float64), labels=np.asarray([0, 0, 1, 1, 0, 1]), kind="sup-con")
    assert_allclose(by_name, by_array.summary["loss"], rtol=1e-6)
    assert simtool.evaluate(given).summary["classes"] == 2  # found by its name


@pytest.mark.parametrize(
    "values", [list, np.asarray, pd.Series, pl.Series, pa.array, lambda v: pa.chunked_array([v[:2], v[2:]])]
)
def test_ids_and_labels_are_values_of_any_kind(values):
    listed = simtool.pairwise(X, top_k=1, ids_a=values(IDS))
    assert listed.rows.read(0, 6)["a"].tolist() == IDS
    codes = values([0, 0, 1, 1, 0, 1])
    expected = simtool.evaluate(X, labels=np.asarray([0, 0, 1, 1, 0, 1])).summary
    assert simtool.evaluate(X, labels=codes).summary == expected
    assert simtool.evaluate(X, labels=values(list("uuvvuv"))).summary["roc_auc"] == expected["roc_auc"]


FLAT = pa.array(X.ravel())
ONE_PIECE = {
    "array": (X, X),
    "tensor": (torch.from_numpy(X), X),
    "arrow array": (pa.FixedSizeListArray.from_arrays(FLAT, 4), FLAT.to_numpy()),
    "arrow table": (pa.table({"v": pa.FixedSizeListArray.from_arrays(FLAT, 4)}), FLAT.to_numpy()),
    "polars": (pl.from_arrow(pa.table({"v": pa.FixedSizeListArray.from_arrays(FLAT, 4)})), FLAT.to_numpy()),
}


@pytest.mark.parametrize("form", ONE_PIECE)
def test_numbers_in_one_piece_are_not_copied(form):
    given, numbers = ONE_PIECE[form]
    assert np.shares_memory(Settings().open(given, "A").read(0, 6), numbers)


def test_a_path_may_be_a_path(tmp_path: Path):
    np.save(tmp_path / "x.npy", X)
    assert_allclose(simtool.pairwise(tmp_path / "x.npy", precision="float64").array, UNIT_X @ UNIT_X.T, atol=1e-12)


def test_a_table_of_numbers_says_which_of_them_make_the_vector():
    given = pd.DataFrame(X, columns=list("wxyz")).assign(label=[0, 0, 1, 1, 0, 1])
    found = simtool.pairwise(given)
    assert found.provenance == {"a": "the vectors of A are 4 columns: w, x, y, z (not label)"}
    assert_allclose(found.array, UNIT_X @ UNIT_X.T, atol=1e-6)


def test_an_index_of_numbers_is_no_part_of_the_vectors():
    some = pd.DataFrame(X, columns=list("wxyz")).iloc[[4, 0, 2]]
    expected = UNIT_X[[4, 0, 2]] @ UNIT_X[[4, 0, 2]].T
    assert_allclose(simtool.pairwise(some, precision="float64").array, expected, atol=1e-12)


def test_an_index_without_a_name_is_no_column_and_one_with_a_name_is():
    table = pd.DataFrame({"v": list(X)}, index=IDS)
    assert simtool.pairwise(table, top_k=1).rows.read(0, 1)["a"].tolist() == [0]
    assert simtool.pairwise(table.rename_axis("id"), top_k=1).rows.read(0, 1)["a"].tolist() == ["a"]


def test_texts_as_lists_of_tokens_are_items_of_different_lengths():
    texts = [X[:2], X[2:5], X[5:]]
    frame = pl.DataFrame({"v": [rows.tolist() for rows in texts]}, schema={"v": pl.List(pl.List(pl.Float32))})
    assert_allclose(
        simtool.compare(frame, frame.reverse()).summary["argmax"],
        simtool.compare(texts, texts[::-1]).summary["argmax"],
        atol=1e-7,
    )


def test_a_frame_is_projected_and_converted(tmp_path):
    simtool.convert(pd.DataFrame({"id": IDS, "v": list(X)}), output=str(tmp_path / "x.parquet"))
    written = pq.read_table(tmp_path / "x.parquet")
    assert written["id"].to_pylist() == IDS
    assert_allclose(np.stack(written["v"].to_numpy()), X)
    simtool.convert(X, output=str(tmp_path / "x.npy"))
    assert np.array_equal(np.load(tmp_path / "x.npy"), X)


@pytest.mark.parametrize(
    ("given", "error", "what"),
    [
        ([[1.0, 2.0], [3.0]], ShapeError, "rows of different lengths: 1, 2"),
        (np.ma.masked_greater(X, 0), DataError, "some numbers are masked"),
        (pd.DataFrame({"text": IDS}), DataError, "no column holds vectors"),
        (pl.DataFrame({"v": [[1.0, 2.0], None]}), DataError, "row 1 is null or holds a null"),
        (["a", "b"], DataError, "expected floats or integers"),
        (pd.DataFrame([[1.0, 2.0]], columns=["v", "v"]), DataError, "Duplicate column names"),
        (pd.DataFrame({"v": [object()]}), DataError, "Arrow refuses this DataFrame"),
        (pd.DataFrame, DataError, "the class DataFrame"),
        (pl.DataFrame({"v": [[1.0]]}).lazy(), DataError, "got LazyFrame"),
        ({"v": [[1.0]]}, DataError, "expected vectors, got dict"),
        (torch.zeros(2, 2, device="meta"), DataError, "meta device"),
        (torch.eye(2).to_sparse(), DataError, "got a sparse one"),
        (
            torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged),
            DataError,
            "got a nested one",
        ),
        (torch.eye(2).to(torch.float8_e4m3fn), DataError, "got float8_e4m3fn"),
        ([torch.zeros(2, device="meta")], DataError, "meta device"),
    ],
)
def test_what_is_refused_is_named(given, error, what):
    for door in (simtool.pairwise, simtool.dedup):
        with pytest.raises(error, match=what):
            door(given, threshold=0.9)


@pytest.mark.parametrize(
    ("given", "error", "what"),
    [
        (X.astype("c8"), DataError, "got complex64"),
        (X.astype("U8"), DataError, "got str"),
        ([[]], ShapeError, "the input is empty"),
        (X[0], ShapeError, r"expected vectors \(n, d\)"),
        (None, DataError, "expected a table, got NoneType"),
    ],
)
def test_what_makes_no_table_is_named(given, error, what, tmp_path):
    with pytest.raises(error, match=what):
        simtool.convert(given, output=str(tmp_path / "x.parquet"))


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_a_quantized_tensor_is_named():
    with pytest.raises(DataError, match="got qint8"):
        simtool.pairwise(torch.quantize_per_tensor(torch.eye(2), 0.1, 0, torch.qint8))


def test_tensors_of_training_are_numbers():
    rows = [torch.tensor(row, requires_grad=True) for row in X]
    assert np.array_equal(as_source(rows, "A"), X)
    half = torch.tensor(X).bfloat16()
    found = simtool.dedup(half, threshold=-1.0)
    expected = simtool.dedup(half.float().numpy(), threshold=-1.0)
    assert np.array_equal(found.rows.read(0, 9)["score"], expected.rows.read(0, 9)["score"])


def test_a_mask_that_hides_nothing_is_none():
    assert as_source(np.ma.array(X), "A") is not None
    assert_allclose(simtool.pairwise(np.ma.array(X)).array, simtool.pairwise(X).array)


def test_an_open_file_is_no_input(tmp_path):
    np.save(tmp_path / "x.npy", X)
    with open(tmp_path / "x.npy", "rb") as file, pytest.raises(DataError, match="got an open file"):
        simtool.pairwise(file)


def test_a_table_in_memory_goes_where_a_source_goes():
    source = as_source(pl.DataFrame({"key": IDS, "v": X}), "A")
    assert isinstance(source, HeldTable)
    assert open_vectors(source, ids="::key").ids.tolist() == IDS
    assert source.column("key") == "::key"
    assert source.column("other.npy") == "other.npy"


def test_vectors_are_a_table_with_their_ids(tmp_path):
    np.savez(tmp_path / "x.npz", id=np.asarray(IDS), v=np.concatenate([X[:3], X[:3]]))
    vectors = simtool.open_vectors(f"{tmp_path}/x.npz::v", ids=f"{tmp_path}/x.npz::id")
    assert simtool.dedup(vectors, threshold=0.999).summary["dropped"] == 3
    assert simtool.leak(vectors, X[:1], threshold=0.999)["train"].tolist() == ["a"]
    simtool.convert(vectors, output=str(tmp_path / "x.parquet"))
    assert pq.read_table(tmp_path / "x.parquet").column("id").to_pylist() == IDS


def test_rows_in_an_array_of_objects_are_vectors():
    objects = pd.DataFrame({"v": list(X)})["v"].to_numpy()
    assert objects.dtype == object
    assert_allclose(simtool.pairwise(objects, precision="float64").array, UNIT_X @ UNIT_X.T, atol=1e-12)


@pytest.mark.parametrize("labels", [["a", float("nan"), "b"] * 2, [0, "0", 1] * 2])
def test_a_missing_label_in_a_list_of_strings_is_no_class(labels):
    with pytest.raises(LabelError):
        simtool.evaluate(X, labels=labels)


@pytest.mark.parametrize("ids", [["a", float("nan")] * 3, [1, "a"] * 3, np.array(["a", None] * 3, dtype=object)])
def test_ids_are_of_one_type_and_none_is_missing(ids):
    with pytest.raises(DataError, match="expected strings or integers as ids"):
        simtool.pairwise(X, top_k=1, ids_a=ids)
