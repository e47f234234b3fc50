"""Several files as one table, against the one file that they are when they are put together."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sharded_files import ROWS, write_shards

import simtool
from simtool.errors import DataError, ResourceError, ShapeError
from simtool.io import Selection, open_table, open_vectors, read_values
from simtool.io.origins import provenance


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_shards(tmp_path_factory.mktemp("shards"))


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "jsonl", "csv", "npz", "npy"])
def test_shards_are_the_whole(folder, suffix):
    whole, parts = open_table(str(folder / f"whole.{suffix}")), open_table(str(folder / suffix / "shard-*"))
    assert (parts.rows, parts.columns) == (whole.rows, whole.columns)
    assert parts.vector_columns == whole.vector_columns
    assert parts.value_columns == whole.value_columns
    (column,) = whole.vector_columns
    one, many = (table.vectors(column, table.ids()) for table in (whole, parts))
    assert (many.shape, many.dtype) == (one.shape, one.dtype)
    assert (one.ids is None) == (many.ids is None)
    for start, stop in ((0, ROWS), (19, 22), (20, 20), (5, 6), (59, 61), (85, 200), (21, 60)):
        np.testing.assert_array_equal(many.read(start, stop), one.read(start, stop))
    for name in set(whole.value_columns) - {"text"}:
        one_values, many_values = whole.values(name), parts.values(name)
        assert one_values.dtype == many_values.dtype
        assert one_values.tolist() == many_values.tolist()


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "jsonl", "csv"])
@pytest.mark.parametrize(
    "wanted",
    [{"where": "text is null"}, {"where": "number > 55 and mixed != 'x70'"}, {"rows": "15:65"}, {"sample": 9}],
)
def test_a_selection_of_shards_is_that_of_the_whole(folder, suffix, wanted):
    sides = []
    for source in (folder / f"whole.{suffix}", folder / suffix):
        table = open_table(Selection(str(source), **wanted, keep=["text", "mixed", "number"]))
        vectors = table.vectors(table.vector_columns[0], table.ids())
        sides.append((vectors.ids.tolist(), vectors.read(0, 100).tolist(), table.carried.take(np.arange(table.rows))))
    assert sides[0][:2] == sides[1][:2]
    assert {name: column.tolist() for name, column in sides[0][2].items()} == {
        name: column.tolist() for name, column in sides[1][2].items()
    }


def test_values_of_several_files(tmp_path):
    (tmp_path / "l-0.txt").write_text("1\n2\n")
    (tmp_path / "l-1.txt").write_text("x\n")
    (tmp_path / "n-0.txt").write_text("1\n")
    (tmp_path / "n-1.txt").write_text("2.5\n")
    np.save(tmp_path / "y-0.npy", np.asarray([1, 2]))
    np.save(tmp_path / "y-1.npy", np.asarray([3]))
    assert read_values(str(tmp_path / "l-*.txt")).tolist() == ["1", "2", "x"]
    assert read_values(str(tmp_path / "n-*.txt")).tolist() == [1.0, 2.5]
    assert read_values(str(tmp_path / "y-*.npy"), rows=3).tolist() == [1, 2, 3]
    (tmp_path / "b-0.txt").write_text("true\n")
    (tmp_path / "b-1.txt").write_text("7\n")
    with pytest.raises(DataError, match=r"expected bools as in .*b-0.txt, got integers"):
        read_values(str(tmp_path / "b-*.txt"))


@pytest.mark.parametrize(
    ("second", "error", "what"),
    [
        ({"id": ["c"], "w": [[1.0, 2.0]]}, DataError, "this one has no column 'v'"),
        ({"id": ["c"], "v": [[1.0, 2.0]], "x": [1]}, DataError, "this one has a column 'x' too"),
        ({"id": ["c"], "v": [[1.0, 2.0, 3.0]]}, ShapeError, "expected vectors of shape n x 2 as in .*0.parquet"),
        ({"id": ["b"], "v": [[1.0, 2.0]]}, DataError, "row 0 has the id 'b', and so has a row of .*0.parquet"),
        ({"id": [1.5], "v": [[1.0, 2.0]]}, DataError, "expected text as in .*0.parquet, got numbers"),
    ],
)
def test_files_that_do_not_go_together_are_refused_by_name(tmp_path, second, error, what):
    pq.write_table(pa.table({"id": ["a", "b"], "v": [[1.0, 2.0]] * 2}), tmp_path / "s-0.parquet")
    pq.write_table(pa.table(second), tmp_path / "s-1.parquet")
    with pytest.raises(error, match=what) as raised:
        open_vectors(str(tmp_path / "s-*.parquet"))
    assert raised.value.where.startswith(str(tmp_path / "s-1.parquet"))


def test_an_id_may_come_twice_in_one_file_as_without_shards(tmp_path):
    for number, ids in enumerate((["a", "a"], ["b", "c"])):
        pq.write_table(pa.table({"id": ids, "v": [[1.0, 2.0]] * 2}), tmp_path / f"s-{number}.parquet")
    assert open_vectors(str(tmp_path / "s-*.parquet")).ids.tolist() == ["a", "a", "b", "c"]


def test_columns_that_make_the_vectors_are_those_of_every_file(tmp_path):
    (tmp_path / "s-0.csv").write_text("name,x,y\na,1,2\n")
    (tmp_path / "s-1.csv").write_text("name,x,y\nb,3,4\n")
    vectors = open_vectors(str(tmp_path / "s-*.csv"))
    assert provenance({"a": vectors})["a"] == f"the vectors of {tmp_path}/s-*.csv are 2 columns: x, y (not name)"
    (tmp_path / "s-1.csv").write_text("name,x,y\n7,3,4\n")
    with pytest.raises((DataError, ShapeError)) as raised:
        open_vectors(str(tmp_path / "s-*.csv"))
    assert "s-1.csv" in raised.value.where


def test_what_is_unpacked_of_all_files_fits_together(tmp_path):
    for number in range(3):
        np.savez_compressed(tmp_path / f"{number}.npz", x=np.zeros((1024, 1024)))  # 8 MiB each
    with pytest.raises(ResourceError, match="what is unpacked of all files takes about 24 MiB") as refused:
        open_vectors(str(tmp_path / "*.npz"), max_memory="200M")
    assert open_vectors(str(tmp_path / "[01].npz"), max_memory="256M").shape == (2048, 1024)
    assert refused.value.where == f"{tmp_path}/*.npz::x"


def test_a_file_without_column_names_beside_a_table_is_told(tmp_path):
    paths = [str(tmp_path / name) for name in ("x.npy", "y.parquet")]
    np.save(paths[0], np.eye(2))
    pq.write_table(pa.table({"v": [[1.0, 0.0]]}), paths[1])
    with pytest.raises(DataError, match="this one has no unnamed column") as caught:
        simtool.inspect(*paths)
    assert caught.value.hint == f"the columns of {paths[0]}: unnamed"
