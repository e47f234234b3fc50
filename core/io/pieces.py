"""The columns of any table as Arrow arrays, read piece by piece: what conditions look at, and what listings carry.

Accepted: columns of text, numbers, bools, dates and times, with nulls; a column of an npy or npz is one piece.
Refused: other types, a name that comes twice.
Lost: a dictionary becomes its values.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from .arrow_types import is_value
from .arrow_vectors import BATCH_BYTES, PROBE_ROWS, VALUE_ROWS
from .parquet_and_arrow import damage
from .row_conditions import plain
from .table import Table, check_column

_END = pa.nulls(0)


def piece_types(table: Table) -> dict[str, Any]:
    """Return the Arrow type of each column whose values can be read by piece, and None of each other."""
    if not hasattr(table, "batches"):
        return {name: _array_type(table, name) if name in table.value_columns else None for name in table.columns}
    types = dict(zip(table.columns, table.batches.schema.types, strict=True))
    return {name: plain(kind) if _is_readable(kind) else None for name, kind in types.items()}


def read_pieces(table: Table, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the rows of some columns, in order and some at a time.

    Args:
        columns: those of `piece_types` that have a type.

    Raises:
        DataError: the file is damaged.
    """
    for column in columns:
        check_column(table, column)
    types = piece_types(table)
    readers = [_read(table, column, types[column]) for column in columns]
    held = [next(reader, _END) for reader in readers]
    while all(map(len, held)):
        # most files cut their columns at the same rows
        count = min(map(len, held))
        yield pa.table([piece.slice(0, count) for piece in held], names=list(columns))
        rest = [piece.slice(count) for piece in held]
        held = [piece if len(piece) else next(reader, _END) for piece, reader in zip(rest, readers, strict=True)]


def _read(table: Any, column: str, kind: Any) -> Iterator[pa.Array]:
    if not hasattr(table, "batches"):
        yield pa.array(table.values(column), kind)
        return
    if hasattr(table, "check"):
        table.check(column)
    with damage(table.name):
        first = next((piece.cast(kind) for piece in table.batches.read(0, column, PROBE_ROWS) if len(piece)), _END)
        # a long text takes much once it is decoded, however little it takes in the file
        rows = min(VALUE_ROWS, max(PROBE_ROWS, BATCH_BYTES * len(first) // max(1, first.nbytes)))
        yield from (piece.cast(kind) for piece in table.batches.read(0, column, rows) if len(piece))


def _array_type(table: Table, column: str) -> Any:
    values = table.values(column)
    if values.dtype == object:
        return pa.string()
    return pa.from_numpy_dtype(values.dtype)


def _is_readable(kind: Any) -> bool:
    kind = plain(kind)
    return is_value(kind) or pa.types.is_date(kind) or pa.types.is_timestamp(kind)
