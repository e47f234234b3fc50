"""Standard input and pipes, which are read once."""

import os
import threading

import numpy as np
import pytest
from piped_bytes import as_stdin, npy_bytes

from simtool.errors import DataError
from simtool.io import open_vectors


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
