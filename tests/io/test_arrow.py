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

from simtool.errors import DataError, InputNotFoundError, ShapeError, SimtoolError
from simtool.io import arrow, arrow_table, open_table, open_vectors, read_values

DTYPES = ["f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]
FORMATS = ["parquet", "arrow file", "arrow stream", "compressed arrow file", "compressed arrow stream"]
LISTS = {
    "list": lambda kind, size: pa.list_(kind),
    "large_list": lambda kind, size: pa.large_list(kind),
    "fixed_size_list": pa.list_,
}


def save(path, table, kind="parquet", group=4):
    """Write a table in row groups of `group` rows and return the path as text."""
    if kind == "parquet":
        pa.parquet.write_table(table, path, row_group_size=group)
        return str(path)
    options = pa.ipc.IpcWriteOptions(compression="zstd" if kind.startswith("compressed") else None)
    opener = pa.ipc.new_file if kind.endswith("file") else pa.ipc.new_stream
    with pa.OSFile(str(path), "wb") as sink, opener(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=group)
    return str(path)


def column(values, kind, name="emb", **others):
    return pa.table({name: pa.array(values, kind), **others})


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


@pytest.mark.parametrize("kind", [pa.list_view(pa.float32()), pa.large_list_view(pa.float32())], ids=str)
@pytest.mark.parametrize("form", FORMATS[1:])
def test_list_views(tmp_path, kind, form):
    vectors = open_vectors(save(tmp_path / "a", column([[1, 2], [3, 4], [5, 6]], kind), form, group=2))
    assert vectors.read(1, 3).tolist() == [[3, 4], [5, 6]]


@pytest.mark.parametrize("form", FORMATS)
def test_tensors(tmp_path, form):
    array = np.arange(24, dtype="f4").reshape(4, 2, 3)
    table = pa.table({"emb": pa.FixedShapeTensorArray.from_numpy_ndarray(array)})
    vectors = open_vectors(save(tmp_path / "a", table, form, group=3))
    assert vectors.shape == (4, 2, 3)
    np.testing.assert_array_equal(vectors.read(1, 4), array[1:])


def test_tensors_with_permuted_dims_are_refused(tmp_path):
    kind = pa.fixed_shape_tensor(pa.float32(), [2, 3], permutation=[1, 0])
    storage = pa.array([[1, 2, 3, 4, 5, 6]], kind.storage_type)
    path = save(tmp_path / "a", pa.table({"emb": pa.ExtensionArray.from_storage(kind, storage)}), "arrow file")
    with pytest.raises(DataError, match="expected lists of numbers, got extension"):
        open_vectors(f"{path}::emb")


def test_rows_of_one_batch_are_not_copied(tmp_path):
    path = save(tmp_path / "a", column([[1, 2]] * 9, pa.list_(pa.float32())), "arrow file", group=9)
    vectors = open_vectors(path)
    assert np.shares_memory(vectors.read(0, 6), vectors.read(5, 9))


def test_reading_forwards_decodes_each_row_once(tmp_path, monkeypatch):
    monkeypatch.setattr(arrow_table, "BATCH_BYTES", 64)
    path = save(tmp_path / "a", column([[float(row)] * 2 for row in range(100)], pa.list_(pa.float32())), group=50)
    vectors = open_vectors(path)
    started = []
    read = arrow.ParquetBatches.read_together
    monkeypatch.setattr(
        arrow.ParquetBatches, "read_together", lambda self, *place: started.append(place) or read(self, *place)
    )
    rows = [vectors.read(start, start + 7)[:, 0] for start in range(0, 100, 7)]
    assert np.concatenate(rows).tolist() == list(range(100))
    assert started == [(0, ["emb"], 8)]
    assert vectors.read(60, 61).tolist() == [[60, 60]]
    assert started[1:] == [(1, ["emb"], 8)]
    # a jump forwards decodes nothing of the row groups between
    assert open_vectors(path).read(60, 61).tolist() == [[60, 60]]
    assert started[-2:] == [(0, ["emb"], 8), (1, ["emb"], 8)]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("kind", "shape"), [(pa.list_(pa.float32()), (0, 0)), (pa.list_(pa.int8(), 3), (0, 3))])
def test_no_rows(tmp_path, form, kind, shape):
    vectors = open_vectors(save(tmp_path / "a", column([], kind), form))
    assert vectors.shape == vectors.read(0, 0).shape == shape


@pytest.mark.parametrize("form", FORMATS)
def test_ragged_rows_name_the_first_row_and_both_lengths(tmp_path, form):
    values = [[1.0, 2.0]] * 5 + [[1.0, 2.0, 3.0]] + [[1.0]]
    path = save(tmp_path / "a", column(values, pa.list_(pa.float32()), id=list("abcdefg")), form)
    vectors = open_vectors(path)
    assert vectors.read(0, 5).shape == (5, 2)
    with pytest.raises(DataError) as ragged:
        vectors.read(4, 7)
    assert ragged.value.what == "row 5 (id 'f') has length 3 along dim 1, expected 2 as in the first row"
    assert ragged.value.where == f"{path}::emb"
    assert ragged.value.hint


def test_ragged_inner_lists_name_the_row_and_the_dim(tmp_path):
    values = [[[1, 2], [3, 4]], [[1, 2], [3]], [[1, 2], [3, 4]]]
    path = save(tmp_path / "a", column(values, pa.list_(pa.list_(pa.int64()))))
    with pytest.raises(DataError, match="row 1 has length 1 along dim 2, expected 2 as in the first row"):
        open_vectors(path).read(0, 3)


NULLS = [[1.0, 2.0], None, [3.0, 4.0], [None, 5.0], [6.0, 7.0], None, None]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("make", LISTS.values(), ids=LISTS)
def test_nulls_are_refused_with_rows_and_a_count(tmp_path, form, make):
    table = column(NULLS, make(pa.float32(), 2), id=pa.array(range(10, 17)))
    path = save(tmp_path / "a", table, form)
    with pytest.raises(DataError) as refused:
        open_vectors(path).read(2, 4)
    expected = "rows 1 (id 11), 3 (id 13), 5 (id 15) and 1 more are null or hold a null"
    assert refused.value.what == expected
    assert refused.value.where == f"{path}::emb"
    assert refused.value.hint == "«nonfinite=drop» leaves them out"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("make", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize(("kind", "dtype"), [(pa.float16(), "f2"), (pa.float32(), "f4"), (pa.int16(), "f8")], ids=str)
def test_nulls_are_read_as_rows_of_nan(tmp_path, form, make, kind, dtype):
    vectors = open_vectors(save(tmp_path / "a", column(NULLS, make(kind, 2)), form), nulls=True)
    nan = [np.nan, np.nan]
    expected = np.array([[1, 2], nan, [3, 4], nan, [6, 7], nan, nan], dtype)
    assert vectors.dtype == dtype
    np.testing.assert_array_equal(vectors.read(0, 7), expected)
    np.testing.assert_array_equal(vectors.read(2, 6), expected[2:6])


def test_nulls_in_inner_lists_make_the_whole_row_nan(tmp_path):
    values = [[[1, 2], None], [[1, 2], [3, None]], [[1, 2], [3, 4]], None]
    vectors = open_vectors(save(tmp_path / "a", column(values, pa.list_(pa.list_(pa.float32())))), nulls=True)
    rows = vectors.read(0, 4)
    assert vectors.shape == (4, 2, 2)
    assert np.isnan(rows).all(axis=(1, 2)).tolist() == [True, True, False, True]
    assert rows[2].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("form", FORMATS)
def test_integers_without_nulls_stay_integers(tmp_path, form):
    vectors = open_vectors(save(tmp_path / "a", column([[1, 2]], pa.list_(pa.int64()))), nulls=True)
    assert vectors.dtype == np.int64


def test_only_nulls(tmp_path):
    path = save(tmp_path / "a", column([None, None], pa.list_(pa.float32())))
    assert open_vectors(path, nulls=True).read(0, 2).shape == (2, 0)
    with pytest.raises(DataError, match="rows 0, 1 are null or hold a null"):
        open_vectors(path).read(0, 2)


REFUSED = {
    "list<element: decimal128(4, 2)>": pa.array([[1]], pa.list_(pa.decimal128(4, 2))),
    "list<element: string>": pa.array([["a"]]),
    "list<element: bool>": pa.array([[True]]),
    "date32[day]": pa.array([1], pa.date32()),
    "int64": pa.array([1]),
}


@pytest.mark.parametrize(("name", "values"), REFUSED.items(), ids=REFUSED)
def test_other_element_types_are_refused(tmp_path, name, values):
    path = save(tmp_path / "a", pa.table({"emb": values}))
    with pytest.raises(DataError) as named:
        open_vectors(f"{path}::emb")
    assert named.value.what == f"expected lists of numbers, got {name}"
    assert named.value.where == f"{path}::emb"
    with pytest.raises(DataError, match=r"no column holds vectors \(lists of numbers\); columns: emb"):
        open_vectors(path)


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


def test_fewer_rows_than_promised(tmp_path, monkeypatch):
    path = save(tmp_path / "a", column([[1.0, 2.0]] * 5, pa.list_(pa.float32())))
    vectors = open_vectors(path)
    monkeypatch.setattr(vectors.batches, "read", lambda *place: iter([pa.array([[1.0, 2.0]])]))
    with pytest.raises(DataError, match="5 rows are promised, but they end before"):
        vectors.read(0, 5)


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
