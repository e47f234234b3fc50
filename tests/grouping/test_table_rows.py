"""Rows of a file, written again with all their columns."""

import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.grouping.table_rows import TableRows
from simtool.settings import Settings

ROWS = np.asarray([0, 2, 3])


@pytest.fixture
def source(tmp_path):
    day = datetime.date(2026, 1, 2)
    columns = {
        "id": ["a", "b", "c", "d"],
        "text": ['say "hi"', "two\nlines", None, "=1+1"],
        "day": [day] * 4,
        "tags": [["x"], [], ["y", "z"], None],
        "count": [1, None, 3, 4],
        "v": pa.array([[0.1, 2], [3, 4], [5, 6], [7, 8]], pa.list_(pa.float32(), 2)),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet", row_group_size=3)
    return str(tmp_path / "t.parquet")


def written(source, path, **how):
    rows = TableRows.open(source, None, [], Settings())
    assert rows.write(str(path), ROWS, force=False, escape=how.get("escape", False)) == "3 rows"


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "arrows"])
def test_columns_of_any_type_stay_as_they_are(source, tmp_path, suffix):
    path = tmp_path / f"out.{suffix}"
    written(source, path)
    opened = {"arrow": pa.ipc.open_file, "arrows": pa.ipc.open_stream}
    found = pq.read_table(path) if suffix == "parquet" else opened[suffix](path.read_bytes()).read_all()
    assert found.equals(pq.read_table(source).take(ROWS))


def test_lines_of_json_hold_what_the_table_does(source, tmp_path):
    written(source, tmp_path / "out.jsonl")
    first, second, third = (tmp_path / "out.jsonl").read_text().splitlines()
    assert (
        first == '{"id": "a", "text": "say \\"hi\\"", "day": "2026-01-02", "tags": ["x"], "count": 1, "v": [0.1, 2.0]}'
    )
    assert '"text": null' in second
    assert '"tags": null' in third


def test_a_csv_reads_back_and_escapes_formulas_if_asked(source, tmp_path):
    written(source, tmp_path / "out.csv", escape=True)
    assert (tmp_path / "out.csv").read_text().splitlines()[-1].startswith("d,'=1+1,2026-01-02")
    vectors = simtool.open_vectors(str(tmp_path / "out.csv"))
    np.testing.assert_array_equal(vectors.read(0, 3), [[0.1, 2], [5, 6], [7, 8]])


def test_the_columns_of_a_csv_stay_columns(tmp_path):
    (tmp_path / "t.csv").write_text('id,text,x0,x1,label\na,"q, r",1.5,2,7\nb,s,3,4,8\nc,t,5,6,7\nd,u,7,8,9\n')
    written(str(tmp_path / "t.csv"), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == 'id,text,x0,x1,label\na,"q, r",1.5,2,7\nc,t,5.0,6,7\nd,u,7.0,8,9\n'


def test_a_column_of_labels_is_found_where_there_is_one(source):
    assert TableRows.open(source, None, [], Settings()).label is None
    assert TableRows.open("sample_data/digits.parquet", None, [], Settings()).label == "label"
