"""npz: members equal what numpy saved, and damaged or hostile archives cost nothing."""

import io
import mmap
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from forged_npy import NUMBERS, check_message, header, npy, refused
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simtool.errors import DataError, InputNotFoundError, ShapeError, SimtoolError
from simtool.io import open_table, open_vectors, read_values


@given(array=hnp.arrays(NUMBERS, hnp.array_shapes(min_dims=2, max_dims=3)), packed=st.booleans())
def test_an_npz_member_equals_what_was_saved(folder, array, packed):
    (np.savez_compressed if packed else np.savez)(folder / "a.npz", x=array)
    vectors = open_vectors(str(folder / "a.npz"))
    assert vectors.name == f"{folder / 'a.npz'}::x"
    np.testing.assert_array_equal(vectors.read(0, len(array)), array)


def test_a_stored_member_is_a_view_of_the_file(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.eye(3))
    base = open_vectors(str(tmp_path / "a.npz")).read(0, 2)
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, mmap.mmap)


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


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_the_index_of_an_npz_is_read_once(tmp_path, monkeypatch, save):
    save(tmp_path / "many.npz", **{f"m{i}": np.full((2, 2), i) for i in range(50)})
    opened = []
    real = zipfile.ZipFile._RealGetContents
    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", lambda self: (opened.append(self), real(self)))
    table = open_table(str(tmp_path / "many.npz"))
    assert [table.vectors(name).read(0, 1)[0, 0] for name in table.vector_columns] == list(range(50))
    assert len(opened) == 1
