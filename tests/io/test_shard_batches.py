"""Row groups of several files, one after another, against pyarrow's own reading of them."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simtool.errors import DataError
from simtool.io import open_table
from simtool.io.shard_batches import ShardBatches


def batches_of(tmp_path, *tables):
    parts = []
    for number, table in enumerate(tables):
        path = str(tmp_path / f"s-{number}.parquet")
        pq.write_table(table, path, row_group_size=4)
        parts.append((path, open_table(path).batches))
    return ShardBatches("s-*.parquet", parts)


def test_groups_of_all_files_in_the_type_that_holds_all(tmp_path):
    found = batches_of(
        tmp_path,
        pa.table({"n": pa.array(range(6), pa.int8()), "x": [0.5] * 6}),
        pa.table({"n": pa.array([10**12, None, 3], pa.int64()), "x": [1.5] * 3}),
    )
    assert found.counts == [4, 2, 3]
    assert found.schema.field("n").type == pa.int64()
    expected = [*range(6), 10**12, None, 3]
    for group, first in enumerate((0, 4, 6)):
        read = [value for piece in found.read(group, "n", 3) for value in piece.to_pylist()]
        assert read == expected[first:]
    assert found.may_hold_nulls("n")
    assert not found.may_hold_nulls("x")


def test_integers_beside_text_are_text_and_others_are_refused(tmp_path):
    found = batches_of(tmp_path, pa.table({"id": [1, 2]}), pa.table({"id": ["x"]}))
    assert [value for piece in found.read(0, "id", 9) for value in piece.to_pylist()] == ["1", "2", "x"]
    with pytest.raises(DataError, match="as in the files before it") as refused:
        _ = batches_of(tmp_path, pa.table({"id": ["x"]}), pa.table({"id": [True]})).schema
    assert refused.value.where == f"{tmp_path}/s-1.parquet::id"
