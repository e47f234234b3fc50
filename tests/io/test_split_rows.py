"""Rows split by their keys, or in exact numbers where they have none."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import DataError
from simtool.io.split_rows import split_rows

SPLIT = {"a": 0.5, "b": 0.5}


def test_rows_without_ids_are_split_in_exact_numbers(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(20.0)[:, None])
    simtool.convert(str(tmp_path / "x.npy"), output=str(tmp_path / "y.npy"), split={"a": 0.85, "b": 0.15})
    a, b = (np.load(tmp_path / f"y-{name}.npy").ravel() for name in "ab")
    assert (len(a), len(b)) == (17, 3)
    assert sorted([*a, *b]) == list(range(20))
    assert (np.diff(a) > 0).all()


def test_a_row_without_a_group_cannot_be_split(tmp_path):
    table = pa.table({"g": [1.5, np.nan, 2.0], "v": [[1.0], [2.0], [3.0]]})
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(DataError, match="row 1 has no group"):
        simtool.convert(str(tmp_path / "x.parquet"), output=str(tmp_path / "y.npy"), split=SPLIT, by="g")


def test_a_key_has_its_part_in_any_order_and_company():
    keys = np.asarray([f"key {number}" for number in range(2000)], object)
    shares = {"train": 0.7, "dev": 0.2, "test": 0.1}
    parts = split_rows(shares, keys, len(keys), 5, "x.csv")
    np.testing.assert_allclose(np.bincount(parts) / len(keys), list(shares.values()), atol=0.04)
    order = np.random.default_rng(0).permutation(len(keys))[:900]
    assert split_rows(shares, keys[order], 900, 5, "x.csv").tolist() == parts[order].tolist()
    assert (split_rows(shares, keys, len(keys), 6, "x.csv") != parts).any()
