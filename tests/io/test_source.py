"""What a user types: paths, names, pipes, missing files, and formats that are told apart by their bytes."""

import io
import os
import threading

import numpy as np
import pytest

from simtool.errors import DataError, InputNotFoundError, ParameterError, ShapeError
from simtool.io import open_table, open_vectors, read_values, split_source
from simtool.io.source import open_source


def as_stdin(monkeypatch, data):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def npy_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("a.npy", ("a.npy", None)),
        ("a.npz::x", ("a.npz", "x")),
        ("-::x", ("-", "x")),
        ("::x", ("", "x")),
        ("a::b::c", ("a::b", "c")),
    ],
)
def test_split_source(source, parts):
    assert split_source(source) == parts


def test_a_missing_file_names_the_closest(tmp_path):
    (tmp_path / "vectors.npy").write_bytes(b"")
    with pytest.raises(InputNotFoundError) as missing:
        open_vectors(str(tmp_path / "vektors.npy"))
    assert missing.value.what == "no such file"
    assert missing.value.where == str(tmp_path / "vektors.npy")
    assert missing.value.hint == f"did you mean {tmp_path / 'vectors.npy'}?"
    with pytest.raises(InputNotFoundError, match=r"the folder .*nowhere is not there either"):
        open_vectors(str(tmp_path / "nowhere" / "a.npy"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused(tmp_path):
    (tmp_path / "a.npy").write_bytes(npy_bytes(np.eye(2)))
    (tmp_path / "a.npy").chmod(0)
    with pytest.raises(InputNotFoundError, match="cannot be read: Permission denied"):
        open_vectors(str(tmp_path / "a.npy"))


def test_standard_input_is_read_once(monkeypatch):
    as_stdin(monkeypatch, npy_bytes(np.arange(6.0).reshape(2, 3)))
    vectors = open_vectors("-")
    assert vectors.name == "-"
    assert vectors.read(0, 2).tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(DataError, match="standard input can be read only once") as twice:
        open_vectors("-")
    assert twice.value.hint.startswith("save it to a file, and name that file twice")


@pytest.mark.parametrize("again", ["/dev/fd/{}", "-"])
def test_a_pipe_is_read_once_by_any_name(monkeypatch, again):
    reader, writer = os.pipe()
    os.write(writer, npy_bytes(np.eye(2)))
    os.close(writer)
    with open(reader) as stream:
        monkeypatch.setattr("sys.stdin", stream)
        path = f"/dev/fd/{reader}"
        assert open_vectors(path if again == "-" else "-").shape == (2, 2)
        with pytest.raises(DataError, match="can be read only once") as twice:
            open_vectors(again.format(reader))
    assert "name that file twice" in twice.value.hint
    assert "one table with columns a and b" in twice.value.hint


def test_an_empty_pipe_is_empty():
    reader, writer = os.pipe()
    os.close(writer)
    with pytest.raises(DataError, match="the input is empty"):
        open_vectors(f"/dev/fd/{reader}")
    os.close(reader)


def test_standard_input_gives_vectors_and_their_ids(monkeypatch):
    packed = io.BytesIO()
    np.savez_compressed(packed, x=np.eye(2), names=np.array(["p", "q"]))
    as_stdin(monkeypatch, packed.getvalue())
    vectors = open_vectors("-::x", ids="::names")
    assert vectors.ids.tolist() == ["p", "q"]
    assert vectors.read(0, 2).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("data", [b"", b"  \n"])
def test_empty_standard_input_is_refused(monkeypatch, data):
    as_stdin(monkeypatch, data)
    with pytest.raises(DataError, match="the input is empty") as empty:
        open_vectors("-")
    assert empty.value.where == "-"


def test_no_standard_input_at_all(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(DataError, match="the input is empty"):
        open_vectors("-")


def test_a_named_pipe_is_read(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(npy_bytes(np.eye(2)),))
    writer.start()
    assert open_vectors(str(path)).read(0, 2).tolist() == [[1, 0], [0, 1]]
    writer.join()


def test_a_table_is_not_a_column(tmp_path):
    with pytest.raises(ParameterError, match="expected a whole table, got one column of it") as named:
        open_table("a.npz::x")
    assert named.value.hint == "type a.npz"


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


def test_a_source_is_read_by_ranges(tmp_path, monkeypatch):
    data = npy_bytes(np.arange(6.0))
    (tmp_path / "a.npy").write_bytes(data)
    as_stdin(monkeypatch, data)
    for path in (str(tmp_path / "a.npy"), "-"):
        source = open_source(path, 1 << 20)
        assert source.read(0, 6) == b"\x93NUMPY"
        assert source.read(len(data) - 8, 100) == np.float64(5).tobytes()
        assert source.read(len(data), 1) == b""


def test_a_fingerprint_tells_what_changed(tmp_path):
    path = tmp_path / "a.npy"
    data = npy_bytes(np.zeros(100_000))
    path.write_bytes(data)
    source = open_source(str(path), 1 << 20)
    before, status = source.fingerprint(), path.stat()
    assert source.fingerprint() == before
    # another number at the head or at the tail, by something that puts the time of the file back
    for place in (1000, len(data) - 1000):
        changed = bytearray(data)
        changed[place] ^= 1
        with path.open("r+b") as file:
            file.write(changed)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert source.fingerprint() != before
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert source.fingerprint() == before
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert source.fingerprint() != before
