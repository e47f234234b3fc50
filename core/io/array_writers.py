"""Writers of arrays, whole or a block of rows at a time: npy, safetensors, fbin, fvecs.

Accepted: arrays of numbers of any rank.
Refused: an array that the disk has no room for.
Lost: in safetensors nothing, its tensor is named `array`; in fbin and fvecs digits beyond float32, and the dims before
the last, which become rows, as the numbers of a single dim do.
"""

import io
import json
import math
import os
import shutil
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike

from ..errors import ResourceError
from ..results import Column
from .writers import Target, opened

SHAPED = ("npy", "safetensors")  # of any rank
ARRAYS = (*SHAPED, "fbin", "fvecs")
KINDS = {"b": "BOOL", "f": "F", "i": "I", "u": "U"}
TENSOR = "array"


@dataclass(frozen=True)
class Layout:
    """How an array lies in a file.

    Args:
        header: what stands before the rows.
        columns: length of the last dim.
        prefix: what stands before each row.
    """

    header: bytes
    columns: int
    dtype: np.dtype[Any]
    prefix: bytes

    @property
    def row_bytes(self) -> int:
        """Bytes that a row takes."""
        return len(self.prefix) + self.columns * self.dtype.itemsize


@dataclass(frozen=True)
class MatrixWriter:
    """An array being written, any block of rows at a time.

    Args:
        file: a binary file, seekable unless the rows come in order.
    """

    file: BinaryIO
    layout: Layout

    def write(self, start: int, rows: Column) -> None:
        """Write (n, columns) `rows`, the first of them at row `start` of the array seen as (-1, columns)."""
        self.file.seek(len(self.layout.header) + start * self.layout.row_bytes)
        self.append(rows)

    def append(self, rows: Column) -> None:
        """Write rows where the file stands."""
        content = np.asarray(rows, dtype=self.layout.dtype, order="C")
        if prefix := self.layout.prefix:
            content = content.reshape(-1, self.layout.columns)
            framed = np.empty((len(content), self.layout.row_bytes), np.uint8)
            framed[:, : len(prefix)] = np.frombuffer(prefix, np.uint8)
            framed[:, len(prefix) :] = content.view(np.uint8).reshape(len(content), -1)
            content = framed
        # not numpy.save: its failed write carries no errno, and a full disk would not be told from other errors
        self.file.write(content.data)


@contextmanager
def open_matrix(path: str, shape: tuple[int, ...], dtype: DTypeLike, format: str = "npy") -> Iterator[MatrixWriter]:
    """Open an array of a known shape for writing; every row is to be written.

    Args:
        shape: (rows, ..., columns).
        dtype: of the numbers; fbin and fvecs hold float32.
        format: one of `ARRAYS`.

    Raises:
        ResourceError: the disk has less room than the whole array takes.
    """
    layout = _layout(shape, np.dtype(dtype), format)
    size = math.prod(shape) // max(1, layout.columns) * layout.row_bytes
    free = shutil.disk_usage(os.path.dirname(os.path.abspath(path))).free
    if size > free:
        what = f"the output takes {size:,} bytes and the disk has {free:,} free"
        raise ResourceError(what, path, "free some space or write elsewhere")
    with open(path, "wb") as file:
        file.write(layout.header)
        file.truncate(len(layout.header) + size)
        yield MatrixWriter(file, layout)


def write_array(target: Target, array: Column, format: str = "npy") -> None:
    """Write an array in C order, to a path or to a binary file, seekable or not.

    Args:
        format: one of `ARRAYS`.
    """
    with opened(target) as file:
        layout = _layout(array.shape, array.dtype, format)
        file.write(layout.header)
        MatrixWriter(file, layout).append(array)


def _layout(shape: tuple[int, ...], dtype: np.dtype[Any], format: str) -> Layout:
    if format in ("fbin", "fvecs"):
        shape = (math.prod(shape[:-1]), shape[-1]) if len(shape) > 1 else (math.prod(shape), 1)
        dtype = np.dtype("<f4")
    columns = shape[-1] if shape else 1
    prefix = struct.pack("<i", columns) if format == "fvecs" else b""
    return Layout(_HEADERS[format](shape, dtype), columns, dtype, prefix)


def _npy_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


def _safetensors_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    kind = KINDS[dtype.kind] + ("" if dtype.kind == "b" else str(8 * dtype.itemsize))
    size = math.prod(shape) * dtype.itemsize
    text = json.dumps({TENSOR: {"dtype": kind, "shape": shape, "data_offsets": [0, size]}}).encode()
    text += b" " * (-len(text) % 8)  # so that the numbers are aligned
    return struct.pack("<Q", len(text)) + text


_HEADERS: dict[str, Callable[[tuple[int, ...], np.dtype[Any]], bytes]] = {
    "npy": _npy_header,
    "safetensors": _safetensors_header,
    "fbin": lambda shape, dtype: struct.pack("<II", *shape),
    "fvecs": lambda shape, dtype: b"",
}
