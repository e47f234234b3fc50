"""A table with some of its rows."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from formed_tables import ROWS

import simtool
from simtool.io import Selection, open_table


def test_items_of_tokens_are_selected(tmp_path):
    items = [np.full((length, 2), float(number)) for number, length in enumerate((3, 1, 0, 2, 4))]
    pq.write_table(pa.table({"id": list("abcde"), "v": [item.tolist() for item in items]}), tmp_path / "t.parquet")
    np.savez(tmp_path / "t.npz", **dict(zip("abde", [*items[:2], *items[3:]], strict=True)))
    found = simtool.open_items(Selection(str(tmp_path / "t.parquet"), where="id >= 'c'"))
    assert found.ids.tolist() == ["c", "d", "e"]
    assert found.lengths.tolist() == [0, 2, 4]
    assert found.tokens.read(0, 6)[:, 0].tolist() == [3, 3, 4, 4, 4, 4]
    found = simtool.open_items(Selection(str(tmp_path / "t.npz"), rows="1:3"))
    assert found.ids.tolist() == ["b", "d"]
    assert found.tokens.read(0, 3)[:, 0].tolist() == [1, 3, 3]
    assert simtool.open_items(Selection(str(tmp_path / "t.npz"), rows="0:")).shape[0] == 4


def test_selected_rows_of_every_row_group(files):
    table = open_table(Selection(str(files / "t.arrow"), where="year in (1999, 2010) and year > 0"))
    rows = [row for row in range(ROWS) if 1990 + row % 40 in (1999, 2010)]
    assert sum(table.batches.counts) == len(rows)
    read = [value for piece in table.batches.read(0, "id", 7) for value in piece.to_pylist()]
    assert read == [f"r{row}" for row in rows]
    later = [value for piece in table.batches.read(3, "id", 7) for value in piece.to_pylist()]
    assert later == [f"r{row}" for row in rows if row >= 150]
