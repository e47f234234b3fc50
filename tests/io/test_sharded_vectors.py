"""Vectors and tokens of several files, one after another, and the file that a row is in."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import DataError
from simtool.io import Selection, open_vectors


def test_items_of_tokens_in_several_files(tmp_path):
    items = [[[1.0, 2.0]] * length for length in (2, 2, 3, 1)]
    pq.write_table(pa.table({"v": items[:2]}), tmp_path / "a-0.parquet")
    pq.write_table(pa.table({"v": items[2:]}), tmp_path / "a-1.parquet")
    pq.write_table(pa.table({"v": items}), tmp_path / "whole.parquet")
    one, many = (simtool.open_items(str(tmp_path / name)) for name in ("whole.parquet", "a-?.parquet"))
    assert many.offsets.tolist() == one.offsets.tolist()
    for start, stop in ((0, 8), (1, 5), (3, 4), (4, 4)):
        np.testing.assert_array_equal(many.tokens.read(start, stop), one.tokens.read(start, stop))
    pq.write_table(pa.table({"v": [[[1.0, 2.0]] * 3] * 2}), tmp_path / "a-1.parquet")
    assert simtool.open_items(str(tmp_path / "a-?.parquet")).lengths.tolist() == [2, 2, 3, 3]


def test_an_error_names_the_file_and_its_row(tmp_path):
    for number in range(3):
        rows = np.ones((4, 2))
        rows[2] = np.nan if number == 1 else 1
        np.save(tmp_path / f"s-{number}.npy", rows)
    with pytest.raises(DataError, match="row 6 of 12 holds NaN or infinity") as raised:
        simtool.pairwise(str(tmp_path / "s-*.npy"))
    assert raised.value.where == f"{tmp_path}/s-1.npy, row 2 there"
    with pytest.raises(DataError, match=r"row 1 \(id 6\) of 3 holds NaN") as raised:
        simtool.pairwise(Selection(str(tmp_path / "s-*.npy"), rows="5:8"))
    assert raised.value.where == f"{tmp_path}/s-1.npy, row 2 there"
    (tmp_path / "s-2.npy").write_bytes(b"\x93NUMPY\x01\x00")
    with pytest.raises(DataError) as raised:
        open_vectors(str(tmp_path / "s-*.npy"))
    assert raised.value.where == f"{tmp_path}/s-2.npy"
