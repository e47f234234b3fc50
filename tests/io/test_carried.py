"""Columns that a listing carries, taken by row, against pyarrow."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from formed_tables import FORMATS, TABLE

from simtool.errors import DataError
from simtool.io import Selection, open_vectors
from simtool.io.listed_columns import carried_columns


@pytest.mark.parametrize("name", FORMATS[:-1])
@pytest.mark.parametrize("most", [1 << 30, 0])
def test_carried_columns_are_taken_by_row_from_memory_or_from_a_mapped_file(files, name, most, monkeypatch):
    monkeypatch.setattr("simtool.io.table_opening.held_at_most", lambda size: most or 8 << 20)
    where = Selection(str(files / f"t.{name}"), rows="100:", keep=["text", "year", "part"])
    vectors = open_vectors(where)
    rows = np.asarray([0, 399, 5, 5, 130])
    if not most:
        object.__setattr__(vectors.carried, "most", 0)
    found = carried_columns(vectors, rows, "a")
    expected = TABLE.take(100 + rows)
    assert found["text_a"].tolist() == expected["text"].to_pylist()
    assert found["year_a"].tolist() == expected["year"].to_pylist()
    np.testing.assert_array_equal(found["part_a"], expected["part"].to_numpy())
    without = carried_columns(vectors, np.asarray([-1, 3]), "b")
    assert without["text_b"].tolist() == [None, "text 103 é"]
    assert np.isnan(without["year_b"][0])


def test_dates_bools_and_gaps_become_what_every_format_can_hold(tmp_path):
    days = [dt.date(2024, 2, 29), dt.date(2024, 3, 1)]
    table = pa.table(
        {
            "v": [[1.0], [2.0]],
            "day": days,
            "time": pa.array([dt.datetime(2024, 2, 29), None], pa.timestamp("ms")),
            "flag": [True, False],
            "maybe": [True, None],
            "whole": pa.array([2**40, None], pa.int64()),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    keep = ["day", "time", "flag", "maybe", "whole", "kind"]
    vectors = open_vectors(Selection(str(tmp_path / "t.parquet"), keep=keep))
    found = carried_columns(vectors, np.asarray([1, 0]), "a")
    shown = {name: column.tolist() for name, column in found.items()}
    assert shown["day_a"] == ["2024-03-01", "2024-02-29"]
    assert shown["time_a"] == [None, "2024-02-29 00:00:00.000"]
    assert shown["flag_a"] == [False, True]
    assert shown["maybe_a"] == [None, "true"]
    assert np.isnan(shown["whole_a"][0])
    assert shown["whole_a"][1] == 2**40
    assert shown["kind_a"] == ["y", "x"]
    with pytest.raises(DataError, match="a listing carries text, numbers, bools, dates and times"):
        open_vectors(Selection(str(tmp_path / "t.parquet"), keep=["v"]))
