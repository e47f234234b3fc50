"""`inspect`: what a file holds, counted row by row."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simtool import Selection, inspect
from simtool.errors import ParameterError
from simtool.operations import inspect_plan as contents

ROWS = np.asarray([[3.0, 4], [0, 0], [3, 4], [np.nan, 1], [np.inf, 1], [-0.0, 0], [6, 8], [4, 3]])


@pytest.fixture
def saved(tmp_path):
    def save(array, name="x.npy"):
        np.save(tmp_path / name, array)
        return str(tmp_path / name)

    return save


@pytest.mark.parametrize("piece", [1, 40, 1 << 20])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_rows_that_make_trouble_are_counted_and_named(monkeypatch, saved, dtype, piece):
    monkeypatch.setattr(contents, "READ_BYTES", piece)
    path = saved(ROWS.astype(dtype))
    result = inspect(path)
    # row 2 repeats row 0, and row 5 repeats row 1: -0 is 0
    expected = {"rows": 8, "columns": 1, "zero": 2, "nonfinite": 2, "duplicates": 2}
    norms = {"norm_min": 0.0, "norm_mean": 25 / 6, "norm_max": 10.0}
    assert result.summary == {**expected, **norms, "files": 1, "width": 2}
    assert result.parameters["format"] == "npy"
    columns = result.rows.columns
    assert [columns[name][0] for name in norms] == list(norms.values())
    assert (columns["dtype"][0], columns["shape"][0]) == (np.dtype(dtype).name, "8 x 2")
    assert result.notes == (
        f"zero in {path}: rows 1, 5",
        f"nonfinite in {path}: rows 3, 4",
        f"duplicates in {path}: rows 2, 5",
    )


@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_norms_of_extreme_rows(saved, scale):
    columns = inspect(saved(np.asarray([[3.0, 4]]) * scale)).rows.columns
    assert columns["norm_max"][0] == pytest.approx(5 * scale, rel=1e-14)


def test_duplicates_are_those_of_unique(saved):
    rows = np.random.default_rng(0).integers(-1, 2, (2000, 5)).astype("f4")
    assert inspect(saved(rows)).summary["duplicates"] == 2000 - len(np.unique(rows, axis=0))
    # rows that differ in the order of their numbers, or in the sign of one, are not equal
    assert inspect(saved(np.asarray([[1.0, 2], [2, 1], [-1, 2], [1, -2]]))).summary["duplicates"] == 0


def test_vectors_of_items_are_counted_one_by_one(saved):
    items = np.ones((3, 2, 4))
    items[1, 0] = 0
    items[2] = 0
    result = inspect(saved(items))
    assert (result.summary["zero"], result.summary["duplicates"]) == (3, 0)
    assert result.notes[0].endswith("rows 1, 2")


def test_every_column_of_a_table_is_described(tmp_path):
    path = str(tmp_path / "t.parquet")
    vectors = pa.array([[1.0, 0.0], [0.0, 0.0]], type=pa.list_(pa.float32(), 2))
    pq.write_table(pa.table({"id": ["p", "q"], "v": vectors, "label": [1, 0]}), path)
    result = inspect(path)
    columns = result.rows.columns
    assert columns["column"].tolist() == ["v", "id", "label"]
    assert columns["kind"].tolist() == ["vectors", "values", "values"]
    assert columns["dtype"].tolist() == ["float32", "string", "int64"]
    assert result.summary["zero"] == 1
    assert result.notes == (f"zero in {path}::v: row 1",)
    assert inspect(f"{path}::v").summary == {**result.summary, "columns": 1}


def test_an_empty_file_has_no_norms(saved):
    result = inspect(saved(np.empty((0, 3))))
    assert (result.summary["rows"], result.summary["duplicates"]) == (0, 0)
    assert np.isnan(result.rows.columns["norm_mean"][0])
    assert result.summary["norm_mean"] is None


def test_the_sample_data_has_what_its_page_says(sample_data):
    words = inspect(str(sample_data / "words.parquet"))
    expected = {"rows": 437, "columns": 2, "zero": 0, "nonfinite": 0, "duplicates": 0}
    norms = {name: words.summary[name] for name in ("norm_min", "norm_mean", "norm_max")}
    assert list(norms.values()) == pytest.approx([1, 1, 1], abs=1e-6)
    assert words.summary == {**expected, **norms, "files": 1, "width": 384}
    assert inspect(str(sample_data / "texts_a.npy")).summary["rows"] == 20


def test_rows_that_make_trouble_are_listed(saved):
    result = inspect(saved(ROWS), list_rows=["duplicates", "zero", "nonfinite"])
    listed = {name: column.tolist() for name, column in result.rows.columns.items()}
    assert listed["found"] == ["duplicates"] * 2 + ["zero"] * 2 + ["nonfinite"] * 2
    assert listed["row"] == [2, 5, 1, 5, 3, 4]
    assert listed["first"] == [0, 1, None, None, None, None]
    assert (result.summary["duplicates"], result.summary["zero"], result.summary["nonfinite"]) == (2, 2, 2)
    with pytest.raises(ParameterError, match="unknown value 'zeros'"):
        inspect(saved(ROWS), list_rows=["zeros"])
    assert inspect(saved(np.eye(2)), list_rows=["zero"]).rows.columns["row"].tolist() == []


def test_listed_rows_have_their_ids_their_numbers_in_the_file_and_the_columns_that_are_kept(tmp_path):
    path = str(tmp_path / "t.parquet")
    vectors = pa.array(ROWS.tolist(), pa.list_(pa.float64()))
    pq.write_table(pa.table({"id": list("abcdefgh"), "v": vectors, "text": list("ABCDEFGH")}), path)
    rows = inspect(Selection(path, rows="1:", keep=["text"]), list_rows=["duplicates", "zero"]).rows.columns
    assert rows["row"].tolist() == [5, 1, 5]
    assert rows["first"].tolist() == [1, None, None]
    assert rows["id"].tolist() == ["f", "b", "f"]
    assert rows["text"].tolist() == ["F", "B", "F"]


def test_what_each_column_is_taken_for(tmp_path):
    path = str(tmp_path / "t.parquet")
    dims = {f"dim_{number}": [0.5, 1.0] for number in range(300)}
    others = {"day": [dt.date(2024, 2, 29)] * 2, "word": pa.array(["x", "x"]).dictionary_encode(), "note": ["n", None]}
    pq.write_table(pa.table({"uuid": ["p", "q"], "Label": [1, 0], "score": [1.5, 2.5], **dims, **others}), path)
    result = inspect(path)
    records = dict(
        zip(
            result.rows.columns["column"],
            zip(*map(result.rows.columns.get, ("kind", "dtype", "role")), strict=True),
            strict=True,
        )
    )
    assert records == {
        "": ("vectors", "float64", "vectors"),
        "uuid": ("values", "string", "ids"),
        "Label": ("values", "int64", "labels"),
        "score": ("values", "float64", "scores"),
        "word": ("values", "string", None),
        "note": ("values", "string", None),
        "day": ("other", "date32[day]", None),
    }
    assert (result.summary["columns"], result.summary["width"]) == (306, 300)


def test_rows_of_no_numbers_are_described_by_their_shape(saved):
    summary = inspect(saved(np.empty((3, 0)))).summary
    assert {name: summary[name] for name in ("rows", "zero", "duplicates", "width")} == {
        "rows": 3,
        "zero": 0,
        "duplicates": 0,
        "width": 0,
    }


def test_several_files_are_described_as_one(tmp_path):
    for name, rows in (("a", [[0.0, 0.0], [1.0, 2.0]]), ("b", [[1.0, 2.0], [3.0, 4.0]])):
        np.save(tmp_path / f"{name}.npy", np.asarray(rows))
    files = [str(tmp_path / f"{name}.npy") for name in "ab"]
    assert inspect(*files).summary == inspect(str(tmp_path / "*.npy")).summary
    listed = inspect(Selection(files[0], rows="1:"), files[1], list_rows=["duplicates"]).rows.columns
    assert (listed["row"].tolist(), listed["first"].tolist()) == ([2], [1])


@pytest.mark.parametrize(
    ("text", "columns"),
    [("id,x0,x1\na,1,2\nb,3,4\n", 3), ("1,2\n3,4\n", 2), ("a0,a1,b0,b1,label\n1,2,3,4,0\n", 5), ('{"v": [1]}\n', 1)],
)
def test_columns_are_those_of_the_file(tmp_path, text, columns):
    (tmp_path / "t.csv").write_text(text)
    assert inspect(str(tmp_path / "t.csv")).summary["columns"] == columns


def test_numbers_of_one_column_stand_in_its_row_alone():
    one = inspect(np.eye(3))
    assert (one.headline, one.rows.read(0, 1)["norm_max"].tolist()) == (("rows", "columns", "files", "width"), [1.0])
    assert one.summary["norm_max"] == 1.0
