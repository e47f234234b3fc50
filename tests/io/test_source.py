"""Ranges of bytes, and what tells that a file has changed."""

import os

import numpy as np
from piped_bytes import as_stdin, npy_bytes

from simtool.io.source_opening import open_source


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
