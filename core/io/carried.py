"""Columns that a listing carries beside ids and scores: read once, then taken by row.

Accepted: text, numbers, bools, dates and times. What does not fit into memory lies in a scratch file that is mapped.
Refused: other types.
Lost: a number that is missing is NaN, so that integers of which some are missing become float64; dates and times become
text as ISO 8601 writes it, and bools become text where some are missing.
"""

import math
import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pyarrow as pa

from ..errors import DataError
from .buffers import arrow_scalar, arrow_values, numpy_values
from .pieces import piece_types, read_pieces
from .row_conditions import noun
from .scratch import open_scratch
from .table import Table, join_name
from .vectors import Array


@dataclass(frozen=True)
class Carried:
    """Some columns of a table.

    Args:
        index: the rows that may be asked for, ascending; None for all.
        most: bytes that may be held.
    """

    table: Table
    names: tuple[str, ...]
    index: Array | None
    most: int

    def __post_init__(self) -> None:
        """Refuse columns that cannot be carried."""
        types = piece_types(self.table)
        for name in self.names:
            if types[name] is None:
                what = "a listing carries text, numbers, bools, dates and times, and this column holds something else"
                raise DataError(what, join_name(self.table.name, name))

    def take(self, rows: Array) -> dict[str, Array]:
        """Return the values of some rows, by the number that they have among those that may be asked for."""
        batches, starts = self._held
        places = np.searchsorted(starts, rows, side="right") - 1
        order = np.argsort(places, kind="stable")
        pieces = []
        for place in np.unique(places).tolist():
            mine = order[np.searchsorted(places[order], place) : np.searchsorted(places[order], place, side="right")]
            pieces.append(batches[place].take(arrow_values(rows[mine] - starts[place])))
        table = pa.Table.from_batches(pieces, self._schema)
        back = np.empty(len(rows), np.int64)
        back[order] = np.arange(len(rows))
        return {name: _values(table[name], kind)[back] for name, kind in self._kinds.items()}

    @cached_property
    def _schema(self) -> Any:
        types = piece_types(self.table)
        return pa.schema([(name, _settled(types[name])) for name in self.names])

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """What each column becomes, the same for all of its rows."""
        batches, _ = self._held
        gaps = {name: any(batch.column(name).null_count for batch in batches) for name in self.names}
        return {field.name: f"{noun(field.type)}{' with gaps' if gaps[field.name] else ''}" for field in self._schema}

    @cached_property
    def _held(self) -> tuple[list[pa.RecordBatch], Array]:
        """The rows in batches, and the number of the first of each."""
        with _Scratch(self._schema) as scratch:
            batches = self._read(scratch)
        return batches, np.cumsum([0, *map(len, batches)])[:-1]

    def _read(self, scratch: "_Scratch") -> list[pa.RecordBatch]:
        """Return the rows in batches, mapped where more of them come than may be held."""
        batches: list[pa.RecordBatch] = []
        held, first = 0, 0
        for piece in read_pieces(self.table, self.names):
            kept = piece.cast(self._schema)
            if self.index is not None:
                low, high = np.searchsorted(self.index, (first, first + len(piece)))
                kept = kept.take(arrow_values(self.index[low:high] - first))
            first += len(piece)
            held += kept.nbytes
            batches += [batch for batch in kept.to_batches() if len(batch)]
            if held > self.most:
                scratch.write(batches, self.table.name)
                batches = []
        if held > self.most:
            scratch.write(batches, self.table.name)
            batches = scratch.mapped()
        return batches


class _Scratch:
    """Batches in an unlinked file, which takes no memory of ours."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._file: Any = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:  # a mapping stays
            self._file.close()

    def write(self, batches: Sequence[pa.RecordBatch], name: str) -> None:
        if self._file is None:
            self._file = open_scratch(f"the columns of {name} are")
            self._writer = pa.ipc.new_file(self._file, self._schema)
        for batch in batches:
            self._writer.write_batch(batch)

    def mapped(self) -> list[pa.RecordBatch]:
        self._writer.close()
        self._file.flush()
        content = mmap.mmap(self._file.fileno(), 0, prot=mmap.PROT_READ)
        reader = pa.ipc.open_file(pa.py_buffer(content))
        return [reader.get_batch(number) for number in range(reader.num_record_batches)]


def _settled(kind: Any) -> Any:
    """Return the type in which a column is held: long text needs long offsets, and times need no unit of their own."""
    return pa.large_string() if noun(kind) in ("text", "dates", "times") else kind


def _values(column: pa.ChunkedArray, kind: str) -> Array:
    array = column.combine_chunks()
    if kind == "bools with gaps":
        array = array.cast(pa.large_string())
    elif kind == "numbers with gaps":
        array = array.cast(pa.float64()).fill_null(arrow_scalar(math.nan, pa.float64()))
    return numpy_values(array)
