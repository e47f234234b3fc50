"""Parquet and Arrow: any split of the rows equals the whole, for every list type, and damage is one line."""

import io
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from saved_arrow import FORMATS, LISTS, column, save

from simtool.errors import DataError, InputNotFoundError, SimtoolError
from simtool.io import open_table, open_vectors, read_values

DTYPES = ["f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]


def check_message(error):
    assert error.what
    assert "\n" not in error.what


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("arrow")


@given(data=st.data())
def test_any_split_of_the_rows_equals_the_whole(folder, data):
    dtype, shape = data.draw(st.sampled_from(DTYPES)), data.draw(hnp.array_shapes(min_dims=2, max_dims=4, max_side=7))
    array = data.draw(hnp.arrays(dtype, shape))
    kind = pa.from_numpy_dtype(array.dtype)
    for size in reversed(shape[1:]):
        kind = LISTS[data.draw(st.sampled_from(sorted(LISTS)))](kind, size)
    table = column(array.tolist(), kind)
    path = save(folder / "a", table, data.draw(st.sampled_from(FORMATS)), data.draw(st.integers(1, 8)))
    vectors = open_vectors(path)
    assert (vectors.name, vectors.shape, vectors.dtype) == (f"{path}::emb", shape, array.dtype)
    for start in data.draw(st.lists(st.integers(0, len(array)), max_size=4)):
        stop = data.draw(st.integers(start, len(array)))
        rows = vectors.read(start, stop)
        assert rows.dtype == array.dtype
        np.testing.assert_array_equal(rows, array[start:stop])


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("kind", "shape"), [(pa.list_(pa.float32()), (0, 0)), (pa.list_(pa.int8(), 3), (0, 3))])
def test_no_rows(tmp_path, form, kind, shape):
    vectors = open_vectors(save(tmp_path / "a", column([], kind), form))
    assert vectors.shape == vectors.read(0, 0).shape == shape


def test_the_column_is_picked_or_asked_for(tmp_path):
    lists = pa.list_(pa.float32())
    table = pa.table({"left": pa.array([[1]], lists), "right": pa.array([[2]], lists), "label": [1]})
    path = save(tmp_path / "a", table)
    assert open_table(path).vector_columns == ("left", "right")
    assert open_vectors(f"{path}::right").read(0, 1).tolist() == [[2]]
    with pytest.raises(DataError, match="several columns hold vectors: left, right") as several:
        open_vectors(path)
    assert several.value.hint == f"name one: {path}::left"
    with pytest.raises(InputNotFoundError, match="no column 'rihgt'") as missing:
        open_vectors(f"{path}::rihgt")
    assert missing.value.hint == f"did you mean {path}::right?"
    with pytest.raises(InputNotFoundError, match="no column 'zzz'") as missing:
        open_vectors(f"{path}::zzz")
    assert missing.value.hint == "columns: left, right, label"


def test_column_names_with_dots(tmp_path):
    lists = pa.list_(pa.float32())
    path = save(tmp_path / "a", pa.table({"a": pa.array([[1]], lists), "a.b": pa.array([[2, 3]], lists)}))
    assert open_vectors(f"{path}::a").read(0, 1).tolist() == [[1]]
    assert open_vectors(f"{path}::a.b").read(0, 1).tolist() == [[2, 3]]


@pytest.mark.parametrize("form", FORMATS)
def test_a_column_name_twice_is_refused_on_use(tmp_path, form):
    lists = pa.array([[1.0]], pa.list_(pa.float32()))
    table = pa.table([lists, pa.array([1]), pa.array([2])], ["emb", "x", "x"])
    path = save(tmp_path / "a", table, form)
    assert open_vectors(path).read(0, 1).tolist() == [[1]]
    with pytest.raises(DataError, match="2 columns are named 'x'"):
        read_values(f"{path}::x")


@pytest.mark.parametrize("form", FORMATS)
def test_truncated_files_are_refused_in_one_line(tmp_path, form):
    path = save(tmp_path / "a", column([[1.0, 2.0]] * 50, pa.list_(pa.float32())), form)
    whole = (tmp_path / "a").read_bytes()
    for length in (9, len(whole) // 2):
        (tmp_path / "a").write_bytes(whole[:length])
        with pytest.raises(DataError, match="this file is damaged or cannot be decoded: ") as damaged:
            open_vectors(path)
        assert damaged.value.where == path
        assert "\n" not in damaged.value.what


def test_offsets_outside_their_buffer_are_refused(tmp_path):
    path = save(tmp_path / "a", column([[1.0, 2.0]] * 3, pa.list_(pa.float32())), "arrow file")
    far = 1 << 24
    whole = (tmp_path / "a").read_bytes()
    offsets = struct.pack("<4i", 0, 2, 4, 6)
    assert whole.count(offsets) == 1
    (tmp_path / "a").write_bytes(whole.replace(offsets, struct.pack("<4i", far, far + 2, far + 4, far + 6)))
    with pytest.raises(DataError, match="this file is damaged or cannot be decoded: "):
        open_vectors(path)


@given(form=st.sampled_from(FORMATS), data=st.data())
def test_no_damage_escapes(folder, form, data):
    """Every cut and every changed byte gives vectors or a SimtoolError, and nothing else."""
    path = folder / "damaged"
    save(path, column([[1.0, 2.0], None] * 5, pa.list_(pa.float32()), id=list("abcdefghij")), form)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        vectors = open_vectors(str(path), nulls=True)
        rows = vectors.read(0, vectors.shape[0])
    except SimtoolError as error:
        check_message(error)
    else:
        assert rows.shape == vectors.shape


@pytest.mark.parametrize("form", FORMATS)
def test_bytes_in_memory_are_read_alike(tmp_path, form, monkeypatch):
    save(tmp_path / "a", column([[1.0, 2.0]] * 5, pa.list_(pa.float32())), form)
    stdin = io.TextIOWrapper(io.BytesIO((tmp_path / "a").read_bytes()))
    monkeypatch.setattr("sys.stdin", stdin)
    vectors = open_vectors("-::emb")
    assert vectors.name == "-::emb"
    assert vectors.read(0, 5).tolist() == [[1, 2]] * 5


def test_offsets_that_go_back_are_refused(tmp_path):
    offsets = pa.py_buffer(np.asarray([0, 1, 3, 2, 4], np.int32).tobytes())
    ids = pa.Array.from_buffers(pa.string(), 4, [None, offsets, pa.py_buffer(b"abcd")])
    table = pa.record_batch([ids, pa.array([[1.0]] * 4)], names=["id", "v"])
    with pa.ipc.new_file(tmp_path / "t.arrow", table.schema) as file:
        file.write_batch(table)
    with pytest.raises(DataError, match="damaged"):
        open_vectors(str(tmp_path / "t.arrow"))
