"""Reader of JSON lines, and of one JSON array of objects or lists.

Accepted: an object per line, whose lists of numbers are vector columns, nested for rank 3 and up; a bare list per line;
one array of objects, or of lists, which are the rows. Integers become int64, and float64 where a column holds another
number; NaN and the infinities are numbers; a missing key is a null. Strings stay as they are, dates too.
Refused: a column whose cells are of several kinds once it is asked for, lists of integers beyond 64 bits, which float64
would merge, text that is not UTF-8, a document of one array that does not fit into memory.
Lost: of a key that comes twice in an object, the first value.

pyarrow parses each block under the types that were seen so far; a block that it refuses is parsed by Python, which
names the line or widens the types.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.json

from ..errors import DataError
from ..memory import check_held
from .arrow_types import null_mask
from .json_cells import Seen, settled, shown_cell, to_array
from .source import Source
from .text_blocks import Block, TextBatches

BY_LINES = "write one object per line, which is read by parts: jq -c '.[]' FILE"
DOCUMENT = re.compile(rb"\s*\[\s*(\{|\n|\[\s*\n)")
PIECE = 1 << 20


class LookedAt:
    """What the cells of the columns of JSON have been."""

    seen: dict[str, Seen]

    @property
    def problems(self) -> dict[str, tuple[int, str]]:
        """Column -> the first row whose cell does not go with those before it, and what to say."""
        return {name: column.problem for name, column in self.seen.items() if column.problem is not None}

    def may_hold_nulls(self, column: str) -> bool:
        """Say whether the column holds a null."""
        return self.seen[column].nulls


class JsonBatches(LookedAt, TextBatches):
    """JSON lines in blocks."""

    def __init__(self, source: Source, block_bytes: int) -> None:
        """Parse the whole file once, to learn its types."""
        super().__init__(source, block_bytes)
        self.seen = {}
        self._bare: bool | None = None
        for block, piece in self._cut(self._start, 1):
            self._scan(block, piece)
        self.schema = pa.schema([(name, settled(seen.type)) for name, seen in self.seen.items()])

    def _scan(self, block: Block, piece: bytes) -> None:
        lines = [text for text in piece.split(b"\n") if text.strip()]
        if self._bare is None and lines:
            self._bare = lines[0].lstrip().startswith(b"[")
        known = {name: seen.type for name, seen in self.seen.items() if seen.problem is None}
        table = parse_lines(self._wrapped(lines), known, "infer")
        if table is not None and set(table.column_names) <= set(self.seen):
            for name in known:
                self.seen[name].nulls |= any(null_mask(chunk) is not None for chunk in table[name].chunks)
            rows = len(lines)
        else:
            parsed = list(self._python(block, piece))
            look_at(self.seen, parsed, block.row, sum(self.counts))
            rows = len(parsed)
        self._keep(block, rows)

    def read_columns(self, group: int, columns: Sequence[str]) -> Iterator[list[pa.Array]]:
        """Yield some columns side by side, a block at a time."""
        for block in self._blocks[group:]:
            yield self._columns(block, columns)

    def _column(self, block: Block, column: str) -> pa.Array:
        return self._columns(block, [column])[0]

    def _columns(self, block: Block, columns: Sequence[str]) -> list[pa.Array]:
        piece = self._bytes(block.start, block.stop - block.start)
        kinds = {column: self.schema.field(column).type for column in columns}
        lines = [text for text in piece.split(b"\n") if text.strip()]
        table = parse_lines(self._wrapped(lines), kinds, "ignore")
        if table is not None:
            return [table[column].combine_chunks() for column in columns]
        parsed = list(self._python(block, piece))
        return [to_array([row.get(column) for row in parsed], kind) for column, kind in kinds.items()]

    def _wrapped(self, lines: list[bytes]) -> list[bytes]:
        """Return objects, of which a bare list is the column named ""."""
        return [b'{"":%b}' % line for line in lines] if self._bare else lines

    def _python(self, block: Block, piece: bytes) -> Iterator[dict[str, Any]]:
        """Parse the lines of a block, or name the one that is refused."""
        for number, line in self._lines(block, piece.split(b"\n")):
            row = parse_json(line, number, self._source.name)
            if not isinstance(row, list if self._bare else dict):
                what = f"line {number}: expected an object or a list on every line"
                raise DataError(what, self._source.name, "one row per line")
            yield {"": row} if isinstance(row, list) else row


class DocumentBatches(LookedAt):
    """One JSON array of objects or lists, parsed whole; its members are one group."""

    provenance: dict[str, str]

    def __init__(self, source: Source, parsed_bytes: int) -> None:
        """Parse the document, which takes about `parsed_bytes` of memory."""
        check_held(parsed_bytes, source.most, "one JSON array, parsed whole,", source.name, BY_LINES)
        with source.open() as file:
            content = file.read()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(f"byte {error.start} is not UTF-8 text", source.name, "save it as UTF-8") from None
        self._rows = _rows_of(parse_json(text, 1, source.name), source.name)
        self.seen = {}
        look_at(self.seen, self._rows, 0, 0)
        self.counts = [len(self._rows)]
        self.provenance = {}
        self.schema = pa.schema([(name, settled(seen.type)) for name, seen in self.seen.items()])

    def read(self, group: int, column: str, rows: int) -> Iterator[pa.Array]:
        """Yield one column."""
        yield to_array([row.get(column) for row in self._rows], self.schema.field(column).type)


def is_document(source: Source, head: bytes) -> bool:
    """Say whether JSON that begins with a bracket is one array, and not one list per line."""
    line, end, _ = head.strip().partition(b"\n")
    if DOCUMENT.match(head) or (end and line.rstrip()[-1:] == b","):
        return True
    return not end and is_one_line(source, head)


def is_one_line(source: Source, head: bytes) -> bool:
    """Say whether a text that begins with `head` has no second line."""
    with source.open() as file:
        file.seek(len(head))
        piece, ended = head.lstrip(), False
        while piece:
            end, after = piece.partition(b"\n")[1:]
            if (ended and piece.strip()) or (end and after.strip()):
                return False
            ended, piece = ended or bool(end), file.read(PIECE)
    return True


def open_json(source: Source, block_bytes: int, parsed_bytes: int) -> JsonBatches | DocumentBatches:
    """Parse JSON lines or one document."""
    return DocumentBatches(source, parsed_bytes) if source.format == "json" else JsonBatches(source, block_bytes)


def parse_lines(lines: Sequence[bytes], types: dict[str, Any], unexpected: str) -> pa.Table | None:
    """Parse an object per line with pyarrow, or return None where it refuses, or may read them in another way."""
    if not lines or (not types and unexpected == "infer"):
        return None
    content = b"\n".join(lines)
    try:
        table = pa.json.read_json(
            pa.BufferReader(content),
            pa.json.ReadOptions(use_threads=False, block_size=len(content) + 1),
            pa.json.ParseOptions(pa.schema(list(types.items())), unexpected_field_behavior=unexpected),
        )
    except pa.ArrowException:
        return None
    # pyarrow takes several objects on one line, and one on several
    return table if table.num_rows == len(lines) else None


def parse_json(text: str, number: int, where: str) -> Any:
    """Parse JSON, or name the line that is not."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line, reason = number + error.lineno - 1, f"{error.msg} at column {error.colno}"
    except (ValueError, RecursionError) as error:
        line, reason = number, str(error).split(";", maxsplit=1)[0]
    raise DataError(f"line {line} is not JSON: {reason}", where, "JSON lines hold one object or list per line")


def look_at(seen: dict[str, Seen], rows: Sequence[dict[str, Any]], first: int, before: int) -> None:
    """Take rows in, of which `first` is the number of the first; a column that is new was null `before`."""
    for name in dict.fromkeys(key for row in rows for key in row):
        column = seen.setdefault(name, Seen(pa.null(), nulls=before > 0))
        for number, row in enumerate(rows, start=first):
            column.look(row.get(name), number)
    for name, column in seen.items():
        column.nulls |= any(name not in row for row in rows)


def _rows_of(document: Any, where: str) -> list[dict[str, Any]]:
    """Return the rows of one JSON array: its objects, its lists, or itself where it holds numbers."""
    kinds = {kind for kind in (dict, list) if any(isinstance(part, kind) for part in document)}
    if not kinds:
        return [{"": document}] if document else []
    kind = kinds.pop()
    odd = next((row for row, part in enumerate(document) if not isinstance(part, kind)), None)
    if odd is not None:
        rows = "objects" if kind is dict else "lists"
        what = f"expected an array of {rows}, got {shown_cell(document[odd])} in row {odd}"
        raise DataError(what.replace("{{", "{").replace("}}", "}"), where, "one row per member")
    return list(document) if kind is dict else [{"": part} for part in document]
