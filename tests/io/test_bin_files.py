"""Files of the big-ann benchmarks."""

import io
import struct

import numpy as np
import pytest
from written_files import X, check


@pytest.mark.parametrize(
    ("name", "dtype"), {"fbin": "f4", "u8bin": "u1", "i8bin": "i1", "f16bin": "f2", "ibin": "i4"}.items()
)
def test_big_ann_files(tmp_path, monkeypatch, name, dtype):
    expected = (X * 40).astype(dtype) if dtype != "u1" else np.abs(X * 40).astype(dtype)
    content = struct.pack("<II", *expected.shape) + expected.tobytes()
    path = tmp_path / f"a.{name}"
    path.write_bytes(content)
    assert check(path, expected).dtype == np.dtype(dtype)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    check("-", expected, input_format=name)
    (tmp_path / "a.dat").write_bytes(content)
    check(tmp_path / "a.dat", expected, input_format=name)


def test_a_count_that_looks_like_a_magic_number_is_a_count(tmp_path):
    rows = int.from_bytes(b"\x1f\x8b\0\0", "little")  # 35 615, the magic number of gzip
    expected = np.arange(rows, dtype=np.int8).reshape(-1, 1)
    (tmp_path / "a.i8bin").write_bytes(struct.pack("<II", rows, 1) + expected.tobytes())
    check(tmp_path / "a.i8bin", expected)
