"""What `convert` takes: several sources as one, with ids of their own or from elsewhere."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import simtool
from simtool.errors import DataError
from simtool.io.written_vectors import Form
from simtool.operations.convert_inputs import open_input
from simtool.settings import Settings

TABLE = Form.of("y.parquet", None, escape=False)


def opened(*sources, ids=None, by=None):
    return open_input(sources, ids, by, TABLE, Settings())


@pytest.fixture
def files(tmp_path):
    for name, first in (("a", 0), ("b", 3)):
        columns = {
            "key": [f"k{first + i}" for i in range(3)],
            "n": range(3),
            "v": [[float(first + i)] for i in range(3)],
        }
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    return str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")


def test_ids_come_from_another_column_or_a_file(files, tmp_path):
    assert list(opened(files[0], ids="::n").ids) == ["n"]
    (tmp_path / "ids.txt").write_text("x\ny\nz\n")
    found = opened(simtool.Selection(files[0], where="n > 0"), ids=str(tmp_path / "ids.txt"))
    assert found.ids["id"].tolist() == ["y", "z"]


def test_a_name_that_would_come_twice_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("embedding,x,y\na,1,2\n")
    with pytest.raises(DataError, match="two columns would be called 'embedding'"):
        opened(simtool.Selection(str(tmp_path / "x.csv"), keep=["embedding"]))


def test_columns_that_make_the_vectors_are_not_left_out(tmp_path):
    (tmp_path / "x.csv").write_text("id,d0,d1,text,year\na,1,2,t,3\n")
    notes = opened(str(tmp_path / "x.csv")).left_out(TABLE)
    assert notes == ["columns left out: text, year; «keep_columns» keeps columns of values"]
