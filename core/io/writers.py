"""Writers of tables, a batch at a time.

Accepted: 1-D columns of numbers, bools, text, or small tuples of whole numbers (an N-D index); 2-D columns of a vector
per row, in CSV as the columns NAME_0, NAME_1, ...; outside CSV columns of more dims, as lists in lists.
Refused: text that is not Unicode (a lone surrogate) in Parquet and Arrow.
In CSV an empty text is quoted, so that it is told from NaN, and text is raw unless formulas are to be escaped.
Lost: CSV writes NaN as an empty field, JSON writes NaN and the infinities as null; Parquet and Arrow keep them.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, BinaryIO, Protocol

from ..errors import DataError
from ..results import Column, arrow_array, arrow_type, json_rows, to_python

Target = str | BinaryIO


# what a CSV field needs quotes for: to any reader, or to one that trims blanks
_QUOTED = re.compile(r'[",\r\n]|^\s|\s$')
_EMPTY = '""'
DOCUMENT = "simtool"  # the key of a result's document in the metadata of Parquet
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RowWriter(Protocol):
    """A table being written; the first batch fixes the names and the types."""

    def write(self, columns: Mapping[str, Column]) -> None:
        """Append rows, a 1-D array per column; a batch of no rows still fixes the header."""

    def describe(self, document: str) -> None:
        """Keep the document of the result that the rows are of, where the format has a place for it."""

    def close(self) -> None:
        """Write what the format wants at its end; the file stays open."""


@contextmanager
def open_rows(target: Target, format: str, *, escape_formulas: bool = False) -> Iterator[RowWriter]:
    """Open a table for writing.

    Args:
        target: a path, or a binary file, seekable or not, which stays open.
        format: "parquet", "arrow" (the IPC file format), "arrow-stream" (the IPC stream), "csv" or "jsonl".
        escape_formulas: in CSV, put ' before text that a spreadsheet would run as a formula.
    """
    with opened(target) as file:
        writer = _CsvWriter(file, escape_formulas) if format == "csv" else _ROW_WRITERS[format](file)
        try:
            yield writer
        finally:
            writer.close()


class _CsvWriter:
    def __init__(self, file: BinaryIO, escape_formulas: bool) -> None:
        self._file = file
        self._escape = escape_formulas
        self._names: tuple[str, ...] = ()

    def write(self, columns: Mapping[str, Column]) -> None:
        lines, columns = [], _flat(columns)
        if not self._names:
            self._names = tuple(columns)
            lines.append(",".join(map(self._field, self._names)))
        fields = [map(self._field, to_python(columns[name])) for name in self._names]
        lines.extend(map(",".join, zip(*fields, strict=True)))
        # a line of its own that is empty would be no row to most readers
        self._file.write("".join(f"{line or _EMPTY}\n" for line in lines).encode("utf-8", "backslashreplace"))

    def describe(self, document: str) -> None:
        pass

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

    def describe(self, document: str) -> None:
        pass

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
            self._schema = pa.schema([(name, arrow_type(column)) for name, column in columns.items()])
            self._writer = self._open_writer(self._file, self._schema)
        arrays = [arrow_array(columns[field.name], field) for field in self._schema]
        self._writer.write_table(pa.table(arrays, schema=self._schema))

    def describe(self, document: str) -> None:
        if hasattr(self._writer, "add_key_value_metadata"):  # of Parquet alone
            self._writer.add_key_value_metadata({DOCUMENT: document})

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _parquet_writer(file: BinaryIO) -> _ArrowWriter:
    from pyarrow.parquet import ParquetWriter
    from pyarrow.types import is_fixed_size_list

    def open_writer(file: BinaryIO, schema: Any) -> Any:
        # a dictionary of the numbers of vectors takes memory, and makes the file half as large again
        repeated = [field.name for field in schema if not is_fixed_size_list(field.type)]
        return ParquetWriter(file, schema, write_page_checksum=True, use_dictionary=repeated)

    return _ArrowWriter(file, open_writer)


def _ipc_writer(file: BinaryIO) -> _ArrowWriter:
    from pyarrow.ipc import new_file

    return _ArrowWriter(file, new_file)


def _stream_writer(file: BinaryIO) -> _ArrowWriter:
    from pyarrow.ipc import new_stream

    return _ArrowWriter(file, new_stream)


_ROW_WRITERS: dict[str, Callable[[BinaryIO], RowWriter]] = {
    "parquet": _parquet_writer,
    "arrow": _ipc_writer,
    "arrow-stream": _stream_writer,
    "jsonl": _JsonLinesWriter,
}


def _flat(columns: Mapping[str, Column]) -> Mapping[str, Column]:
    """Return columns with a column NAME_0, NAME_1, ... for each number of a vector."""
    if all(column.ndim == 1 for column in columns.values()):
        return columns
    found: dict[str, Column] = {}
    for name, column in columns.items():
        parts = {name: column} if column.ndim == 1 else {f"{name}_{i}": part for i, part in enumerate(column.T)}
        if twice := next((each for each in parts if each in found), None):
            raise DataError(f"two columns would be called {twice!r}", name, "leave one out, or rename it")
        found |= parts
    return found


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


def opened(target: Target) -> AbstractContextManager[BinaryIO]:
    """Open a path for writing; a file stays as it is, and open."""
    return open(target, "wb") if isinstance(target, str) else nullcontext(target)
