"""Reader of Parquet, Arrow files and Arrow streams.

Accepted: columns of lists of floats (16, 32, 64 bits) or integers: list, large_list, list_view, large_list_view,
fixed_size_list, and fixed_shape_tensor; nested lists give rank 3 and up. Values and ids: strings, numbers and bools,
dictionary-encoded or not. A Parquet column is decoded by batches of a few MB; an Arrow file is mapped and read by
record batch; an Arrow stream is opened whole. Going back within a row group decodes it again from its start.
Refused: Parquet pages that belie their checksum, ragged rows where they are no items of tokens, other element types
(decimals, strings, bools, dates), tensors with permuted dims, damaged or encrypted files, a column name that comes
twice, nulls among values; nulls among vectors unless they are asked for.
Lost: nothing; with nulls asked for, integers that may hold some become float64, exact up to 2**53.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pyarrow as pa

from ..errors import DataError
from ..memory import check_held
from .arrow_types import null_mask
from .source import Source

FAR_PIECE = 1 << 20  # bytes of a column that Arrow takes at once of a file that is not mapped
PAGE = 2 << 20  # bytes of a decoded page and of what it was packed in, as writers cut them by default


class Batches(Protocol):
    """A file of row groups, whatever its format."""

    @property
    def schema(self) -> pa.Schema:
        """Column names and types."""

    @property
    def counts(self) -> list[int]:
        """Rows of each group."""

    def read(self, group: int, column: str, rows: int) -> Iterator[pa.Array]:
        """Yield one column from the start of a group to the end of the file, some `rows` at a time."""

    def may_hold_nulls(self, column: str) -> bool:
        """Say whether a null anywhere in the column cannot be ruled out."""


class ColumnarBatches:
    """Batches of which several columns can be read side by side, and members of structs by themselves or not."""

    schema: pa.Schema
    counts: list[int]
    reads_members = False
    all_numbers = False  # whether columns of numbers make a vector together, whatever their names
    null_rows = 0  # at a time, where nulls are looked for; what is there at once comes as it is cut

    def read(self, group: int, column: str, rows: int) -> Iterator[pa.Array]:
        """Yield one column from the start of a group to the end of the file, some `rows` at a time."""
        return (batch.column(0) for batch in self.read_together(group, [column], rows))

    def read_together(self, group: int, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Yield columns from the start of a group to the end of the file, in their order in the file."""
        raise NotImplementedError

    def may_hold_nulls(self, column: str) -> bool:
        """Look for nulls."""
        return any(null_mask(array) is not None for array in self.read(0, column, self.null_rows))

    def held(self, columns: list[str]) -> int:
        """Return how many bytes are held while columns are read together: none where they are mapped."""
        return 0


class ParquetBatches(ColumnarBatches):
    """Row groups of a Parquet file."""

    reads_members = True

    def __init__(self, source: Source) -> None:
        """Read the footer."""
        from pyarrow.parquet import ParquetFile

        place = source.name if source.is_local else _stream(source)
        # mapped, as otherwise a whole column of a row group is read before its first page is decoded
        buffered = 0 if source.far is None else FAR_PIECE
        self._file = ParquetFile(place, memory_map=True, buffer_size=buffered, page_checksum_verification=True)
        self._metadata = self._file.metadata
        self.schema = self._file.schema_arrow
        self.counts = [self._metadata.row_group(group).num_rows for group in range(self._metadata.num_row_groups)]

    def read_together(self, group: int, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Decode columns, or members of structs as `a.b`, page by page."""
        groups = range(group, len(self.counts))
        yield from self._file.iter_batches(batch_size=rows, row_groups=groups, columns=columns)

    def held(self, columns: list[str]) -> int:
        """Return how many bytes the pages take at most that columns stand on while they are read together."""
        # not by chunks: pyarrow ends the process where the metadata of one is damaged
        groups = map(self._metadata.row_group, range(len(self.counts)))
        return max((min(group.total_byte_size, len(columns) * PAGE) for group in groups), default=0)

    def may_hold_nulls(self, column: str) -> bool:
        """Ask the statistics of every row group; a group without them may hold some."""
        for group in map(self._metadata.row_group, range(len(self.counts))):
            for chunk in map(group.column, range(group.num_columns)):
                mine = f"{chunk.path_in_schema}.".startswith(f"{column}.")
                if mine and not (chunk.statistics and chunk.statistics.null_count == 0):
                    return True
        return False


class MessageBatches(ColumnarBatches):
    """Record batches of an Arrow file or stream."""

    def __init__(self, source: Source) -> None:
        """Count the rows of every batch."""
        self._source = source
        reader = self._open([])
        self.schema = reader.schema
        # decoding one column is enough to count, and compressed files decode every column they are asked for
        first = self._open([0]) if len(self.schema) else reader
        self.counts = [batch.num_rows for batch in self._batches(first, 0)]

    def read_together(self, group: int, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Yield columns, a record batch at a time, after checking that their offsets stay within their buffers."""
        for batch in self._batches(self._open([self.schema.get_field_index(name) for name in columns]), group):
            for array in batch.columns:
                array.validate(full=True)
            yield batch

    def _open(self, columns: list[int]) -> Any:
        place = pa.memory_map(self._source.name) if self._source.is_local else _stream(self._source)
        options = pa.ipc.IpcReadOptions(included_fields=columns)
        opener = pa.ipc.open_file if self._source.format == "arrow" else pa.ipc.open_stream
        return opener(place, options=options)

    def _batches(self, reader: Any, group: int) -> Iterator[pa.RecordBatch]:
        if self._source.format == "arrow":
            yield from map(reader.get_batch, range(group, reader.num_record_batches))
        else:
            yield from reader.read_all().to_batches()[group:]


def _stream(source: Source) -> Any:
    """Return what came through a pipe, or lies far away, as Arrow reads it."""
    if source.far is not None and source.format == "arrow-stream":
        check_held(source.size, source.most, "an Arrow stream, which is read whole,", source.name)
    return pa.PythonFile(source.open(), "r") if source.data is None else pa.BufferReader(source.data)


@contextmanager
def damage(where: str) -> Iterator[None]:
    """Turn what Arrow says about a damaged file into one line."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        lines = str(error).strip("'\" ").splitlines() or [type(error).__name__]
        raise DataError(f"this file is damaged or cannot be decoded: {lines[0]}", where, "write it again") from None
