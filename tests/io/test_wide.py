"""Columns of numbers as vectors: found by their names, or picked by patterns; in every format of tables."""

import csv
import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from written_files import WORDS, X, check, save_table, whole

from simtool.errors import DataError, InputNotFoundError, ResourceError
from simtool.io import Selection, open_table, open_vectors
from simtool.io.origins import provenance

ROWS = 70
DIMS = np.random.default_rng(1).standard_normal((ROWS, 12)).astype(np.float32)


# the columns lie as a program that sorts names writes them
NAMES = sorted(f"dim_{number}" for number in range(12))
COLUMNS = {
    "id": [f"r{row}" for row in range(ROWS)],
    "label": [row % 3 for row in range(ROWS)],
    "age": [row / 2 for row in range(ROWS)],
    **{name: DIMS[:, int(name[4:])].tolist() for name in NAMES},
    "text": ["t"] * ROWS,
}


@pytest.fixture(scope="module", params=["parquet", "arrow", "stream", "jsonl", "json", "csv", "shards"])
def path(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wide")
    path = folder / f"t.{request.param}"
    types = {name: pa.array(values, pa.float32() if name in NAMES else None) for name, values in COLUMNS.items()}
    table = pa.table(types)
    match request.param:
        case "parquet":
            pq.write_table(table, path, row_group_size=16)
        case "arrow" | "stream":
            writer = pa.ipc.new_file if request.param == "arrow" else pa.ipc.new_stream
            with writer(path, table.schema) as file:
                file.write_table(table, max_chunksize=11)
        case "jsonl":
            path.write_text("".join(f"{json.dumps(row)}\n" for row in table.to_pylist()))
        case "json":
            path.write_text(json.dumps(table.to_pylist()))
        case "csv":
            with path.open("w", newline="") as file:
                csv.writer(file).writerows([COLUMNS, *zip(*COLUMNS.values(), strict=True)])
        case _:
            pq.write_table(table.slice(0, 30), folder / "0.parquet")
            pq.write_table(table.slice(30), folder / "1.parquet")
            return str(folder / "?.parquet")
    return str(path)


def said(vectors, path):
    return provenance({"a": vectors})["a"].replace(path, "FILE")


def test_columns_that_are_numbered_alike_are_the_vectors_in_the_order_of_their_numbers(path):
    vectors = open_vectors(path)
    assert vectors.shape == (ROWS, 12)
    np.testing.assert_array_equal(vectors.read(0, ROWS).astype(np.float32), DIMS)
    np.testing.assert_array_equal(vectors.read(29, 32).astype(np.float32), DIMS[29:32])
    assert said(vectors, path).startswith("the vectors of FILE are 12 columns: dim_0, dim_1")
    assert "(not label, age, text)" in said(vectors, path)
    assert vectors.ids.tolist() == COLUMNS["id"]


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["dim_1*"], ["dim_1", "dim_10", "dim_11"]),
        (["dim_[3-5]"], ["dim_3", "dim_4", "dim_5"]),
        (["dim_2", "age"], ["age", "dim_2"]),
        (["label"], ["label"]),
        (["[al]*"], ["age"]),  # label is passed over, as it is one by its name
    ],
)
def test_patterns_pick_the_columns(path, patterns, names):
    vectors = open_vectors(Selection(path, columns=patterns))
    expected = np.stack([np.asarray(COLUMNS[name], float) for name in names], axis=1)
    np.testing.assert_allclose(vectors.read(0, ROWS), expected, rtol=1e-6)
    assert ", ".join(names) in said(vectors, path).partition(" (")[0]


def test_a_column_with_another_role_is_in_no_vector(path):
    vectors = open_vectors(path, others=["::dim_11"])
    assert vectors.shape == (ROWS, 11)
    picked = open_vectors(Selection(path, columns=["dim_*"]), others=["::dim_11"])
    assert picked.shape == (ROWS, 11)


def test_picked_columns_of_selected_rows(path):
    vectors = open_vectors(Selection(path, columns=["dim_7"], where="label = 1 and age > 20"))
    rows = [row for row in range(ROWS) if row % 3 == 1 and row > 40]
    np.testing.assert_array_equal(vectors.read(0, 99)[:, 0].astype(np.float32), DIMS[rows, 7])


@pytest.mark.parametrize(
    ("pattern", "error", "what"),
    [
        ("dims_*", InputNotFoundError, "no column fits the pattern 'dims_"),
        ("text", DataError, r"row 0 \(id 'r0'\) has 't' in column 'text', expected a number"),
        ("id*", InputNotFoundError, "no column fits the pattern"),
    ],
)
def test_a_pattern_that_picks_nothing_or_something_else_is_refused(path, pattern, error, what):
    with pytest.raises(error, match=what):
        open_vectors(Selection(path, columns=[pattern]))


def test_nulls_in_a_column_are_nulls_of_the_row(tmp_path):
    table = pa.table({"x0": [1.0, None, 3.0], "x1": [4.0, 5.0, 6.0]})
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(DataError, match="row 1 is null or holds a null"):
        open_vectors(str(tmp_path / "t.parquet")).read(0, 3)
    rows = open_table(str(tmp_path / "t.parquet"), nulls=True).vectors("").read(0, 3)
    np.testing.assert_array_equal(rows, [[1, 4], [np.nan, np.nan], [3, 6]])


def test_integers_stay_integers_and_mixed_columns_become_floats(tmp_path):
    table = pa.table({"x0": pa.array([1, 2], pa.int8()), "x1": pa.array([3, 4], pa.int32())})
    pq.write_table(table, tmp_path / "t.parquet")
    assert open_vectors(str(tmp_path / "t.parquet")).dtype == np.int32
    pq.write_table(table.append_column("x2", pa.array([0.5, 1.5])), tmp_path / "t.parquet")
    vectors = open_vectors(str(tmp_path / "t.parquet"))
    assert vectors.dtype == np.float64
    assert vectors.read(0, 2).tolist() == [[1, 3, 0.5], [2, 4, 1.5]]


def test_a_table_of_a_few_unnumbered_numbers_has_no_vectors(tmp_path):
    pq.write_table(pa.table({"year": [2020], "price": [1.5], "x0": [1.0]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="no column holds vectors") as error:
        open_vectors(str(tmp_path / "t.parquet"))
    assert error.value.hint.startswith("say which columns of numbers make the vectors: «columns» 'x*'")
    picked = open_vectors(Selection(str(tmp_path / "t.parquet"), columns=["price", "x0"]))
    assert picked.read(0, 1).tolist() == [[1.5, 1.0]]


def test_arrays_have_no_columns_to_pick(tmp_path):
    np.save(tmp_path / "x.npy", DIMS)
    with pytest.raises(DataError, match="columns picks among columns of numbers, and this file holds arrays"):
        open_vectors(Selection(str(tmp_path / "x.npy"), columns=["x"]))


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.arrows"])
@pytest.mark.parametrize("first", [0, 1])
def test_wide_tables_in_the_order_of_their_numbers(tmp_path, name, first):
    wide = np.random.default_rng(1).standard_normal((10, 12)).astype(np.float32)
    names = [f"dim_{number + first}" for number in range(12)]
    frame = pd.DataFrame(wide, columns=names).assign(id=WORDS, label=1)
    frame = frame[sorted(frame.columns)]  # dim_10 before dim_2, as a database gives them
    save_table(pa.Table.from_pandas(frame), tmp_path / name)
    found = check(tmp_path / name, wide, WORDS)
    assert found.dtype == np.float32
    said = f"12 columns: dim_{first}, dim_{first + 1}, ..., dim_{first + 11} (not label)"
    assert found.provenance == f"the vectors of {tmp_path / name} are {said}"
    pl.from_pandas(frame).write_parquet(tmp_path / "polars.parquet")
    check(tmp_path / "polars.parquet", wide, WORDS)
    for broken, what in (
        (frame.drop(columns="dim_5"), "there is no column dim_5 between dim_4 and dim_6"),
        (frame.assign(dim_5="x"), f"row 0 (id 'the') has 'x' in column 'dim_5', expected a number as in 'dim_{first}'"),
        (frame.assign(dim_05=1.0), "two columns have the number 5: dim_05 is one of them"),
        (frame.drop(columns=["dim_0", "dim_1"], errors="ignore"), "the columns begin with dim_2, expected 0 or 1"),
    ):
        save_table(pa.Table.from_pandas(broken), tmp_path / name)
        with pytest.raises(DataError) as error:
            open_vectors(str(tmp_path / name))
        assert error.value.what == what
    save_table(pa.Table.from_pandas(frame.assign(dim_3=[None, *range(9)])), tmp_path / name)
    with pytest.raises(DataError, match=r"row 0 \(id 'the'\) is null or holds a null"):
        whole(open_vectors(str(tmp_path / name)))


def test_two_wide_vectors_in_one_parquet(tmp_path):
    frame = pd.DataFrame({f"{side}{number}": X[:, number] for side in "ab" for number in range(6)}).assign(label=1)
    frame.to_parquet(tmp_path / "a.parquet")
    check(f"{tmp_path / 'a.parquet'}::a")
    check(f"{tmp_path / 'a.parquet'}::b")


def test_more_columns_than_the_budget_can_decode_at_once_are_refused(tmp_path, monkeypatch):
    pd.DataFrame(X, columns=[f"dim_{number}" for number in range(6)]).to_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr("simtool.io.parquet_and_arrow.ParquetBatches.held", lambda self, columns: len(columns) << 30)
    with pytest.raises(ResourceError, match=r"one page of each of 6 columns takes about 6\.0 GiB"):
        whole(open_vectors(str(tmp_path / "a.parquet")))
