"""A table written again with other vectors: every other column as pyarrow and numpy read it before."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simtool.io import open_table
from simtool.io.rewriting import open_rewritten

NEW = np.arange(40, dtype=np.float32).reshape(20, 2)
TABLE = pa.table(
    {
        "id": [f"r{row}" for row in range(20)],
        "v": [[float(row)] * 3 for row in range(20)],
        "nested": [{"a": row, "b": [row] * (row % 3)} for row in range(20)],
    }
)


def rewritten(source, target, file_format, kept, column):
    with open_rewritten(
        str(target), file_format, open_table(str(source)), {column: NEW.dtype}, (len(kept), 2), 3
    ) as write:
        for part in np.array_split(kept, 4):
            write(part, [NEW[part]])


@pytest.mark.parametrize("file_format", ["parquet", "arrow"])
@pytest.mark.parametrize("kept", [np.arange(20), np.asarray([0, 3, 4, 5, 11, 19])])
def test_other_columns_of_a_table_stay(tmp_path, file_format, kept):
    pq.write_table(TABLE, tmp_path / "t.parquet", row_group_size=7)
    target = tmp_path / f"out.{file_format}"
    rewritten(tmp_path / "t.parquet", target, file_format, kept, "v")
    found = pq.read_table(target) if file_format == "parquet" else pa.ipc.open_file(target).read_all()
    assert found.column_names == TABLE.column_names
    assert found["v"].to_pylist() == NEW[kept].tolist()
    for name in ("id", "nested"):
        assert found[name].to_pylist() == TABLE[name].take(kept).to_pylist()


def test_values_of_an_npz_stay_beside_its_vectors(tmp_path):
    np.savez(tmp_path / "t.npz", v=np.eye(20), year=np.arange(20))
    rewritten(tmp_path / "t.npz", tmp_path / "out.parquet", "parquet", np.asarray([2, 9, 10, 17]), "v")
    found = pq.read_table(tmp_path / "out.parquet").to_pydict()
    assert found == {"year": [2, 9, 10, 17], "v": NEW[[2, 9, 10, 17]].tolist()}


def test_one_array_holds_the_vectors_alone(tmp_path):
    np.save(tmp_path / "t.npy", np.eye(20))
    rewritten(tmp_path / "t.npy", tmp_path / "out.npy", "npy", np.arange(20), "")
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), NEW)
