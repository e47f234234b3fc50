"""Reader of tables with blanks between their cells, as numpy.savetxt writes them.

Accepted: what a CSV may hold, with one or more blanks between the cells and around them; comments, lines that
begin with #, before the first row. The last of them names the columns where it has as many words as the rows cells.
Refused: what a CSV may not hold.
Lost: what a CSV loses, and comments.
"""

import csv
import re
from collections.abc import Iterator, Sequence

import pyarrow as pa

from ..errors import DataError
from .csv_files import CsvBatches
from .text_blocks import Block

BLANKS = re.compile(rb" +")
AT_EDGES = re.compile(rb"^ | (?=\r?$)", re.MULTILINE)


class SpaceBatches(CsvBatches):
    """A table with blanks between its cells, in blocks."""

    def _first_row(self) -> tuple[list[str], int, int]:
        self._delimiter = " "
        names: list[str] = []
        while True:
            raw = self._line()
            line = tidied(raw).decode(errors="replace").strip()
            if line and not line.startswith("#"):
                break
            if not raw:
                raise DataError("the input is empty: it holds no rows", self._source.name)
            names = line.lstrip("# ").split() or names
            self._start += len(raw)
            self._first_line += 1
        cells = next(csv.reader([line], delimiter=" "))
        if len(names) == len(cells):
            return names, self._start, self._first_line
        return cells, self._start + len(raw), self._first_line + 1

    def _line(self) -> bytes:
        """Return the line that begins where the rows may begin, with its end."""
        size = self._block_bytes
        while b"\n" not in (piece := self._bytes(self._start, size)) and len(piece) == size:
            size *= 2
            self._check_row(size, self._first_line)
        line, end, _ = piece.partition(b"\n")
        return line + end

    def _parsed(self, piece: bytes, names: Sequence[str] | None) -> pa.Table | None:
        return super()._parsed(tidied(piece), names)

    def _rows(self, block: Block, piece: bytes) -> Iterator[list[str]]:
        return super()._rows(block, tidied(piece))


def tidied(piece: bytes) -> bytes:
    """Return lines with one blank between their cells, and none around them.

    Example:
        >>> tidied(b"  1.0   2.0 \\n3.0 4.0")
        b'1.0 2.0\\n3.0 4.0'
    """
    return AT_EDGES.sub(b"", BLANKS.sub(b" ", piece))
