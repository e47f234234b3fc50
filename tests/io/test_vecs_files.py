"""TEXMEX files."""

import io
import struct

import numpy as np
import pytest
from written_files import X, check, refused


@pytest.mark.parametrize(("name", "dtype"), {"fvecs": "f4", "bvecs": "u1", "ivecs": "i4"}.items())
def test_texmex_files(tmp_path, monkeypatch, name, dtype):
    expected = np.abs(X * 40).astype(dtype)
    content = b"".join(struct.pack("<i", len(row)) + row.tobytes() for row in expected)
    path = tmp_path / f"a.{name}"
    path.write_bytes(content)
    assert check(path, expected).dtype == np.dtype(dtype)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    check("-", expected, input_format=name)
    row = len(content) // 10
    odd = content[: 4 * row] + struct.pack("<i", 5) + content[4 * row + 4 :]
    assert refused(path, odd).what == "row 4 has length 5 along dim 1, expected 6 as in the first row"
