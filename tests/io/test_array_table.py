"""Tables whose columns are the arrays of a file: which are vectors, which are values, which are ids."""

import numpy as np

from simtool.io import open_table
from simtool.io.array_table import array_values


def saved(tmp_path, **arrays):
    np.savez(tmp_path / "t.npz", **arrays)
    return open_table(str(tmp_path / "t.npz"))


def test_arrays_have_roles_by_rank_and_type(tmp_path):
    table = saved(tmp_path, v=np.eye(3), m=np.ones((3, 2, 2), np.int8), id=np.asarray(list("abc")), y=np.arange(3.0))
    assert (table.rows, table.vector_columns, table.value_columns) == (3, ("v", "m"), ("id", "y"))
    assert table.ids().tolist() == ["a", "b", "c"]
    assert table.values("y").tolist() == [0, 1, 2]


def test_floats_of_rank_1_are_vectors_where_there_are_no_others(tmp_path):
    assert saved(tmp_path, y=np.arange(3.0), n=np.arange(3)).vector_columns == ("y",)


def test_arrays_of_different_lengths_share_no_ids(tmp_path):
    assert saved(tmp_path, a=np.eye(3), b=np.eye(2), id=np.arange(3)).ids() is None


def test_values_are_in_native_order():
    found = array_values("a", np.arange(3, dtype=">i4"))
    assert found.dtype == np.dtype("i4")
    assert found.tolist() == [0, 1, 2]
