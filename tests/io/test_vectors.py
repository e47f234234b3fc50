"""Vectors in memory: wrapping, ids, selection, and what is refused."""

import numpy as np
import pytest

from simtool.errors import DataError, ShapeError
from simtool.io import as_vectors, select, with_ids


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
