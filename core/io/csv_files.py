"""Reader of CSV and tab-separated values.

Accepted: cells between commas, tabs or semicolons, whichever line 1 tells; quoted cells as RFC 4180 has them, with line
ends in them; a header, or none: see `header`. A first line of a word and numbers is no header, and its words are ids. A
column whose first filled cell is a JSON list holds vectors; without such a column those of numbers make the vectors, as
`wide` says. A number has no leading zeros and no underscores, so that an id 007 stays what it is; an empty cell is a
null, and a quoted empty cell an empty text.
Refused: lines of different lengths, decimal commas, a header that looks like data, repeats a name or has no rows below
it, columns without a name, a vector's column with a cell that is no number, or of integers of which one is beyond 64
bits, a quote that is not closed, text that is not UTF-8.
Lost: white space around numbers, bools, lists and names; text that looks like a number becomes one where the whole
column does; integers of other columns beyond 64 bits become float64.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from ..errors import DataError
from .arrow_columns import lists_of
from .arrow_types import is_list
from .buffers import arrow_present
from .csv_cells import Cells, integers, to_lists
from .csv_rows import CsvRows, long_fields
from .json_cells import BEYOND
from .number_counts import trimmed
from .numbers import WORDS, is_number
from .odd_columns import Problem, odd_cell, problems_of
from .source import Source
from .table import ID_NAMES, LABEL_NAMES, SCORE_NAMES, WEIGHT_NAMES
from .text_blocks import Block
from .wide import describe_columns, picked_columns, wide_vectors

NAMES = (*ID_NAMES, *LABEL_NAMES, *SCORE_NAMES, *WEIGHT_NAMES)  # of columns, which are no words


class CsvBatches(CsvRows):
    """A CSV in blocks; `vectors` names the columns that make each vector."""

    def __init__(
        self, source: Source, header: str, apart: Sequence[str], block_bytes: int, columns: Sequence[str] = ()
    ) -> None:
        """Parse the whole file once, to learn what its columns hold."""
        super().__init__(source, block_bytes)
        self._first_line = 1
        with long_fields():
            first, after, line = self._first_row()
            names = [cell.strip() for cell in first]
            plain = all(is_number(name) for name in names)
            counted = len(names) > 1 and names == [str(number) for number in range(len(names))]
            self._has_words = header == "auto" and _is_word_with_numbers(names)
            self.has_header = header == "yes" or (header == "auto" and (counted or not plain) and not self._has_words)
            if self.has_header:
                self._check_header(names, typed=header == "yes")
            self._names = names if self.has_header else [str(number) for number in range(len(names))]
            if self._has_words:
                self._names[0] = ID_NAMES[0]
            self._cells = {name: Cells() for name in self._names}
            self._odd_blocks: set[int] = set()
            for block, piece in self._cut(*((after, line) if self.has_header else (self._start, self._first_line))):
                self._scan(block, piece)
        if header == "auto" and self.has_header and (doubt := self._doubt(counted)):
            raise DataError(f"line 1 {doubt}", source.name, "say which: «header» yes or «header» no")
        if not self.counts:
            raise DataError("the table has a header and no rows", source.name)
        self._form(apart, columns, named=self.has_header or self._has_words or header == "no")

    def may_hold_nulls(self, column: str) -> bool:
        """Say whether the column holds a null."""
        members = self.vectors.get(column, [column])
        return any(self._cells[name].nulls for name in members)

    @property
    def problems(self) -> dict[str, Problem]:
        """Column -> the first row whose cell does not go with those before it, and what to say."""
        lists = {name: cells.lists for name, cells in self._cells.items() if name in self.schema.names}
        found = {name: seen.problem for name, seen in lists.items() if seen is not None and seen.problem is not None}
        for vector, names in self.vectors.items():
            beyond = [row for row in (self._cells[name].beyond for name in names) if row is not None]
            if beyond:
                found[vector] = (min(beyond), BEYOND)
        return found | self._odd

    def _check_header(self, header: list[str], *, typed: bool) -> None:
        """Refuse columns without a name, and a first line that looks like data where nobody said what it is."""
        where = self._source.name
        data = [cell for cell in header if is_number(cell) and not cell.isdigit()]
        if not typed and (data or header[0].startswith("[")):
            what = f"line 1 looks like data, not like a header: {(data or header)[0][:40]}"
            raise DataError(what, where, "put a header line before it, such as id,0,1,2, or say «header» yes or no")
        twice = [name for name in header if header.count(name) > 1]
        if twice:
            raise DataError(f"{header.count(twice[0])} columns are named {twice[0]!r}", where, "rename them")
        if "" in header:
            what = f"column {header.index('') + 1} has no name"
            raise DataError(what, where, "name it, or leave it out: DataFrame.to_csv(path, index=False)")

    def _doubt(self, counted: bool) -> str:
        """Return why the first line may be a row of the data, or "": numbers among its words count no columns."""
        if counted:
            whole = all(each.whole and not each.blank for each in self._cells.values())
            return "counts 0, 1, 2, ...: it may be the header that pandas writes, or a row of the data" if whole else ""
        places = [place for place, name in enumerate(self._names) if is_number(name)]
        numbers = [int(self._names[place]) for place in places]
        is_known = any(name.lower() in NAMES for name in self._names)
        in_order = all(after == before + 1 for row in (places, numbers) for before, after in pairwise(row))
        have_points = any(not self._cells[self._names[place]].whole for place in places)
        are_years = all(1000 <= number < 3000 for number in numbers)
        if is_known or are_years or (in_order and numbers[0] < 2 and len(numbers) > 1 and have_points):
            return ""
        return f"may name the columns, or be a row of the data: {', '.join(self._names)[:40]}"

    def _scan(self, block: Block, piece: bytes) -> None:
        if b'"' in piece:
            # pyarrow lets through what the csv module refuses: text behind a closing quote, a quote left open
            rows = sum(1 for _ in self._rows(block, piece))
        table = self._parsed(piece, None)
        if table is None or (b'"' in piece and table.num_rows != rows):
            self._odd_blocks.add(block.start)
            table = self._python(block, piece)
        if table.num_rows:
            for name, column in zip(self._names, table.columns, strict=True):
                self._cells[name].look(column.combine_chunks(), block.row, self._source.name)
            self._keep(block, table.num_rows)

    def _form(self, apart: Sequence[str], columns: Sequence[str], *, named: bool) -> None:
        """Put the columns of numbers together as vectors, where no column holds lists."""
        numeric = [name for name, cells in self._cells.items() if cells.lists is None and cells.number]
        types = [(name, cells.type) for name, cells in self._cells.items()]
        self.vectors: dict[str, list[str]] = {}
        self._odd: dict[str, Problem] = {}
        if columns:
            self.vectors = {"": picked_columns(self._names, columns, apart, self._source.name)}
        elif any(cells.lists is not None for cells in self._cells.values()):
            self.schema = pa.schema(types)
            return
        elif named:
            mostly = [name for name, cells in self._cells.items() if cells.is_mostly_numbers]
            self.vectors = wide_vectors(self._names, numeric, apart, mostly=mostly)
        if columns or named:
            self._odd = problems_of(self.vectors, self._names, numeric, self._texts, picked=bool(columns))
            if self._has_words and (count := self._cells[self._names[0]].count).is_mostly and count.points:
                self._odd[""] = odd_cell(self._texts(self._names[0]), "column 1", "the other rows")
            self.provenance = describe_columns(self._source.name, self.vectors, self._names)
        else:
            self.vectors, types = {"": self._names}, []
            odd = next((place for place, name in enumerate(self._names) if name not in numeric), None)
            if odd is not None:
                self._odd[""] = odd_cell(self._texts(self._names[odd]), f"column {odd + 1}", "the first row")
        said = "; line 1 has no names: its first column is ids" if self._has_words else ""
        said += "; semicolons separate its cells" if self._delimiter == ";" else ""
        self.provenance = {name: text + said for name, text in self.provenance.items()}
        whole = {name: all(self._cells[each].whole for each in names) for name, names in self.vectors.items()}
        made = [
            (name, pa.list_(pa.int64() if whole[name] else pa.float64(), len(names)))
            for name, names in self.vectors.items()
        ]
        self.schema = pa.schema([*types, *made])

    def _texts(self, name: str) -> Iterator[str | None]:
        return (cell for block in self._blocks for cell in self._text(block, name).to_pylist())

    def _column(self, block: Block, column: str) -> pa.Array:
        kind = self.schema.field(column).type
        if column in self.vectors:
            return self._matrix(block, self.vectors[column], kind)
        cells = self._text(block, column)
        if pa.types.is_string(kind):
            return cells
        if is_list(kind):
            return to_lists(cells, kind)
        if pa.types.is_boolean(kind):
            words = [WORDS.get(cell.strip()) if cell else None for cell in cells.to_pylist()]
            there = np.asarray([word is not None for word in words], dtype=bool)
            return arrow_present(np.asarray([bool(word) for word in words], np.uint8), there).cast(kind)
        return self._numbers(cells, kind)

    def _matrix(self, block: Block, names: Sequence[str], kind: Any) -> pa.Array:
        """Return columns of numbers as one column of lists."""
        table = self._strings(block, names)
        columns = [self._numbers(table[name].combine_chunks(), kind.value_type) for name in names]
        return lists_of(columns, kind)

    def _numbers(self, cells: pa.Array, kind: Any) -> pa.Array:
        filled = trimmed(cells)
        if not pa.types.is_integer(kind):
            return filled.cast(kind)
        found = integers(filled)
        if found is None:
            raise self._source.changed()
        return found


def _is_word_with_numbers(cells: Sequence[str]) -> bool:
    """Say whether a row is a word and its vector: text, then numbers that no header counts its columns by."""
    word, *numbers = cells
    is_word = bool(word) and not is_number(word) and not word.startswith("[") and word.lower() not in NAMES
    return is_word and bool(numbers) and all(map(is_number, numbers)) and not all(map(str.isdigit, numbers))
