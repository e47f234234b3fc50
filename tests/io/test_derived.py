"""Vectors with other numbers keep their rows: ids, carried columns and the place of a bad row."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import DataError
from simtool.io import as_vectors
from simtool.io.quantized import UnitVectors

ROWS = np.random.default_rng(0).normal(size=(6, 16)).astype("f4")


@pytest.fixture
def table(tmp_path):
    columns = {"id": list("abcdef"), "v": list(ROWS), "text": [f"text {i}" for i in range(6)]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    return str(tmp_path / "t.parquet")


def test_listed_rows_keep_their_ids_and_the_columns_that_they_carry(table):
    source = simtool.Selection(table, where="id >= 'b'", keep=["text"])
    found = simtool.pairwise(source, top_k=1, truncate=8)
    rows = found.rows.read(0, 5)
    unit = ROWS[1:, :8].astype("f8")
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    nearest = (unit @ unit.T - 9 * np.eye(5)).argmax(axis=1) + 1
    assert rows["a"].tolist() == list("bcdef")
    assert rows["b"].tolist() == ["abcdef"[i] for i in nearest]
    assert rows["text_b"].tolist() == [f"text {i}" for i in nearest]
    assert "where" in found.provenance["a"]


def test_a_bad_row_is_named_as_in_the_file(table):
    broken = ROWS.copy()
    broken[4, 2] = np.nan
    with pytest.raises(DataError, match="4"):
        simtool.pairwise(broken, top_k=1, truncate=8)


def test_unit_rows_have_length_one_and_the_dtype_of_their_base():
    vectors = UnitVectors(as_vectors(ROWS))
    assert vectors.dtype == np.float32
    assert vectors.shape == (6, 16)
    np.testing.assert_allclose(np.linalg.norm(vectors.read(1, 4), axis=1), 1.0, atol=1e-6)
