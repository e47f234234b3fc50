"""Values of a column or of a file, and which column of a table they are."""

import numpy as np
import pytest

from simtool.errors import DataError, InputNotFoundError, ParameterError, ShapeError
from simtool.io import open_table, read_values


def test_values_of_a_base_table(tmp_path):
    path = str(tmp_path / "a.npz")
    np.savez(path, x=np.eye(2), label=np.array([1, 0]))
    table = open_table(path)
    assert read_values("::label", base=table, rows=2).tolist() == [1, 0]
    with pytest.raises(InputNotFoundError, match="no column 'labels'") as missing:
        read_values("::labels", base=table)
    assert missing.value.hint == f"did you mean {path}::label?"
    with pytest.raises(ParameterError, match="::NAME needs a file"):
        read_values("::label")
    with pytest.raises(ShapeError, match="expected 3 values, one per row, got 2"):
        read_values("::label", base=table, rows=3)


def test_values_of_a_table_are_picked_by_name(tmp_path):
    path = str(tmp_path / "a.npz")
    np.savez(path, id=np.arange(2), label=np.array([1, 0]))
    assert read_values(path, wanted=("label", "class")).tolist() == [1, 0]
    with pytest.raises(DataError, match="several columns hold values: id, label") as several:
        read_values(path, wanted=("score",))
    assert several.value.hint == f"name one: {path}::id"
    np.savez(path, label=np.arange(2), target=np.array([1, 0]), other=np.arange(2))
    with pytest.raises(DataError, match="several columns hold values: label, target"):
        read_values(path, wanted=("label", "target"))
