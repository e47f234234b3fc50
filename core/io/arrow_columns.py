"""The columns of Parquet, Arrow and Lance as a person names them: members of structs, and numbered columns as vectors.

Accepted: a member of a struct, nested ones too, as `a.b`. Where no column holds lists, columns of numbers that are
numbered alike from 0 or 1 on, `dim_0` ... `dim_767`, are the vector, in the order of their numbers; several such names,
`a0`, `a1`, `b0`, `b1`, make one vector each.
Refused: numbered columns with gaps, or of which two bear one number, once they are asked for; more of them than can be
decoded side by side within the budget.
Lost: nothing; columns of different types make vectors of the type that holds them all.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..memory import check_held
from .arrow_types import is_number, is_text, is_vector, null_mask
from .arrow_vectors import PROBE_ROWS
from .buffers import arrow_values, numpy_values
from .number_counts import NumberCount, trimmed
from .odd_columns import problems_of
from .parquet_and_arrow import ColumnarBatches, MessageBatches, ParquetBatches, damage
from .source import Reading, Source
from .text_blocks import TextTable
from .wide import describe_columns, picked_columns, wide_vectors


class NamedBatches:
    """Batches under the names that a person types."""

    def __init__(self, base: ColumnarBatches, source: Source, reading: Reading) -> None:
        """Find the members of structs and the numbered columns."""
        self.stored = base
        self.counts = base.counts
        self._source = source
        found = list(_columns(base.schema))  # a name may come twice, which is refused once it is asked for
        self._paths = {".".join(path): path for path, _ in found}
        types = [(".".join(path), kind) for path, kind in found]
        numeric = [name for name, kind in types if is_number(kind)]
        self.vectors: dict[str, list[str]] = {}
        names = [name for name, _ in types]
        if reading.columns:
            self.vectors = {"": picked_columns(names, reading.columns, reading.apart, source.name)}
        elif not any(is_vector(kind) for _, kind in types):
            every = base.all_numbers
            mostly = [name for name, kind in types if every and is_text(kind) and self._is_mostly_numbers(name)]
            self.vectors = wide_vectors(names, numeric, reading.apart, mostly=mostly, numbered=not every)
        of = dict(types)
        made = [(name, list_of([of[each] for each in columns])) for name, columns in self.vectors.items()]
        self.schema = pa.schema([*types, *made])
        self.provenance = describe_columns(source.name, self.vectors, names)
        with damage(source.name):
            self.problems = problems_of(self.vectors, names, numeric, self._cells, picked=bool(reading.columns))

    def read(self, group: int, column: str, rows: int) -> Iterator[pa.Array]:
        """Yield one column from the start of a group to the end of the file, some `rows` at a time."""
        if column in self.vectors:
            return self._read_lists(group, column, rows)
        return (_member(batch, self._paths[column]) for batch in self._together(group, [column], rows))

    def may_hold_nulls(self, column: str) -> bool:
        """Say whether a null anywhere in the column cannot be ruled out."""
        names = self.vectors.get(column, [column])
        if self.stored.reads_members:
            return any(self.stored.may_hold_nulls(name) for name in names)
        return any(null_mask(array) is not None for array in self.read(0, column, 0))

    def _together(self, group: int, names: list[str], rows: int) -> Iterator[pa.RecordBatch]:
        asked = names if self.stored.reads_members else list(dict.fromkeys(self._paths[name][0] for name in names))
        return self.stored.read_together(group, asked, rows)

    def _cells(self, name: str) -> Iterator[Any]:
        return (cell for piece in self.read(0, name, PROBE_ROWS) for cell in piece.to_pylist())

    def _is_mostly_numbers(self, name: str) -> bool:
        """Say whether text is numbers, or is but for some cells; of digits alone it is codes."""
        count = NumberCount()
        for piece in self.read(0, name, PROBE_ROWS):
            count.look(trimmed(piece.cast(pa.string())).drop_null())
        return count.is_mostly and not count.integers

    def _read_lists(self, group: int, column: str, rows: int) -> Iterator[pa.Array]:
        columns, kind = self.vectors[column], self.schema.field(column).type
        check_held(
            self.stored.held(columns),
            self._source.most,
            f"one page of each of {len(columns)} columns",
            self._source.name,
        )
        for batch in self._together(group, columns, rows):
            yield lists_of([_member(batch, self._paths[name]).cast(kind.value_type) for name in columns], kind)


class HeldBatches(ColumnarBatches):
    """Record batches of a table in memory."""

    all_numbers = True

    def __init__(self, table: pa.Table) -> None:
        """Cut the table where its columns are cut."""
        self._batches = table.to_batches()
        self.schema = table.schema
        self.counts = [batch.num_rows for batch in self._batches]

    def read_together(self, group: int, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
        """Yield columns, a record batch at a time."""
        return (batch.select(columns) for batch in self._batches[group:])


def open_arrow(source: Source, reading: Reading) -> TextTable:
    """Open a Parquet or Arrow file."""
    with damage(source.name):
        batches: ColumnarBatches = ParquetBatches(source) if source.format == "parquet" else MessageBatches(source)
    return table_of(batches, source, reading)


def table_of(batches: ColumnarBatches, source: Source, reading: Reading) -> TextTable:
    """Return batches as a table."""
    return TextTable.of(NamedBatches(batches, source, reading), source, reading)


def list_of(kinds: Sequence[Any]) -> Any:
    """Return the type of the lists that `lists_of` makes of columns of these types."""
    dtypes = [kind.to_pandas_dtype() for kind in kinds if is_number(kind)]
    dtype = np.result_type(*dtypes) if dtypes else np.dtype(np.float64)
    return pa.list_(pa.from_numpy_dtype(dtype), len(kinds))


def lists_of(columns: Sequence[pa.Array], kind: Any) -> pa.Array:
    """Return columns of numbers as one column of lists; a null stays one, within its list."""
    values = np.empty((len(columns[0]), len(columns)), kind.value_type.to_pandas_dtype())
    missing = np.zeros(values.shape, bool) if any(column.null_count for column in columns) else None
    for place, column in enumerate(columns):
        values[:, place] = numpy_values(column.fill_null(0) if column.null_count else column)
        if missing is not None:
            missing[:, place] = numpy_values(column.is_null())
    flat = arrow_values(values.ravel()) if missing is None else pa.array(values.ravel(), mask=missing.ravel())
    return pa.FixedSizeListArray.from_arrays(flat, type=kind)


def _columns(schema: pa.Schema) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the way to each column and each member of a struct, and its type."""
    for field in schema:
        for path, kind in _members((field.name,), field.type):
            if len(path) == 1 or ".".join(path) not in schema.names:
                yield path, kind


def _members(path: tuple[str, ...], kind: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    kind = kind.storage_type if _is_wrapped(kind) else kind
    if not pa.types.is_struct(kind):
        yield path, kind
        return
    for field in kind:
        yield from _members((*path, field.name), field.type)


def _member(batch: pa.RecordBatch, path: tuple[str, ...]) -> pa.Array:
    array = batch.column(path[0])
    for name in path[1:]:
        array = pc.struct_field(array, name)  # a null struct has null members
    return array.storage if _is_wrapped(array.type) else array


def _is_wrapped(kind: Any) -> bool:
    """Say whether a type is one of an application, such as the arrays of `datasets`, around one of Arrow."""
    return isinstance(kind, pa.BaseExtensionType) and not isinstance(kind, pa.FixedShapeTensorType)
