"""Columns of Parquet and Arrow: values and ids."""

import numpy as np
import pyarrow as pa
import pytest
from saved_arrow import FORMATS, column, save

from simtool.errors import DataError, ShapeError
from simtool.io import open_table, open_vectors, read_values

VALUES = {
    "strings": pa.array(["a", "b", "a"]),
    "large strings": pa.array(["a", "b", "a"], pa.large_string()),
    "categories": pa.array(["a", "b", "a"]).dictionary_encode(),
    "bools": pa.array([True, False, True]),
    "integers": pa.array([1, 2, 3], pa.uint8()),
    "floats": pa.array([1.5, 2.5, float("nan")], pa.float32()),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_values(tmp_path, form, values):
    read = read_values(save(tmp_path / "a", pa.table({"y": values}), form, group=2))
    expected = values.to_numpy(zero_copy_only=False)
    assert read.dtype == expected.dtype
    np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize("form", FORMATS)
def test_nulls_among_values_are_refused(tmp_path, form):
    path = save(tmp_path / "a", pa.table({"y": [1, None, 3, 4, 5, None]}), form)
    with pytest.raises(DataError, match="null in rows 1, 5") as refused:
        read_values(path)
    assert refused.value.where == f"{path}::y"


def test_ids(tmp_path):
    table = column([[1.0], [2.0]], pa.list_(pa.float32()), ID=["x", "y"], other=[7, 8])
    path = save(tmp_path / "a", table)
    assert open_vectors(path).ids.tolist() == ["x", "y"]
    assert open_vectors(path, ids="::other").ids.tolist() == [7, 8]
    assert open_table(path).vectors("emb").ids is None
    both = save(tmp_path / "b", table.append_column("uuid", pa.array(["p", "q"])))
    with pytest.raises(DataError, match="several columns may be ids: ID, uuid") as several:
        open_vectors(both)
    assert several.value.hint == "name one: «ids_a» ::ID (loss: «ids» ::ID)"
    assert open_vectors(both, ids="::uuid").ids.tolist() == ["p", "q"]
    assert open_vectors(both, ids=f"{path}::ID").ids.tolist() == ["x", "y"]
    longer = save(tmp_path / "c", pa.table({"id": [1, 2, 3]}))
    with pytest.raises(ShapeError, match="expected 2 values, one per row, got 3"):
        open_vectors(path, ids=longer)


def test_a_column_of_text_that_is_named_as_vectors_names_those_that_are_there(tmp_path):
    path = save(tmp_path / "a", pa.table({"text": ["a"], "emb": pa.array([[1.0, 2.0]])}), FORMATS[0], group=2)
    with pytest.raises(DataError, match="expected lists of numbers, got string") as error:
        open_vectors(f"{path}::text")
    assert error.value.hint == f"vectors are in {path}::emb"
    none = save(tmp_path / "b", pa.table({"text": ["a"]}), FORMATS[0], group=2)
    with pytest.raises(DataError) as error:
        open_vectors(f"{none}::text")
    assert error.value.hint == "cast it to a list of float32"
