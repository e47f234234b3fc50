"""Columns of any table as Arrow arrays, piece by piece, against the table that was written."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simtool.errors import DataError
from simtool.io import open_table
from simtool.io.pieces import piece_types, read_pieces

TABLE = pa.table(
    {
        "n": pa.array(range(300), pa.int64()),
        "text": pa.array([None if row % 7 == 0 else "x" * (row % 40) for row in range(300)]).dictionary_encode(),
        "v": [[float(row)] for row in range(300)],
    }
)


def test_pieces_together_are_the_columns(tmp_path):
    pq.write_table(TABLE, tmp_path / "t.parquet", row_group_size=70)
    with pa.ipc.new_file(tmp_path / "t.arrow", TABLE.schema) as writer:
        writer.write_table(TABLE.combine_chunks(), max_chunksize=90)
    for name in ("t.parquet", "t.arrow"):
        table = open_table(str(tmp_path / name))
        assert piece_types(table) == {"n": pa.int64(), "text": pa.string(), "v": None}
        found = list(read_pieces(table, ["text", "n"]))
        whole = pa.concat_tables(found)
        assert whole["n"].to_pylist() == list(range(300))
        assert whole["text"].to_pylist() == TABLE["text"].to_pylist()


def test_the_columns_of_an_npz_are_one_piece(tmp_path):
    np.savez(tmp_path / "t.npz", v=np.eye(3), id=np.asarray(["a", "b", "c"]), year=np.arange(3, dtype=np.int16))
    table = open_table(str(tmp_path / "t.npz"))
    assert piece_types(table) == {"v": None, "id": pa.string(), "year": pa.int16()}
    (piece,) = read_pieces(table, ["year", "id"])
    assert piece.to_pydict() == {"year": [0, 1, 2], "id": ["a", "b", "c"]}


def test_a_name_that_comes_twice_is_refused(tmp_path):
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["n", "n"])
    with pa.ipc.new_file(tmp_path / "t.arrow", twice.schema) as writer:
        writer.write_table(twice)
    with pytest.raises(DataError, match="'n'"):
        next(read_pieces(open_table(str(tmp_path / "t.arrow")), ["n"]))
