"""The columns of Parquet, Arrow and JSON Lines as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from ..errors import DataError
from ..memory import check_held
from .arrow_types import first_lengths, is_list, is_number, is_value, is_vector, leaf, lengths_of, list_sizes, null_mask
from .arrow_vectors import PROBE_ROWS, VALUE_ROWS, ColumnVectors, TokenVectors
from .buffers import numpy_values
from .parquet_and_arrow import Batches, damage
from .ragged import RaggedVectors
from .table import check_column, join_name, pick_ids, pick_vectors
from .vectors import Array, check_ids, name_rows

STRING = 128  # bytes of a short string as Arrow and as Python hold it


@dataclass(frozen=True)
class ArrowTable:
    """The columns of a Parquet or Arrow file."""

    name: str
    columns: tuple[str, ...]
    batches: Batches
    nulls: bool
    most: int
    format: str = ""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(self.batches.counts)

    @property
    def vector_columns(self) -> tuple[str, ...]:
        """Columns of lists of numbers."""
        return tuple(name for name, kind in self._types() if is_vector(kind))

    @property
    def value_columns(self) -> tuple[str, ...]:
        """Columns of strings, numbers and bools."""
        return tuple(name for name, kind in self._types() if is_value(kind))

    def vectors(self, column: str, ids: Array | None = None) -> ColumnVectors:
        """Return one column of lists as vectors."""
        kind, where = self._type(column), join_name(self.name, column)
        if not is_vector(kind):
            there = [join_name(self.name, name) for name in self.vector_columns]
            hint = f"vectors are in {', '.join(there[:6])}" if there else "cast it to a list of float32"
            raise DataError(f"expected lists of numbers, got {kind}", where, hint)
        ids = check_ids(ids, self.rows, where)
        with damage(where):
            widths = self._widths(column, kind)
            shape = tuple(kind.shape) if isinstance(kind, pa.FixedShapeTensorType) else widths
            dtype = np.dtype(leaf(kind).to_pandas_dtype())
            if self.nulls and dtype.kind != "f" and self.batches.may_hold_nulls(column):
                dtype = np.dtype(np.float64)
        return ColumnVectors(where, column, self.batches, (self.rows, *shape), widths, dtype, ids, self.nulls)

    def ragged(self, column: str | None) -> RaggedVectors | None:
        """Return a column of lists of tokens as items; None where the items are no lists, or all of one length."""
        column = pick_vectors(self, column)
        kind, where = self._type(column), join_name(self.name, column)
        sizes = list_sizes(kind) if is_list(kind) and is_vector(kind) else ()
        if len(sizes) != 2 or sizes[0] != -1:
            return None
        with damage(where):
            pieces = self.batches.read(0, column, PROBE_ROWS)
            lengths = [lengths_of(piece) for piece in pieces]
            offsets = np.cumsum([0, *np.concatenate(lengths or [np.empty(0, int)])])
            if len(set(np.diff(offsets).tolist())) < 2:
                return None
            width = self._token_width(column, sizes[1])
        dtype = np.dtype(leaf(kind).to_pandas_dtype())
        return RaggedVectors(TokenVectors(where, column, self.batches, offsets, width, dtype), offsets)

    def _token_width(self, column: str, known: int) -> int:
        """Return the length of a token: the type says it, or the first token."""
        if known != -1:
            return known
        for array in self.batches.read(0, column, PROBE_ROWS):
            widths = pa.compute.list_value_length(array.flatten()).drop_null()
            if len(widths):
                return int(widths[0].as_py())
        return 0

    def values(self, column: str) -> Array:
        """Return one column of values; nulls are refused."""
        kind, where = self._type(column), join_name(self.name, column)
        if not is_value(kind):
            raise DataError(f"expected strings, numbers or bools, got {kind}", where, "cast it")
        check_held(self.rows * (16 if is_number(kind) else STRING), self.most, "this column", where)
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        with damage(where):
            pieces = [array.cast(plain) for array in self.batches.read(0, column, VALUE_ROWS)]
            array = pa.chunked_array(pieces, plain)
            if array.null_count:
                rows = np.flatnonzero(numpy_values(array.is_null()))
                raise DataError(f"null in {name_rows(rows, None)}", where, "fill them in, or leave these rows out")
            return numpy_values(array)

    def ids(self) -> Array | None:
        """Return the column that is named like an id."""
        column = pick_ids(self)
        return None if column is None else self.values(column)

    def _types(self) -> Iterator[tuple[str, Any]]:
        return zip(self.columns, self.batches.schema.types, strict=True)

    def _type(self, column: str) -> Any:
        check_column(self, column)
        return dict(self._types())[column]

    def _widths(self, column: str, kind: Any) -> tuple[int, ...]:
        """Return the list length at each depth: the type says it, or the first row without a null."""
        known = list_sizes(kind)
        if -1 not in known:
            return known
        for array in self.batches.read(0, column, PROBE_ROWS):
            missing = null_mask(array)
            whole = np.arange(len(array)) if missing is None else np.flatnonzero(~missing)
            if len(whole):
                return first_lengths(array.slice(int(whole[0]), 1), len(known))
        return tuple(max(size, 0) for size in known)
