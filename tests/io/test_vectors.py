"""Vectors in memory: wrapping, ids, selection, what is refused, and what vectors with other numbers keep."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import DataError, ShapeError
from simtool.io import as_vectors, select, with_ids
from simtool.io.quantized import UnitVectors

ROWS = np.random.default_rng(0).normal(size=(6, 16)).astype("f4")


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "u2", "i8", "u8"])
def test_as_vectors_reads_without_a_copy(dtype):
    array = np.arange(12, dtype=dtype).reshape(4, 3)
    vectors = as_vectors(array, "a")
    assert (vectors.name, vectors.shape, vectors.dtype, vectors.ids) == ("a", (4, 3), np.dtype(dtype), None)
    assert np.shares_memory(vectors.read(1, 3), array)
    assert vectors.read(1, 3).tolist() == array[1:3].tolist()


def test_as_vectors_reads_native_contiguous_rows():
    array = np.asfortranarray(np.arange(12, dtype=">f4").reshape(4, 3))
    vectors = as_vectors(array)
    rows = vectors.read(1, 4)
    assert rows.dtype == vectors.dtype == np.dtype("=f4")
    assert rows.dtype.isnative
    assert rows.flags.c_contiguous
    assert rows.tolist() == [[3, 4, 5], [6, 7, 8], [9, 10, 11]]


@pytest.mark.parametrize(
    "array",
    [
        np.array([True, False]),
        np.array([1j]),
        np.array([object()]),
        np.array(["a"]),
        np.array(["2020-01-01"], dtype="M8[D]"),
        np.zeros(2, dtype=[("a", "f4")]),
        np.zeros(2, dtype=np.longdouble),
    ],
    ids=lambda array: array.dtype.name,
)
def test_as_vectors_refuses_what_is_not_a_number(array):
    with pytest.raises(DataError) as refused:
        as_vectors(array, "mine")
    assert refused.value.what == f"expected floats or integers, got {array.dtype.name}"
    assert refused.value.where == "mine"
    assert "astype('float32')" in refused.value.hint


def test_as_vectors_refuses_a_single_number_and_a_list():
    with pytest.raises(DataError, match="rank 0"):
        as_vectors(np.array(1.0))
    with pytest.raises(DataError, match="got list"):
        as_vectors([[1.0]])


def test_with_ids_turns_strings_into_objects():
    vectors = with_ids(as_vectors(np.eye(2)), np.array(["x", "y"]))
    assert vectors.ids.dtype == object
    assert vectors.ids.tolist() == ["x", "y"]
    assert with_ids(vectors, None).ids is None


def test_with_ids_keeps_the_rows_of_any_vectors():
    chosen = select(as_vectors(np.eye(3), "a"), np.array([2, 0]))
    named = with_ids(chosen, np.array([7, 8]))
    assert (named.name, named.shape, named.dtype) == ("a", (2, 3), np.dtype("f8"))
    assert named.read(0, 2).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert named.ids.tolist() == [7, 8]


def test_with_ids_refuses_other_lengths_and_kinds():
    vectors = as_vectors(np.eye(3), "a")
    with pytest.raises(ShapeError, match=r"expected 3 ids, one per row, got shape \(2,\)"):
        with_ids(vectors, np.array([1, 2]))
    with pytest.raises(DataError, match=r"(?s)expected strings or integers as ids, got float64.*ids\.astype\(int\)"):
        with_ids(vectors, np.array([1.0, 2.0, 3.0]))


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
