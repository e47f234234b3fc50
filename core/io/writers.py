"""Writers of tables and matrices, a batch at a time.

Accepted: 1-D columns of numbers, bools, text, or small tuples of whole numbers (an N-D index); 2-D columns of a vector
per row, in Parquet and Arrow; C-ordered matrices.
Refused: text that is not Unicode (a lone surrogate) in Parquet and Arrow; a matrix that the disk has no room for.
In CSV an empty text is quoted, so that it is told from NaN, and text is raw unless formulas are to be escaped.
Lost: CSV writes NaN as an empty field, JSON writes NaN and the infinities as null; Parquet, Arrow and npy keep them.
"""

import json
import math
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import DTypeLike

from ..characters import UNSAFE
from ..errors import DataError, ResourceError
from ..results import Column

Target = str | BinaryIO


# what a CSV field needs quotes for: to any reader, or to one that trims blanks
_QUOTED = re.compile(r'[",\r\n]|^\s|\s$')
_EMPTY = '""'
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RowWriter(Protocol):
    """A table being written; the first batch fixes the names and the types."""

    def write(self, columns: Mapping[str, Column]) -> None:
        """Append rows, a 1-D array per column; a batch of no rows still fixes the header."""

    def close(self) -> None:
        """Write what the format wants at its end; the file stays open."""


@contextmanager
def open_rows(target: Target, format: str, *, escape_formulas: bool = False) -> Iterator[RowWriter]:
    """Open a table for writing.

    Args:
        target: a path, or a binary file, seekable or not, which stays open.
        format: "parquet", "arrow" (the IPC file format), "csv" or "jsonl".
        escape_formulas: in CSV, put ' before text that a spreadsheet would run as a formula.
    """
    with _opened(target) as file:
        writer = _CsvWriter(file, escape_formulas) if format == "csv" else _ROW_WRITERS[format](file)
        try:
            yield writer
        finally:
            writer.close()


@dataclass(frozen=True)
class MatrixWriter:
    """An npy array being written, any block of rows at a time.

    Args:
        file: a seekable binary file.
        first_byte: where the numbers begin in it.
        columns: length of the last dim.
        dtype: type of the numbers.
    """

    file: BinaryIO
    first_byte: int
    columns: int
    dtype: np.dtype[Any]

    def write(self, start: int, rows: Column) -> None:
        """Write (n, columns) `rows`, the first of them at row `start` of the array seen as (-1, columns)."""
        self.file.seek(self.first_byte + start * self.columns * self.dtype.itemsize)
        self.file.write(np.asarray(rows, dtype=self.dtype, order="C").data)


@contextmanager
def open_matrix(path: str, shape: tuple[int, ...], dtype: DTypeLike) -> Iterator[MatrixWriter]:
    """Open an npy file of a known shape for writing; rows that are never written stay zero.

    Raises:
        ResourceError: the disk has less room than the whole array takes.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    free = shutil.disk_usage(os.path.dirname(os.path.abspath(path))).free
    if size > free:
        raise ResourceError(
            f"the output takes {size:,} bytes and the disk has {free:,} free",
            path,
            "free some space or write elsewhere",
        )
    with open(path, "wb") as file:
        _write_npy_header(file, shape, np.dtype(dtype))
        first_byte = file.tell()
        file.truncate(first_byte + size)
        yield MatrixWriter(file, first_byte, shape[-1], np.dtype(dtype))


def write_array(target: Target, array: Column) -> None:
    """Write an array as npy, in C order, to a path or to a binary file, seekable or not."""
    with _opened(target) as file:
        _write_npy_header(file, array.shape, array.dtype)
        # not numpy.save: its failed write carries no errno, and a full disk would not be told from other errors
        file.write(np.ascontiguousarray(array).data)


def to_python(column: Column) -> list[Any]:
    """Return a column as Python values; a narrow float becomes the shortest decimal that reads back as itself."""
    if column.dtype.kind == "f" and column.dtype.itemsize < 8:
        return [float(str(value)) for value in column]
    if column.dtype.kind == "O":
        return [scalar_to_python(value) for value in column]
    values: list[Any] = column.tolist()
    return values


def scalar_to_python(value: Any) -> Any:
    """Return one value as `to_python` does, tuples and arrays as lists, records by their members."""
    if isinstance(value, np.generic):
        return to_python(np.array([value]))[0]
    if isinstance(value, np.ndarray):
        return to_python(value)
    if isinstance(value, Mapping):
        return {str(key): scalar_to_python(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [scalar_to_python(member) for member in value]
    return value


def json_text(value: Any) -> str:
    """Return `value` as one line of JSON: no NaN, no infinity, nothing that moves a cursor or hides."""
    text = json.dumps(_without_nonfinite(scalar_to_python(value)), ensure_ascii=False, allow_nan=False)
    return UNSAFE.sub(_json_escape, text)


def json_rows(columns: Mapping[str, Column]) -> Iterator[str]:
    """Yield each row as one line of JSON, without its line end."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    values = [_without_nonfinite(to_python(column)) for column in columns.values()]
    for row in zip(*values, strict=True):
        yield UNSAFE.sub(_json_escape, encode(dict(zip(columns, row, strict=True))))


class _CsvWriter:
    def __init__(self, file: BinaryIO, escape_formulas: bool) -> None:
        self._file = file
        self._escape = escape_formulas
        self._names: tuple[str, ...] = ()

    def write(self, columns: Mapping[str, Column]) -> None:
        lines = []
        if not self._names:
            self._names = tuple(columns)
            lines.append(",".join(map(self._field, self._names)))
        fields = [map(self._field, to_python(columns[name])) for name in self._names]
        lines.extend(map(",".join, zip(*fields, strict=True)))
        # a line of its own that is empty would be no row to most readers
        self._file.write("".join(f"{line or _EMPTY}\n" for line in lines).encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        pass

    def _field(self, value: Any) -> str:
        """Return one field; the csv module would leave a carriage return, a blank at an end and an empty text bare."""
        if not isinstance(value, str):
            return _csv_field(value)
        return _csv_text(f"'{value}" if self._escape and value.startswith(_FORMULA) else value)


class _JsonLinesWriter:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, columns: Mapping[str, Column]) -> None:
        self._file.write("".join(f"{line}\n" for line in json_rows(columns)).encode())

    def close(self) -> None:
        pass


class _ArrowWriter:
    def __init__(self, file: BinaryIO, open_writer: Callable[[BinaryIO, Any], Any]) -> None:
        self._file = file
        self._open_writer = open_writer
        self._schema: Any = None
        self._writer: Any = None

    def write(self, columns: Mapping[str, Column]) -> None:
        import pyarrow as pa

        if self._writer is None:
            self._schema = pa.schema([(name, _arrow_type(column)) for name, column in columns.items()])
            self._writer = self._open_writer(self._file, self._schema)
        arrays = [_arrow_array(columns[field.name], field) for field in self._schema]
        self._writer.write_table(pa.table(arrays, schema=self._schema))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _parquet_writer(file: BinaryIO) -> _ArrowWriter:
    from pyarrow.parquet import ParquetWriter

    return _ArrowWriter(file, partial(ParquetWriter, write_page_checksum=True))


def _ipc_writer(file: BinaryIO) -> _ArrowWriter:
    from pyarrow.ipc import new_file

    return _ArrowWriter(file, new_file)


_ROW_WRITERS: dict[str, Callable[[BinaryIO], RowWriter]] = {
    "parquet": _parquet_writer,
    "arrow": _ipc_writer,
    "jsonl": _JsonLinesWriter,
}


def _arrow_type(column: Column) -> Any:
    import pyarrow as pa

    if column.ndim == 2:
        return pa.list_(pa.from_numpy_dtype(column.dtype), column.shape[1])
    if column.dtype.kind not in "OU":
        return pa.from_numpy_dtype(column.dtype)
    if len(column) > 0 and isinstance(column[0], tuple | list | np.ndarray):
        return pa.list_(pa.int64())
    kinds = {type(value) for value in to_python(column) if value is not None}
    if kinds and kinds <= {int, float}:  # numbers with gaps
        return pa.float64() if float in kinds else pa.int64()
    return pa.string()


def _arrow_array(column: Column, field: Any) -> Any:
    import pyarrow as pa

    if column.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(pa.array(column.ravel()), type=field.type)
    try:
        return pa.array(column, type=field.type)
    except UnicodeEncodeError as error:
        raise DataError(
            f"{field.name} holds text that is not Unicode: {error.object!a}", hint="«format=jsonl» escapes it"
        ) from error


def _csv_field(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return _csv_text(",".join(map(str, value)) if isinstance(value, list) else str(value))


def _csv_text(text: str) -> str:
    if text and not _QUOTED.search(text):
        return text
    quoted = text.replace('"', '""')
    return f'"{quoted}"'


def _without_nonfinite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_without_nonfinite(member) for member in value]
    if isinstance(value, dict):
        return {key: _without_nonfinite(member) for key, member in value.items()}
    return value


def _json_escape(match: re.Match[str]) -> str:
    # such characters stand in strings alone, so that an escape is always valid
    return json.dumps(match[0])[1:-1]


def _write_npy_header(file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def _opened(target: Target) -> AbstractContextManager[BinaryIO]:
    return open(target, "wb") if isinstance(target, str) else nullcontext(target)
