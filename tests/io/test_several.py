"""Several sources as one table."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simtool.errors import InputNotFoundError, ParameterError
from simtool.io import Selection
from simtool.io.several import open_several


@pytest.fixture
def files(tmp_path):
    for name, first in (("a", 0), ("b", 3)):
        columns = {"key": [f"k{first + i}" for i in range(3)], "v": [[float(first + i)] for i in range(3)]}
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    return str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")


def test_rows_and_columns_are_selected_of_all_sources_together(files):
    first = Selection(files[0], rows="2:4", keep=["key"])
    table, column = open_several([first, Selection(files[1], along=first)])
    assert column is None
    assert table.vectors("v").read(0, 2).ravel().tolist() == [2, 3]
    assert table.ids().tolist() == ["k2", "k3"]
    with pytest.raises(ParameterError, match="rows are selected of all of it"):
        open_several([files[0], Selection(files[1], rows=":2")])


def test_one_column_is_named_for_all_sources(files):
    assert open_several([f"{name}::v" for name in files])[1] == "v"
    with pytest.raises(ParameterError, match=r"name different columns: (v, none|none, v)"):
        open_several([f"{files[0]}::v", files[1]])


def test_what_is_no_source(files):
    with pytest.raises(ParameterError, match="no input is named"):
        open_several([])
    with pytest.raises(ParameterError, match=r"expected the path of a file, got ndarray"):
        open_several([files[0], np.eye(2)])
    with pytest.raises(InputNotFoundError, match=r"no column 'kay', which .* names") as missing:
        open_several([Selection(files[0], keep=["kay"]), files[1]])
    assert missing.value.hint == "did you mean key?"
