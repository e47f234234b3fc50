"""npy and npz: what comes back equals what numpy saved, and hostile headers cost nothing."""

import io
import mmap
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simtool.errors import DataError, InputNotFoundError, ShapeError, SimtoolError
from simtool.io import as_vectors, open_table, open_vectors, read_values, with_ids

NUMBERS = st.sampled_from(["f2", "f4", "f8", ">f4", ">i2", "i1", "u1", "i4", "u4", "i8", "u8"])


def npy(header, content=b"", version=1):
    """Return an npy made by hand, so that it may lie."""
    text = header.encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + content


def header(shape="(2, 3)", descr="'<f4'", fortran="False"):
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}"


def refused(path, data, kind=DataError):
    path.write_bytes(data)
    with pytest.raises(kind) as error:
        open_vectors(str(path))
    check_message(error.value)
    return error.value


def check_message(error):
    assert error.what
    assert "\n" not in error.what


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("npy")


@given(array=NUMBERS.flatmap(lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=1, max_dims=4))), data=st.data())
def test_any_split_of_an_npy_equals_the_whole(folder, array, data):
    order = data.draw(st.sampled_from("CF"))
    np.save(folder / "a.npy", np.asarray(array, order=order))
    vectors = open_vectors(str(folder / "a.npy"))
    cut = data.draw(st.integers(0, len(array)))
    parts = [vectors.read(0, cut), vectors.read(cut, len(array))]
    assert vectors.shape == array.shape
    assert vectors.dtype == array.dtype.newbyteorder("=")
    assert all(part.dtype.isnative and part.flags.c_contiguous for part in parts)
    np.testing.assert_array_equal(np.concatenate(parts), array)


@given(array=hnp.arrays(NUMBERS, hnp.array_shapes(min_dims=2, max_dims=3)), packed=st.booleans())
def test_an_npz_member_equals_what_was_saved(folder, array, packed):
    (np.savez_compressed if packed else np.savez)(folder / "a.npz", x=array)
    vectors = open_vectors(str(folder / "a.npz"))
    assert vectors.name == f"{folder / 'a.npz'}::x"
    np.testing.assert_array_equal(vectors.read(0, len(array)), array)


def test_an_npy_is_mapped_and_not_read(tmp_path):
    with open(tmp_path / "sparse.npy", "wb") as file:
        file.write(npy(header("(1000000000, 3)")))
        file.truncate(file.tell() + 12_000_000_000)
    vectors = open_vectors(str(tmp_path / "sparse.npy"))
    assert vectors.shape == (10**9, 3)
    assert vectors.read(10**9 - 1, 10**9).tolist() == [[0, 0, 0]]


def test_a_stored_member_is_a_view_of_the_file(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.eye(3))
    base = open_vectors(str(tmp_path / "a.npz")).read(0, 2)
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, mmap.mmap)


def test_no_rows(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((0, 5), "f4"))
    vectors = open_vectors(str(tmp_path / "a.npy"))
    assert vectors.shape == vectors.read(0, 0).shape == (0, 5)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_is_read(tmp_path, version):
    (tmp_path / "a.npy").write_bytes(npy(header("(1, 2)"), struct.pack("<2f", 1, 2), version))
    assert open_vectors(str(tmp_path / "a.npy")).read(0, 1).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (header("(10**9, 3)"), "cannot be understood"),
        (header("(-1, 3)"), "impossible shape: (-1, 3)"),
        (header("(True, 3)"), "impossible shape"),
        (header("[2, 3]"), "impossible shape"),
        (header(f"(0, {2**63})"), "impossible shape"),
        (header(f"(0, {2**62}, {2**62})"), "impossible shape"),
        (header(str((0,) * 99)), "impossible shape"),
        (header("()"), "truncated npy: shape () of float32 takes 4 bytes, got 0"),
        (header(descr="'<f3'"), "unknown dtype: '<f3'"),
        (header(descr="'nonsense'"), "unknown dtype: 'nonsense'"),
        (header(descr="'<f4,<f4'"), "unknown dtype"),
        (header(descr="7"), "unknown dtype: '7'"),
        (header(descr="[('a', '<f4')]"), "structured dtype"),
        (header(fortran="2"), "memory order"),
        ("(" * 5000, "cannot be understood"),
        ("{'descr': '<f4'}", "cannot be understood"),
        ("__import__('os').getcwd()", "cannot be understood"),
    ],
)
def test_a_header_is_not_trusted(tmp_path, text, what):
    assert what in refused(tmp_path / "a.npy", npy(text)).what


def test_a_header_that_promises_other_sizes(tmp_path):
    path = tmp_path / "a.npy"
    short = refused(path, npy(header("(1000000000000, 3)"), b"\0" * 24))
    assert short.what == "truncated npy: shape (1000000000000, 3) of float32 takes 12000000000000 bytes, got 24"
    assert short.where == str(path)
    assert short.hint == "save it again with numpy.save"
    long = refused(path, npy(header(), b"\0" * 25))
    assert long.what == "overlong npy: shape (2, 3) of float32 takes 24 bytes, got 25"


def test_truncated_and_absurd_header_lengths(tmp_path):
    whole = npy(header(), b"\0" * 24)
    assert "version" in refused(tmp_path / "a.npy", whole[:7]).what
    assert "version" in refused(tmp_path / "a.npy", whole[:9]).what
    assert "truncated npy header: expected" in refused(tmp_path / "a.npy", whole[:30]).what
    absurd = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1)
    assert "promises 4294967295 bytes, expected at most 10000" in refused(tmp_path / "a.npy", absurd).what
    assert "version" in refused(tmp_path / "a.npy", b"\x93NUMPY\x09\x00" + whole[8:]).what


@pytest.mark.parametrize(
    ("array", "got"),
    [
        (np.array([[True]]), "bool"),
        (np.array([[1j]]), "complex128"),
        (np.array([["a"]]), "str32"),
        (np.array([b"a"]), "bytes8"),
        (np.array(["2020-01-01"], dtype="M8[D]"), "datetime64[D]"),
    ],
)
def test_other_dtypes_are_refused_as_vectors(tmp_path, array, got):
    file = io.BytesIO()
    np.save(file, array)
    error = refused(tmp_path / "a.npy", file.getvalue())
    assert error.what == f"expected floats or integers, got {got}"
    assert "numpy.save" in error.hint


def test_pickled_objects_are_never_loaded(tmp_path):
    file = io.BytesIO()
    np.save(file, np.array([{}, []], dtype=object), allow_pickle=True)
    error = refused(tmp_path / "a.npy", file.getvalue())
    assert error.what == "expected floats or integers, got pickled Python objects (dtype object)"
    assert "astype" in error.hint


def test_rank_zero_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.float32(1))
    with pytest.raises(DataError, match="rank 0"):
        open_vectors(str(tmp_path / "a.npy"))


def test_an_npy_has_no_columns(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.eye(2))
    with pytest.raises(InputNotFoundError, match="no column 'x': this file names no columns") as error:
        open_vectors(f"{path}::x")
    assert error.value.hint == f"type {path}"


def test_values_keep_the_shape_of_an_npy(tmp_path):
    for values in (np.array([[1], [0]]), np.array([True, False]), np.array([1.5], ">f4")):
        np.save(tmp_path / "y.npy", values)
        read = read_values(str(tmp_path / "y.npy"))
        assert read.shape == values.shape
        assert read.dtype == values.dtype.newbyteorder("=")
        assert read.tolist() == values.tolist()
    np.save(tmp_path / "y.npy", np.array(["b", "a"]))
    assert read_values(str(tmp_path / "y.npy")).dtype == object


def test_an_npz_is_a_table(tmp_path):
    path = str(tmp_path / "t.npz")
    np.savez(path, emb=np.eye(3), ids=np.array(["a", "b", "c"]), label=np.array([0, 1, 1]), scalar=np.float64(3))
    table = open_table(path)
    assert (table.rows, table.vector_columns, table.value_columns) == (3, ("emb",), ("ids", "label"))
    assert table.columns == ("emb", "ids", "label", "scalar")
    assert open_vectors(path).ids.tolist() == ["a", "b", "c"]
    assert open_vectors(path, ids="::label").ids.tolist() == [0, 1, 1]
    assert read_values(path, wanted=("label",)).tolist() == [0, 1, 1]


def test_members_of_other_lengths_are_no_table(tmp_path):
    path = str(tmp_path / "t.npz")
    np.savez(path, a=np.eye(3), b=np.eye(2), id=np.arange(3))
    assert open_vectors(f"{path}::b").ids is None
    with pytest.raises(ShapeError, match=r"expected 2 ids, one per row, got shape \(3,\)"):
        open_vectors(f"{path}::b", ids="::id")


def test_several_members_need_a_name(tmp_path):
    path = str(tmp_path / "t.npz")
    np.savez(path, left=np.eye(3), right=np.eye(3))
    with pytest.raises(DataError, match="several columns hold vectors: left, right") as several:
        open_vectors(path)
    assert several.value.hint == f"name one: {path}::left"
    with pytest.raises(InputNotFoundError, match="no column 'lefd'") as missing:
        open_vectors(f"{path}::lefd")
    assert missing.value.hint == f"did you mean {path}::left?"


def test_one_dimensional_floats_are_vectors_as_a_last_resort(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([0.5, 1.5]), y=np.array([1, 2]))
    assert open_table(str(tmp_path / "a.npz")).vector_columns == ("x",)


def test_a_member_is_read_only_when_it_is_named(tmp_path):
    np.savez(tmp_path / "a.npz", good=np.eye(2), bad=np.array([{}], dtype=object))
    path = str(tmp_path / "a.npz")
    assert open_vectors(path).shape == (2, 2)
    with pytest.raises(DataError, match="pickled Python objects") as error:
        open_vectors(f"{path}::bad")
    assert error.value.where == f"{path}::bad"


def test_a_member_twice_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    member = npy(header("(1, 1)"), b"\0" * 4)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", member)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("x.npy", member)
    with pytest.raises(DataError, match="2 columns are named 'x'"):
        open_vectors(f"{path}::x")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_that_promises_more_than_it_holds(tmp_path, method):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("x.npy", npy(header("(1000000000000, 3)"), b"\0" * 24))
    with pytest.raises(DataError, match=r"truncated npy: .* takes 12000000000000 bytes, got 24"):
        open_vectors(f"{path}::x")


def test_a_member_whose_index_lies_about_its_size(tmp_path):
    path = tmp_path / "bomb.npz"
    promised = npy(header("(1000000000, 1)"), b"")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", promised)
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", len(promised) + 4_000_000_000)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"npz member promises 4000000.* cannot hold them"):
        open_vectors(f"{path}::x")


def test_damaged_and_foreign_zip_files(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.random.default_rng(0).normal(size=(50, 4)))
    whole = (tmp_path / "a.npz").read_bytes()
    assert "damaged npz file" in refused(tmp_path / "cut.npz", whole[:-30]).what
    flipped = bytearray(whole)
    flipped[300] ^= 255
    assert "damaged npz member" in refused(tmp_path / "flipped.npz", bytes(flipped)).what
    for name, kind in (("model/data.pkl", "damaged PyTorch file"), ("readme.txt", "a zip file without arrays")):
        with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
            archive.writestr(name, "x")
        assert kind in refused(tmp_path / "other.zip", (tmp_path / "other.zip").read_bytes()).what


@given(data=st.data())
def test_no_damage_escapes(folder, data):
    """Every cut and every changed byte gives vectors or a SimtoolError, and nothing else."""
    packed = io.BytesIO()
    np.savez_compressed(packed, x=np.arange(12.0).reshape(4, 3), id=np.array(list("abcd")))
    plain = io.BytesIO()
    np.save(plain, np.arange(12.0).reshape(4, 3))
    content = bytearray(data.draw(st.sampled_from([packed.getvalue(), plain.getvalue()])))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(1, len(content)))]
    (folder / "damaged").write_bytes(content)
    try:
        vectors = open_vectors(str(folder / "damaged"))
    except SimtoolError as error:
        check_message(error)
    else:
        assert vectors.read(0, vectors.shape[0]).shape == vectors.shape


def test_a_hostile_header_takes_no_memory(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", npy(header("(200000000, 3)"), b"\0" * 1000))
    code = f"""
import re, simtool.io, simtool.errors
try:
    simtool.io.open_vectors({f"{path}::x"!r})
except simtool.errors.DataError:
    # not getrusage: its maximum counts what the process was forked from
    print(int(re.search("VmHWM:(.*)kB", open("/proc/self/status").read())[1]) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 300


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("code", [0x110000, 0xFFFFFFFF, 0xD800, 0xDFFF])
def test_strings_that_are_no_unicode_name_their_row(tmp_path, order, code):
    ids = np.array(["ab", "cd", "ef"], f"{order}U2")
    ids.view(f"{order}u4")[3] = code  # the second character of the second row
    np.save(tmp_path / "ids.npy", ids)
    np.save(tmp_path / "a.npy", np.eye(3))
    with pytest.raises(DataError, match=f"row 1 holds the number {code:#x}"):
        open_vectors(str(tmp_path / "a.npy"), ids=str(tmp_path / "ids.npy"))
    np.savez(tmp_path / "a.npz", x=np.eye(3), ids=ids)
    with pytest.raises(DataError, match=r"row 1 .*no Unicode character"):
        open_vectors(str(tmp_path / "a.npz"))
    with pytest.raises(DataError, match="row 1"):
        with_ids(as_vectors(np.eye(3)), ids)


def test_every_character_of_unicode_stays(tmp_path):
    texts = ["", "é", "\U0010ffff", "\ud7ff\ue000", "a\0b"]
    np.save(tmp_path / "y.npy", np.array(texts))
    assert read_values(str(tmp_path / "y.npy")).tolist() == texts
    np.save(tmp_path / "y.npy", np.array(["", ""]))
    assert read_values(str(tmp_path / "y.npy")).tolist() == ["", ""]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_the_index_of_an_npz_is_read_once(tmp_path, monkeypatch, save):
    save(tmp_path / "many.npz", **{f"m{i}": np.full((2, 2), i) for i in range(50)})
    opened = []
    real = zipfile.ZipFile._RealGetContents
    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", lambda self: (opened.append(self), real(self)))
    table = open_table(str(tmp_path / "many.npz"))
    assert [table.vectors(name).read(0, 1)[0, 0] for name in table.vector_columns] == list(range(50))
    assert len(opened) == 1
