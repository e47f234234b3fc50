"""Rows in groups of one size."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from simtool.io import grouped_rows, open_rows, row_groups

PIECES = [[10], [1] * 10, [3, 4, 3], [0, 7, 0, 3], [4, 4, 2]]


def written(path, pieces):
    start = 0
    with open_rows(str(path), "parquet") as writer, row_groups(writer) as rows:
        for count in pieces:
            numbers = np.arange(start, start + count)
            rows.write({"a": numbers, "text": np.asarray([f"t{n}" for n in numbers], dtype=object)})
            start += count
    return path.read_bytes()


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    monkeypatch.setattr(grouped_rows, "GROUP", 4)


@pytest.mark.parametrize("pieces", PIECES)
def test_a_file_does_not_show_in_which_pieces_its_rows_came(tmp_path, pieces):
    assert written(tmp_path / "one.parquet", pieces) == written(tmp_path / "other.parquet", PIECES[0])
    file = pq.ParquetFile(tmp_path / "one.parquet")
    assert [file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups)] == [4, 4, 2]
    assert file.read().column("a").to_pylist() == list(range(10))


@pytest.mark.parametrize("pieces", [[0], [0, 0]])
def test_a_table_without_rows_has_its_columns(tmp_path, pieces):
    written(tmp_path / "none.parquet", pieces)
    table = pq.read_table(tmp_path / "none.parquet")
    assert (table.num_rows, table.column_names) == (0, ["a", "text"])
