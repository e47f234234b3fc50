"""The rows of a CSV, and their cells as text.

pyarrow parses the cells, all of them as text: its own guesses at types are never asked for. The csv module finds the
ends of rows where there are quotes, and reads a refused block again to name the line.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.csv

from ..errors import DataError
from .buffers import arrow_texts
from .separators import SEPARATORS, decimal_comma, separator_of
from .text_blocks import Block, TextBatches

DECIMAL_POINTS = "write decimal points; pandas.read_csv(FILE, sep=..., decimal=',') reads such a file"
LONGEST_FIELD = 1 << 30


class CsvRows(TextBatches):
    """The blocks of a CSV as tables of text."""

    _names: list[str]
    _delimiter: str
    _odd_blocks: set[int]  # by where they start: those that pyarrow reads otherwise than the csv module

    def _first_row(self) -> tuple[list[str], int, int]:
        """Return the first row that is not empty, the byte after it, and the line after it."""
        size = self._block_bytes
        while True:
            piece = self._bytes(self._start, size)
            line = piece.lstrip(b"\r\n").split(b"\n", maxsplit=1)[0].decode(errors="replace")
            self._delimiter = separator_of(line)
            if self._delimiter == "," and (cell := decimal_comma(line)):
                what = f"line 1 has the number {cell} among cells that tabs or semicolons separate"
                raise DataError(what, self._source.name, DECIMAL_POINTS)
            whole = self._start + len(piece) >= self._source.size
            end = len(piece) if whole else piece.rfind(b"\n") + 1
            lines = Lines(piece[:end])
            try:
                row = next((row for row in csv.reader(lines, delimiter=self._delimiter, strict=True) if row), [])
            except (csv.Error, UnicodeDecodeError) as error:
                if whole or not lines.ended:
                    raise self._refusal(error, lines, self._start, 1) from None
                row = []
            if row:
                return row, self._start + lines.used, 1 + piece.count(b"\n", 0, lines.used)
            if whole:
                raise DataError("the input is empty: it holds only white space", self._source.name)
            size *= 2
            self._check_row(size, 1)

    def _whole_rows(self, piece: bytes, start: int, line: int) -> int:
        end = piece.rfind(b"\n") + 1
        if b'"' not in piece[:end]:
            return end
        lines, used = Lines(piece[:end]), 0
        try:
            for _ in csv.reader(lines, delimiter=self._delimiter, strict=True):
                used = lines.used
        except (csv.Error, UnicodeDecodeError) as error:
            if not lines.ended:
                raise self._refusal(error, lines, start, line) from None
        return used

    def _text(self, block: Block, name: str) -> pa.Array:
        return self._strings(block, [name])[name].combine_chunks()

    def _strings(self, block: Block, names: Sequence[str]) -> pa.Table:
        """Return columns of a block as text."""
        piece = self._bytes(block.start, block.stop - block.start)
        table = None if block.start in self._odd_blocks else self._parsed(piece, names)
        return self._python(block, piece).select(list(names)) if table is None else table

    def _parsed(self, piece: bytes, names: Sequence[str] | None) -> pa.Table | None:
        """Parse a block with pyarrow, all cells as text; None where it refuses."""
        kept = self._names if names is None else names
        try:
            return pa.csv.read_csv(
                pa.BufferReader(piece),
                pa.csv.ReadOptions(use_threads=False, column_names=self._names, block_size=len(piece) + 1),
                pa.csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
                pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(kept, pa.string()),
                    include_columns=list(kept),
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                    null_values=[""],
                ),
            )
        except pa.ArrowException:
            return None

    def _python(self, block: Block, piece: bytes) -> pa.Table:
        """Parse a block with the csv module, or name the line that is refused."""
        with long_fields():
            rows = [[cell or None for cell in row] for row in self._rows(block, piece)]
        columns = zip(*rows, strict=True) if rows else [() for _ in self._names]
        return pa.table([arrow_texts(column) for column in columns], names=self._names)

    def _rows(self, block: Block, piece: bytes) -> Iterator[list[str]]:
        lines, reader = Lines(piece), None
        try:
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            for row in reader:
                if row and len(row) != len(self._names):
                    what = f"line {block.line + reader.line_num - 1} has {len(row)} cells, expected {len(self._names)}"
                    hint = f"{SEPARATORS[self._delimiter]} separate cells; one that holds them stands in quotes"
                    raise DataError(what, self._source.name, hint)
                if row:
                    yield row
        except (csv.Error, UnicodeDecodeError) as error:
            raise self._refusal(error, lines, block.start, block.line) from None

    def _refusal(self, error: Exception, lines: "Lines", start: int, line: int) -> DataError:
        if isinstance(error, UnicodeDecodeError):
            return self._not_utf8(start + lines.used + error.start)
        return DataError(f"line {line + lines.count - 1} is not CSV: {error}", self._source.name)


class Lines:
    """The lines of some bytes as text; knows how many bytes and lines were taken, and whether none are left."""

    def __init__(self, piece: bytes) -> None:
        """Stand before the first line."""
        self._lines = iter(piece.splitlines(keepends=True))
        self.used = 0
        self.count = 0
        self.ended = False

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines, None)
        if line is None:
            self.ended = True
            raise StopIteration
        text = line.decode()
        self.used += len(line)
        self.count += 1
        return text


@contextmanager
def long_fields() -> Iterator[None]:
    """Let cells be longer than the limit of the csv module, which is global: one may hold a JSON list."""
    limit = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
