"""Reader of npy: numpy's array files.

Accepted: format versions 1 to 3, C and Fortran order, either byte order, rank 1 and up. An npy is mapped, not read.
Refused: pickled objects (dtype object), structured dtypes, strings with numbers that are no Unicode characters, a
header that promises more or fewer bytes than are there.
Lost: nothing.
"""

import ast
import math
import re
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from ..errors import DataError
from .array_table import array_values, array_vectors, mapped
from .source import Reading, Source
from .table import check_column
from .vectors import Array, Vectors

MAGIC = b"\x93NUMPY"
# numpy refuses longer headers too: parsing them may exhaust memory
MAX_HEADER = 10_000
# what numpy.save writes for every dtype that is not structured
DESCRIPTION = re.compile(r"[<>=|][biufcmMOSUV]\d*(\[\w+\])?")
RESAVE = "save it again with numpy.save"


@dataclass(frozen=True)
class Header:
    """What the first bytes of an npy promise."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    length: int

    @property
    def content(self) -> int:
        """Bytes that the elements take."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True)
class NpyTable:
    """A table of one column without a name."""

    name: str
    array: Array
    format: str = "npy"

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.array)

    @property
    def columns(self) -> tuple[str, ...]:
        """The column without a name."""
        return ("",)

    @property
    def vector_columns(self) -> tuple[str, ...]:
        """The column without a name, whatever it holds, so that `vectors` says why it is refused."""
        return ("",)

    @property
    def value_columns(self) -> tuple[str, ...]:
        """The column without a name, whatever its shape: the label guard refuses what is not 1-D."""
        return ("",)

    def vectors(self, column: str, ids: Array | None = None) -> Vectors:
        """Return the array as vectors."""
        check_column(self, column)
        return array_vectors(self.name, self.array, ids)

    def values(self, column: str) -> Array:
        """Return the array in whatever shape it has."""
        check_column(self, column)
        return array_values(self.name, self.array)

    def ids(self) -> Array | None:
        """An npy has none."""
        return None


def open_npy(source: Source, _: Reading) -> NpyTable:
    """Map an npy file."""
    return NpyTable(source.name, map_array(source, 0, source.size, source.name))


def map_array(source: Source, start: int, size: int, where: str) -> Array:
    """Map the npy that lies at byte `start`, after checking that it takes `size` bytes as it promises."""
    with source.open() as file:
        file.seek(start)
        header = read_header(file, size, where)
    count = math.prod(header.shape) if header.content else 0
    return shaped(mapped(source, header.dtype, start + header.length, count), header, where)


def read_header(file: IO[bytes], size: int, where: str) -> Header:
    """Read the header of an npy of `size` bytes, trusting nothing."""
    start = file.read(8)
    width = 2 if start[6:7] == b"\x01" else 4
    length = file.read(width)
    if start[:6] != MAGIC or start[6:8] not in (b"\x01\0", b"\x02\0", b"\x03\0") or len(length) < width:
        raise DataError("expected an npy header of version 1.0, 2.0 or 3.0", where, RESAVE)
    promised = int.from_bytes(length, "little")
    if promised > MAX_HEADER:
        raise DataError(f"the npy header promises {promised} bytes, expected at most {MAX_HEADER}", where, RESAVE)
    text = file.read(promised)
    if len(text) < promised:
        raise DataError(f"truncated npy header: expected {promised} bytes, got {len(text)}", where, RESAVE)
    header = parse_header(text, 8 + width + promised, where)
    if header.length + header.content != size:
        kind = "truncated" if header.length + header.content > size else "overlong"
        promise = f"shape {header.shape} of {header.dtype.name} takes {header.content} bytes"
        raise DataError(f"{kind} npy: {promise}, got {size - header.length}", where, RESAVE)
    return header


def parse_header(text: bytes, length: int, where: str) -> Header:
    """Parse the dictionary of an npy header."""
    try:
        fields = ast.literal_eval(text.decode("utf-8").strip())
        shape, fortran, description = fields["shape"], fields["fortran_order"], fields["descr"]
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        raise DataError("the npy header cannot be understood", where, RESAVE) from None
    if isinstance(description, list):
        raise DataError("expected floats or integers, got a structured dtype", where, "save one field of it")
    if not isinstance(description, str) or not DESCRIPTION.fullmatch(description):
        raise DataError(f"the npy header has an unknown dtype: {str(description)[:40]!r}", where, RESAVE)
    if not isinstance(shape, tuple) or not all(type(size) is int and 0 <= size < 1 << 63 for size in shape):
        raise DataError(f"the npy header has an impossible shape: {str(shape)[:40]}", where, RESAVE)
    if not isinstance(fortran, bool):
        raise DataError("the npy header does not say the memory order", where, RESAVE)
    return Header(shape, _dtype(description, where), fortran, length)


def _dtype(description: str, where: str) -> np.dtype[Any]:
    """Return the dtype of an npy header; an object dtype would need pickle."""
    try:
        dtype = np.dtype(description)
    except (TypeError, ValueError):
        raise DataError(f"the npy header has an unknown dtype: {description[:40]!r}", where, RESAVE) from None
    if dtype.hasobject:
        hint = "save numbers: numpy.save(path, array.astype('float32')), numpy.stack(array) for an array of arrays"
        hint += "; ids with ids.astype(str)"
        raise DataError("expected floats or integers, got pickled Python objects (dtype object)", where, hint)
    return dtype


def shaped(flat: Array, header: Header, where: str) -> Array:
    """Give the elements their shape."""
    if not header.shape:
        raise DataError("expected rows, got a single number (rank 0)", where, "save an array of rank 1 or more")
    try:
        return flat.reshape(header.shape, order="F" if header.fortran else "C")
    except (ValueError, MemoryError):
        raise DataError(f"the npy header has an impossible shape: {str(header.shape)[:40]}", where, RESAVE) from None
