"""npy: what comes back equals what numpy saved, and hostile headers cost nothing."""

import io
import struct

import numpy as np
import pytest
from forged_npy import NUMBERS, header, npy, refused
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simtool.errors import DataError, InputNotFoundError
from simtool.io import as_vectors, open_vectors, read_values, with_ids


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


def test_an_npy_is_mapped_and_not_read(tmp_path):
    with open(tmp_path / "sparse.npy", "wb") as file:
        file.write(npy(header("(1000000000, 3)")))
        file.truncate(file.tell() + 12_000_000_000)
    vectors = open_vectors(str(tmp_path / "sparse.npy"))
    assert vectors.shape == (10**9, 3)
    assert vectors.read(10**9 - 1, 10**9).tolist() == [[0, 0, 0]]


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
