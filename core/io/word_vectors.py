"""Reader of words and their vectors as text: GloVe, fastText .vec, word2vec.

Accepted: a line per word: the word, and its numbers behind it, with blanks between them; first perhaps a line with the
numbers of words and of dims. A word may hold blanks, as in glove.840B, and quotes: the numbers are counted from the
end of the line. The words are the ids.
Refused: a line with fewer or more numbers than most, or with no word before them; more or fewer words than the first
line says; text that is not UTF-8.
Lost: digits beyond float32, the type in which all tools write such files.
"""

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from ..errors import DataError
from .buffers import arrow_values, numpy_values
from .numbers import is_integer, is_number
from .source import Source
from .text_blocks import Block, TextBatches
from .text_layout import WordLayout, first_lines, word_layout

ID, VECTOR = "id", "vector"
BLANKS_AT_END = re.compile(rb"[ \t\r]+\n")


class WordBatches(TextBatches):
    """Words and vectors in blocks of lines."""

    def __init__(self, source: Source, block_bytes: int) -> None:
        """Parse the whole file once."""
        super().__init__(source, block_bytes)
        layout = word_layout(first_lines(source), surely=True)
        if layout is None:
            what = "expected a word and its numbers on every line, with blanks between them"
            raise DataError(what, source.name, "GloVe, fastText .vec and word2vec text look like this")
        self._width = layout.width
        kind = pa.list_(pa.float32(), self._width)
        self.schema = pa.schema([(ID, pa.string()), (VECTOR, kind)])
        for block, piece in self._cut(*self._first(layout)):
            self._keep(block, self._table(block, piece, [*self._numbers, ID]).num_rows)
        found = sum(self.counts)
        if layout.rows not in (None, found):
            what = f"the first line promises {layout.rows:,} words, and there are {found:,}"
            raise DataError(what, source.name, "is the file truncated? Without its first line it is read as it is")

    @property
    def _numbers(self) -> list[str]:
        return [str(number) for number in range(self._width)]

    def _first(self, layout: WordLayout) -> tuple[int, int]:
        """Return the byte and the line that the words begin at."""
        if layout.rows is None:
            return self._start, 1
        head = self._bytes(self._start, 1 << 10)
        blank = len(head) - len(head.lstrip())
        return self._start + head.find(b"\n", blank) + 1, head.count(b"\n", 0, blank) + 2

    def _column(self, block: Block, column: str) -> pa.Array:
        piece = self._bytes(block.start, block.stop - block.start)
        table = self._table(block, piece, [ID] if column == ID else self._numbers)
        if column == ID:
            return table[ID].combine_chunks()
        values = np.empty((table.num_rows, self._width), np.float32)
        for place, name in enumerate(self._numbers):
            values[:, place] = numpy_values(table[name])
        return pa.FixedSizeListArray.from_arrays(arrow_values(values.ravel()), type=self.schema.field(VECTOR).type)

    def _table(self, block: Block, piece: bytes, names: list[str]) -> pa.Table:
        """Return columns of a block: the words and each dim."""
        table = self._parsed(piece, names)
        return self._python(block, piece).select(names) if table is None else table

    def _parsed(self, piece: bytes, names: list[str]) -> pa.Table | None:
        """Parse a block with pyarrow; None where it refuses, as it does where a word holds blanks."""
        piece = BLANKS_AT_END.sub(b"\n", piece + b"\n")
        if b"\r" in piece:  # which pyarrow takes for the end of a line
            return None
        types: dict[str, Any] = {name: pa.string() if name == ID else pa.float32() for name in names}
        try:
            return pa.csv.read_csv(
                pa.BufferReader(piece),
                pa.csv.ReadOptions(use_threads=False, column_names=[ID, *self._numbers], block_size=len(piece) + 1),
                pa.csv.ParseOptions(delimiter=" ", quote_char=False, double_quote=False),
                pa.csv.ConvertOptions(
                    column_types=types, include_columns=names, null_values=[], strings_can_be_null=False
                ),
            )
        except pa.ArrowException:
            return None

    def _python(self, block: Block, piece: bytes) -> pa.Table:
        """Parse a block line by line, or name the line that is refused."""
        words, rows, place = [], [], block.start
        for number, line in enumerate(piece.split(b"\n"), start=block.line):
            cells = line.strip(b" \t\r").rsplit(None, self._width)
            if cells:
                self._check(cells, number)
                try:
                    words.append(cells[0].decode())
                except UnicodeDecodeError as error:
                    raise self._not_utf8(place + line.find(cells[0]) + error.start) from None
                rows.append(self._floats(cells[1:], number))
            place += len(line) + 1
        columns = zip(*rows, strict=True) if rows else [()] * self._width
        arrays = [pa.array(words, pa.string()), *(pa.array(column, pa.float32()) for column in columns)]
        return pa.table(arrays, names=[ID, *self._numbers])

    def _check(self, cells: list[bytes], number: int) -> None:
        """Refuse a line without a word, and one with more numbers than others: a word may end with an integer only."""
        end = cells[0].split()[-1].decode(errors="replace")
        if len(cells) <= self._width:
            what = f"line {number} has {len(cells)} cells, expected a word and {self._width} numbers"
        elif end.encode() != cells[0] and is_number(end) and not is_integer(end):
            what = f"line {number} has more numbers than the {self._width} of most lines"
        else:
            return
        raise DataError(what, self._source.name, "is the file damaged?")

    def _floats(self, cells: list[bytes], number: int) -> list[float]:
        """Return numbers, rounded once, as pyarrow rounds those of other blocks."""
        try:
            found: list[float] = pa.array([cell.decode("ascii", "replace") for cell in cells]).cast("float").to_pylist()
        except pa.ArrowInvalid:
            odd = next((cell for cell in cells if not _is_float(cell)), cells[0])
            shown = odd[:40].decode(errors="replace")
            what = f"line {number} has {shown!r} among its last {self._width} cells, expected numbers"
            raise DataError(what, self._source.name) from None
        return found


def _is_float(cell: bytes) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
