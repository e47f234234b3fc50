"""An npy made by hand, which may lie, and how a reader refuses it."""

import struct

import pytest
from hypothesis import strategies as st

from simtool.errors import DataError
from simtool.io import open_vectors

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
