"""Reader of small UTF-8 text: JSON lines, CSV, and one value per line.

Accepted: JSON lines, either an object per line (its lists of numbers are vector columns, nested for rank 3 and up) or
a bare list per line; one JSON array of objects; CSV or tab-separated values, whose cells may be JSON lists. A CSV has
a header when a cell of its first line is not a number. Without JSON lists its numeric columns together, those named
like ids, labels or scores apart, are the one vector column, named ""; where some are numbered alike, x0, x1, x2,
those are; where several vectors are, each from 0 on without a gap, a0, a1, b0, b1, they are the columns a and b.
Integers become int64, other numbers float64; NaN is a number. A missing key, JSON null and an empty cell
are nulls. `read_lines` takes a file of one column as it stands: a value per line, no header.
Refused: more than 512 MB, one JSON array of lists (one row or many?), ragged rows and lines, strings and bools among
the numbers of a vector, nulls among values, a column whose values mix kinds, a header that looks like data, repeats a
name or has no rows below it, columns without a name.
Lost: white space around cells; of a key that comes twice in a JSON object, the first value; integers beyond 64 bits
become float64.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError
from ..memory import check_held
from .source import KNOWN, Source
from .vectors import (
    ID_NAMES,
    LABEL_NAMES,
    Array,
    ArrayVectors,
    Vectors,
    check_column,
    check_ids,
    join_name,
    name_rows,
    null_rows,
    pick_ids,
    ragged_row,
)

MAX_BYTES = 512 << 20
PARSED = 9  # bytes that a byte of text takes while it is parsed
BY_PARTS = "convert it to Parquet, which is read by parts"
Cells = list[Any]
INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]*)")
WHOLE_FLOAT = re.compile(r"[+-]?([0-9]+[eE][+-]?[0-9]+|nan|inf|infinity)", re.IGNORECASE)
# Python refuses to parse longer integers, as that takes quadratic time
DIGITS = "0123456789"
MAX_DIGITS = 4300
WORDS = {"true": True, "True": True, "false": False, "False": False}


@dataclass(frozen=True)
class TextTable:
    """Columns of parsed cells: numbers, strings, bools, lists, or None."""

    name: str
    cells: dict[str, Cells]
    nulls: bool

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.cells.values()), []))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column, in order."""
        return tuple(self.cells)

    @property
    def vector_columns(self) -> tuple[str, ...]:
        """Columns whose first cell that is not null is a list."""
        return tuple(name for name in self.cells if isinstance(self._first(name), list))

    @property
    def value_columns(self) -> tuple[str, ...]:
        """Columns whose first cell that is not null is a number, a string or a bool."""
        return tuple(name for name in self.cells if isinstance(self._first(name), int | float | str))

    def vectors(self, column: str, ids: Array | None = None) -> Vectors:
        """Return one column of lists as vectors."""
        check_column(self, column)
        where = join_name(self.name, column)
        ids = check_ids(ids, self.rows, where)
        return ArrayVectors(where, stack(self.cells[column], ids, where, self.nulls), ids)

    def values(self, column: str) -> Array:
        """Return one column of values; nulls are refused."""
        check_column(self, column)
        return values_of(self.cells[column], join_name(self.name, column))

    def ids(self) -> Array | None:
        """Return the column that is named like an id."""
        column = pick_ids(self)
        return None if column is None else self.values(column)

    def _first(self, column: str) -> Any:
        return next((cell for cell in self.cells[column] if cell is not None), None)


def open_text(source: Source, nulls: bool) -> TextTable:
    """Parse a JSON or CSV file; with `nulls`, vectors that hold one are read as NaN."""
    text = _decode(source)
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return TextTable(source.name, _columns_of(list(_json_rows(text, source.name))), nulls)
    return TextTable(source.name, _csv_columns(_csv_lines(source, _delimiter(text)), source.name), nulls)


def read_lines(source: Source) -> Array | None:
    """Return a file of one column as values: numbers where every line is one, else strings. None for a table."""
    text = _decode(source)
    lines = text.rstrip().split("\n")
    if lines[0].lstrip()[:1] in ("{", "[") or _delimiter(text) in lines[0]:
        return None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise DataError(f"line {number} is empty: expected one value per line", source.name)
    return values_of(_parse_column(lines, source.name), source.name)


def stack(cells: Cells, ids: Array | None, where: str, nulls: bool) -> Array:
    """Return a column of lists as one array.

    Raises:
        DataError: a list is ragged, is null or holds a null while `nulls` is not set, or holds something else.
    """
    rows = [_row(cell, number, ids, where) for number, cell in enumerate(cells)]
    missing = [number for number, row in enumerate(rows) if row is None]
    if missing and not nulls:
        raise null_rows(missing, ids, len(missing), where)
    whole = [(number, row) for number, row in enumerate(rows) if row is not None]
    if not whole:
        return np.full((len(rows), 0), np.nan)
    shape = whole[0][1].shape
    for number, row in whole:
        _check_shape(row, shape, number, ids, where)
    if not missing:
        return np.stack([row for _, row in whole])
    result = np.full((len(rows), *shape), np.nan)
    result[[number for number, _ in whole]] = [row for _, row in whole]
    return result


def values_of(cells: Cells, where: str) -> Array:
    """Return a column of numbers, bools or strings as a 1-D array."""
    missing = [number for number, cell in enumerate(cells) if cell is None]
    if missing:
        raise DataError(f"null in {name_rows(missing, None)}", where, "fill them in, or leave these rows out")
    kinds = set(map(type, cells))
    if kinds <= {str}:
        return np.array(cells, dtype=object)
    if kinds == {bool}:
        return np.array(cells)
    if kinds <= {int, float}:
        return _numbers(cells)
    odd = next(number for number, cell in enumerate(cells) if type(cell) is not type(cells[0]))
    names = f"{type(cells[0]).__name__} in row 0 and {type(cells[odd]).__name__} in row {odd}"
    raise DataError(f"expected values of one kind, got {names}", where)


def _row(cell: Any, number: int, ids: Array | None, where: str) -> Array | None:
    """Return one vector, or None where it is null or holds a null."""
    if cell is None:
        return None
    leaves = np.array(cell, dtype=object)
    found = set(map(type, leaves.flat))
    kinds = found - {type(None)}
    if isinstance(cell, list) and kinds <= {int, float}:
        return _numbers(leaves) if kinds == found else None
    who = name_rows([number], ids)
    if list in kinds:
        raise DataError(f"{who} holds lists of different lengths", where, "every row needs the same shape")
    odd = next(leaf for leaf in leaves.flat if type(leaf) in kinds - {int, float}) if leaves.ndim else cell
    raise DataError(f"expected a list of numbers, got {json.dumps(odd)[:40]} in {who}", where)


def _check_shape(row: Array, shape: tuple[int, ...], number: int, ids: Array | None, where: str) -> None:
    """Refuse a row of another shape than the first."""
    if row.ndim != len(shape):
        what = f"{name_rows([number], ids)} has {row.ndim} dims, expected {len(shape)} as in the first row"
        raise DataError(what, where, "every row needs the same shape")
    for dim, lengths in enumerate(zip(row.shape, shape, strict=True), start=1):
        if lengths[0] != lengths[1]:
            raise ragged_row(number, ids, dim, lengths, where)


def _numbers(cells: Any) -> Array:
    """Return Python numbers as int64 where all are integers that fit, else as float64."""
    array = np.array(cells, dtype=object)
    for dtype in (np.int64, np.float64) if set(map(type, array.flat)) == {int} else (np.float64,):
        try:
            return array.astype(dtype)
        except OverflowError:
            continue
    # an integer beyond all floats is infinite, as 1e999 is
    return np.array([float(repr(number)) for number in array.flat]).reshape(array.shape)


def _decode(source: Source) -> str:
    """Return the text of a source, if it is UTF-8 and small enough to be parsed in memory."""
    if source.size > MAX_BYTES:
        what = f"text of {source.size >> 20} MB: expected at most {MAX_BYTES >> 20} MB"
        raise DataError(what, source.name, BY_PARTS)
    check_held(source.size * PARSED, source.most, "the parsed text", source.name, BY_PARTS)
    with source.open() as file:
        content = file.read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"byte {error.start} is not UTF-8 text: {KNOWN}", source.name) from None
    if not text.strip():
        raise DataError("the input is empty: it holds only white space", source.name)
    return text


def _json_rows(text: str, where: str) -> Iterator[Any]:
    """Yield the objects or lists of JSON lines, or of one array of objects."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if re.match(r"\s*\[\s*(\{|\n)", text) or (len(lines) == 1 and text.lstrip().startswith("[")):
        yield from _rows_of(_parse_json(text, 1, where), where)
        return
    first = None
    for number, line in lines:
        row = _parse_json(line, number, where)
        first = type(row) if first is None else first
        if type(row) is not first or first not in (dict, list):
            raise DataError(f"line {number}: expected an object or a list on every line", where, "one row per line")
        yield row


def _rows_of(document: Any, where: str) -> list[Any]:
    """Return the rows of one JSON array: its objects, or itself where it holds numbers."""
    if all(isinstance(part, dict) for part in document):
        return list(document)
    if any(isinstance(part, list | dict) for part in document):
        # [[1, 2], [3, 4]] is two rows to one reader, and a line with one row of rank 2 to another
        what = "one JSON array of lists may be one row or many"
        raise DataError(what, where, "write one list per line: jq -c '.[]' FILE")
    return [document]


def _parse_json(text: str, number: int, where: str) -> Any:
    """Parse JSON, or name the line that is not."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line, reason = number + error.lineno - 1, f"{error.msg} at column {error.colno}"
    except (ValueError, RecursionError) as error:
        line, reason = number, str(error).split(";", maxsplit=1)[0]
    raise DataError(f"line {line} is not JSON: {reason}", where, "JSON lines hold one object or list per line")


def _columns_of(rows: list[Any]) -> dict[str, Cells]:
    """Turn objects into columns; a missing key is null."""
    if rows and isinstance(rows[0], list):
        return {"": rows}
    names = dict.fromkeys(key for row in rows for key in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _delimiter(text: str) -> str:
    """Return a comma, or a tab where the first line has tabs and no comma."""
    line = text.lstrip("\r\n").split("\n", maxsplit=1)[0]
    return "\t" if "\t" in line and "," not in line else ","


def _csv_lines(source: Source, delimiter: str) -> list[list[str]]:
    """Return the cells of every line that is not empty; all lines have equally many."""
    # a cell that holds a JSON list may be longer than the module's limit, which is global
    limit = csv.field_size_limit(MAX_BYTES)
    lines: list[list[str]] = []
    try:
        with io.TextIOWrapper(source.open(), "utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            for line in reader:
                if lines and line and len(line) != len(lines[0]):
                    what = f"line {reader.line_num} has {len(line)} cells, expected {len(lines[0])}"
                    raise DataError(what, source.name)
                lines.extend([line] if line else [])
    except csv.Error as error:
        raise DataError(f"line {reader.line_num} is not CSV: {error}", source.name) from None
    finally:
        csv.field_size_limit(limit)
    return lines


def _csv_columns(lines: list[list[str]], where: str) -> dict[str, Cells]:
    """Return the columns that the header names, and the numeric ones together as the column named ""."""
    header = [cell.strip() for cell in lines[0]]
    if all(_number(cell) is not None for cell in header):
        return _matrix([_parse_column(column, where) for column in zip(*lines, strict=True)])
    _check_header(header, where)
    if len(lines) == 1:
        raise DataError("the table has a header and no rows", where)
    cells = {name: _parse_column(column, where) for name, *column in zip(header, *lines[1:], strict=True)}
    if any(isinstance(cell, list) for column in cells.values() for cell in column):
        return cells
    apart = (*ID_NAMES, *LABEL_NAMES, "score")
    numeric = [name for name, column in cells.items() if name.lower() not in apart and _is_numeric(column)]
    vectors = _numbered(list(cells), numeric) or ({"": _alike(numeric)} if numeric else {})
    for name, names in vectors.items():
        if len(names) > 1:
            _check_alike([each for each in names if _is_numeric(cells[each])], cells, where)
        cells |= _matrix([cells[each] for each in names], name)
    return cells


def _numbered(header: list[str], numeric: list[str]) -> dict[str, list[str]]:
    """Return the columns of each vector by its name, a0, a1, b0 and b1 as a and b; nothing where there are not two."""
    vectors = {}
    for stem, count in Counter(name.rstrip(DIGITS) for name in header if name[-1:].isdigit()).items():
        names, vector = [f"{stem}{number}" for number in range(count)], stem.rstrip("_")
        if count > 1 and set(names) <= set(header) and set(names) & set(numeric) and vector not in ("", *header):
            vectors[vector] = names
    return vectors if len(vectors) > 1 else {}


def _alike(names: list[str]) -> list[str]:
    """Return the names that are numbered alike, as x0, x1, x2 are; all of them where none are."""
    stems = Counter(name.rstrip(DIGITS) for name in names if name[-1:].isdigit())
    stem, count = stems.most_common(1)[0] if stems else ("", 0)
    return [name for name in names if name[-1:].isdigit() and name.rstrip(DIGITS) == stem] if count > 1 else names


def _check_alike(names: list[str], cells: dict[str, Cells], where: str) -> None:
    """Refuse a column that is numbered like those of the vector, and holds something else than numbers."""
    stems = {name.rstrip(DIGITS) for name in names if name[-1:].isdigit()}
    for name, column in cells.items():
        if name in names or not name[-1:].isdigit() or name.rstrip(DIGITS) not in stems:
            continue
        row = next(row for row, cell in enumerate(column) if cell is not None and _number(str(cell)) is None)
        what = f"row {row} has {str(column[row])[:40]!r} in column {name!r}, expected a number as in {names[0]!r}"
        raise DataError(what, where, "mend the cell, or give the column another name")


def _check_header(header: list[str], where: str) -> None:
    """Refuse a first line that is more likely data, and columns without a name."""
    data = [cell for cell in header if _number(cell) is not None and not cell.isdigit()]
    if data or header[0].startswith("["):
        what = f"line 1 looks like data, not like a header: {(data or header)[0][:40]}"
        raise DataError(what, where, "put a header line before it, such as id,0,1,2")
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise DataError(f"{header.count(twice[0])} columns are named {twice[0]!r}", where, "rename them")
    if "" in header:
        what = f"column {header.index('') + 1} has no name"
        raise DataError(what, where, "name it, or leave it out: DataFrame.to_csv(path, index=False)")


def _matrix(columns: list[Cells], name: str = "") -> dict[str, Cells]:
    """Return numeric columns as one vector column."""
    return {name: [list(row) for row in zip(*columns, strict=True)]}


def _is_numeric(cells: Cells) -> bool:
    """Say whether a column holds only numbers and nulls."""
    return set(map(type, cells)) <= {int, float, type(None)}


def _parse_column(cells: Sequence[str], where: str) -> Cells:
    """Parse the cells of one column alike: JSON lists, numbers, bools, or else strings; an empty cell is null."""
    stripped = [cell.strip() for cell in cells]
    filled = [cell for cell in stripped if cell]
    if filled and _list(filled[0]) is not None:
        parsed = [_list(cell) for cell in stripped]
        for row, cell in enumerate(stripped):
            if cell and parsed[row] is None:
                raise DataError(f"expected a JSON list as in the first row, got {cell[:40]!r} in row {row}", where)
        return parsed
    for parse in (_number, WORDS.get):
        if not filled or parse(filled[0]) is not None:
            values = [parse(cell) for cell in stripped]
            if all(value is not None for value, cell in zip(values, stripped, strict=True) if cell):
                return values
    return [cell or None for cell in stripped]


def _list(cell: str) -> list[Any] | None:
    """Return the JSON list that a cell holds, or None."""
    try:
        parsed = json.loads(cell) if cell.startswith("[") else None
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, list) else None


def _number(cell: str) -> int | float | None:
    """Return the number that a cell holds, or None; 007 and 1_000 are no numbers, as an id would lose characters."""
    try:
        number = float(cell)
    except ValueError:
        return None
    if "." in cell and cell.isascii() and "_" not in cell:
        return number
    if INTEGER.fullmatch(cell):
        return int(cell) if len(cell) <= MAX_DIGITS else number
    return number if WHOLE_FLOAT.fullmatch(cell) else None
