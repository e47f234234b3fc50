"""A text file cut into blocks of whole rows, which are read and parsed one at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

import pyarrow as pa

from ..errors import DataError
from .arrow_table import ArrowTable
from .arrow_vectors import ColumnVectors
from .formats import FORMATS, READ
from .odd_columns import MEND
from .parquet_and_arrow import Batches
from .ragged import RaggedVectors
from .source import Reading, Source
from .table import check_column, join_name, pick_vectors
from .vectors import Array, name_rows

LONGEST_ROW = 16  # blocks
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Block:
    """Whole rows of a text file.

    Args:
        start: its first byte in the file.
        stop: the byte after its last.
        line: the number of its first line, from 1.
        row: the number of its first row, from 0.
    """

    start: int
    stop: int
    line: int
    row: int


class TextBatches:
    """Rows of a text file in blocks; a format says where rows end and what a block holds."""

    schema: pa.Schema
    provenance: dict[str, str]

    def __init__(self, source: Source, block_bytes: int) -> None:
        """Stand before the first byte."""
        self._source = source
        self._block_bytes = block_bytes
        self._blocks: list[Block] = []
        self.counts: list[int] = []
        self.provenance = {}
        with source.open() as file:
            self._start = 3 if file.read(3) == BYTE_ORDER_MARK else 0

    def read(self, group: int, column: str, rows: int) -> Iterator[pa.Array]:
        """Yield one column, a block at a time."""
        for block, count in zip(self._blocks[group:], self.counts[group:], strict=True):
            array = self._column(block, column)
            if len(array) != count:
                raise self._source.changed()
            yield array

    @property
    def problems(self) -> dict[str, tuple[int, str]]:
        """Column -> the first row whose cell does not go with those before it, and what to say."""
        return {}

    def may_hold_nulls(self, column: str) -> bool:
        """Say whether the column holds a null."""
        return False

    def _column(self, block: Block, column: str) -> pa.Array:
        """Return one column of a block, as the schema types it."""
        raise NotImplementedError

    def _whole_rows(self, piece: bytes, start: int, line: int) -> int:
        """Return how many of the bytes are whole rows; more bytes follow the piece. Here each line is one."""
        return piece.rfind(b"\n") + 1

    def _keep(self, block: Block, rows: int) -> None:
        """Take a block into the table, unless it holds no row."""
        if rows:
            self._blocks.append(block)
            self.counts.append(rows)

    def _lines(self, block: Block, lines: Sequence[bytes]) -> Iterator[tuple[int, str]]:
        """Yield the number and the text of each line of a block that is not blank."""
        place = block.start
        for number, line in enumerate(lines, start=block.line):
            if line.strip():
                try:
                    text = line.decode()
                except UnicodeDecodeError as error:
                    raise self._not_utf8(place + error.start) from None
                yield number, text
            place += len(line) + 1

    def _bytes(self, start: int, count: int) -> bytes:
        with self._source.open() as file:
            file.seek(start)
            return file.read(count)

    def _cut(self, start: int, line: int) -> Iterator[tuple[Block, bytes]]:
        """Yield the blocks of the file from a byte and a line on; the caller counts their rows."""
        size = self._block_bytes
        while start < self._source.size:
            piece = self._bytes(start, size)
            if not piece:
                break
            at_end = start + len(piece) >= self._source.size
            used = len(piece) if at_end else self._whole_rows(piece, start, line)
            if not used:
                size *= 2
                self._check_row(size, line)
                continue
            yield Block(start, start + used, line, sum(self.counts)), piece[:used]
            start, line, size = start + used, line + piece.count(b"\n", 0, used), self._block_bytes

    def _check_row(self, size: int, line: int) -> None:
        most = LONGEST_ROW * self._block_bytes
        if size > most:
            what = f"the row that begins in line {line} is longer than {most:,} bytes"
            raise DataError(what, self._source.name, "is a quote left open? Else convert the file to Parquet")

    def _not_utf8(self, place: int) -> DataError:
        return DataError(f"byte {place} is not UTF-8 text", self._source.name, READ)


class FormedBatches(Batches, Protocol):
    """Batches whose columns are put together from what the file holds."""

    @property
    def problems(self) -> dict[str, tuple[int, str]]:
        """Column -> the first row whose cell does not go with those before it, and what to say."""

    @property
    def provenance(self) -> dict[str, str]:
        """Vector column -> which columns it was put together from."""


@dataclass(frozen=True)
class TextTable(ArrowTable):
    """The columns of a text file, or of any that are put together.

    Args:
        problems: column -> the first row whose cell is of another kind than the cells before it, and what to say.
        provenance: vector column -> which columns it was put together from.
        mend: what to do about the columns of a vector that cannot be one.
    """

    problems: dict[str, tuple[int, str]] = field(default_factory=dict)
    provenance: dict[str, str] = field(default_factory=dict)
    mend: str = MEND

    @property
    def vector_columns(self) -> tuple[str, ...]:
        """Columns of lists of numbers; where vectors were put together, these."""
        return tuple(self.provenance) or super().vector_columns

    @classmethod
    def of(cls, batches: FormedBatches, source: Source, reading: Reading) -> Self:
        """Return batches as a table."""
        names, title = tuple(batches.schema.names), FORMATS[source.format].title
        about = (title, batches.problems, batches.provenance)
        return cls(source.name, names, batches, reading.nulls, source.most, *about)

    def vectors(self, column: str, ids: Array | None = None) -> ColumnVectors:
        """Return one column of lists, or several of numbers, as vectors."""
        self.check(column, ids)
        return replace(super().vectors(column, ids), provenance=self.provenance.get(column, ""))

    def values(self, column: str) -> Array:
        """Return one column of values; nulls are refused."""
        self.check(column)
        return super().values(column)

    def ragged(self, column: str | None) -> RaggedVectors | None:
        """Return a column of lists of tokens as items; None where they are no such lists, or all of one length."""
        self.check(pick_vectors(self, column))
        return super().ragged(column)

    def check(self, column: str, ids: Array | None = None) -> None:
        """Refuse a column whose cells are of several kinds."""
        check_column(self, column)
        if column in self.problems:
            row, what = self.problems[column]
            known = ids if ids is not None and len(ids) == self.rows else None
            hint = self.mend if column in getattr(self.batches, "vectors", ()) else ""
            raise DataError(what.format(who=name_rows([row], known)), join_name(self.name, column), hint)


def null_type(kind: Any) -> bool:
    """Say whether a type is unknown because nothing but nulls was seen."""
    return bool(pa.types.is_null(kind))
