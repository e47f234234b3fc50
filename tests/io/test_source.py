"""What a user types: paths, names, pipes, missing files, and formats that are told apart by their bytes."""

import io
import os
import threading

import numpy as np
import pytest

from simtool.errors import DataError, InputNotFoundError
from simtool.io import open_vectors
from simtool.io.source import open_source


def as_stdin(monkeypatch, data):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def npy_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


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
