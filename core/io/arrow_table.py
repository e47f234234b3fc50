"""The columns of Parquet, Arrow and JSON Lines, read by ranges of rows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from ..errors import DataError
from ..memory import check_held
from .arrow_types import (
    first_lengths,
    is_list,
    is_number,
    is_value,
    is_vector,
    leaf,
    lengths_of,
    list_sizes,
    null_mask,
    storage,
)
from .buffers import arrow_values, numpy_values
from .parquet_and_arrow import Batches, damage
from .ragged import RaggedVectors, null_items
from .table import check_column, join_name, pick_ids, pick_vectors
from .vectors import Array, check_ids, name_rows, null_rows, ragged_row

BATCH_BYTES = 1 << 23
# rows per batch when the width of a row is not known yet, and when a row is one value
PROBE_ROWS = 256
VALUE_ROWS = 1 << 16
STRING = 128  # bytes of a short string as Arrow and as Python hold it


class Cursor:
    """A forward reader of one column: it keeps the batch it stands on, and starts a row group again only to go back."""

    def __init__(self, batches: Batches, column: str, rows: int) -> None:
        """Stand before the first row; `rows` is the size of a batch."""
        self._batches = batches
        self._column = column
        self._rows = rows
        self._starts = np.cumsum([0, *batches.counts])
        self._seek(0)

    def read(self, start: int, stop: int) -> list[pa.Array]:
        """Return rows `start` to `stop` (exclusive) in pieces."""
        pieces = []
        group, coming = np.searchsorted(self._starts, [start, self._first + len(self._batch)], side="right")
        if start < self._first or group > coming:
            self._seek(start)
        while start < stop:
            while self._first + len(self._batch) <= start:
                self._advance()
            piece = self._batch.slice(start - self._first, stop - start)
            pieces.append(piece)
            start += len(piece)
        return pieces

    def _seek(self, row: int) -> None:
        group = max(int(np.searchsorted(self._starts, row, side="right")) - 1, 0)
        self._first = int(self._starts[group])
        self._batch = pa.nulls(0)
        self._iterator = self._batches.read(group, self._column, self._rows)

    def _advance(self) -> None:
        self._first += len(self._batch)
        self._batch = next(self._iterator, None)
        if self._batch is None:
            self._seek(0)
            raise pa.ArrowInvalid(f"{self._starts[-1]} rows are promised, but they end before")


@dataclass(frozen=True)
class ColumnVectors:
    """One column of lists; every read checks that the rows are equally long."""

    name: str
    column: str
    batches: Batches
    shape: tuple[int, ...]
    widths: tuple[int, ...]
    dtype: np.dtype[Any]
    ids: Array | None
    nulls: bool
    provenance: str = ""
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive), without a copy where they lie in one batch."""
        stop = min(stop, self.shape[0])
        with self._lock, damage(self.name):
            parts, first = [np.empty((0, *self.shape[1:]), self.dtype)], start
            for piece in self._cursor.read(start, stop):
                parts.append(self._rows(piece, first))
                first += len(piece)
        return parts[1] if len(parts) == 2 else np.concatenate(parts)

    @cached_property
    def _cursor(self) -> Cursor:
        return Cursor(self.batches, self.column, self._batch_rows)

    @property
    def _batch_rows(self) -> int:
        return max(1, min(VALUE_ROWS, BATCH_BYTES // max(1, math.prod(self.shape[1:]) * self.dtype.itemsize)))

    def _rows(self, piece: pa.Array, first: int) -> Array:
        rows = np.arange(first, first + len(piece))
        missing = null_mask(piece)
        if missing is None:
            return self._dense(piece, rows).astype(self.dtype, copy=False)
        if not self.nulls:
            raise self._null_error()
        result = np.full((len(piece), *self.shape[1:]), np.nan, self.dtype)
        result[~missing] = self._dense(piece.take(arrow_values(np.flatnonzero(~missing))), rows[~missing])
        return result

    def _dense(self, array: pa.Array, rows: Array) -> Array:
        """Return lists without nulls as one array; `rows` are their numbers, for messages."""
        array = storage(array)
        lists_per_row = 1
        for dim, width in enumerate(self.widths, start=1):
            lengths = numpy_values(pa.compute.list_value_length(array))
            wrong = np.flatnonzero(lengths != width)
            if len(wrong):
                row, length = int(rows[wrong[0] // lists_per_row]), int(lengths[wrong[0]])
                raise ragged_row(row, self.ids, dim, (length, width), self.name)
            array = array.flatten()
            lists_per_row *= width
        return numpy_values(array).reshape(len(rows), *self.shape[1:])

    def _null_error(self) -> DataError:
        first, total = 0, 0
        shown: list[int] = []
        for array in self.batches.read(0, self.column, self._batch_rows):
            mask = null_mask(array)
            found = np.flatnonzero(mask) + first if mask is not None else np.empty(0, int)
            shown.extend(found[: 3 - len(shown)].tolist())
            total += len(found)
            first += len(array)
        return null_rows(shown, self.ids, total, self.name)


@dataclass(frozen=True)
class TokenVectors:
    """The tokens of a column of lists of lists, one after another."""

    name: str
    column: str
    batches: Batches
    offsets: Array
    width: int
    dtype: np.dtype[Any]
    ids: None = None
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """(tokens, d)."""
        return (int(self.offsets[-1]), self.width)

    def read(self, start: int, stop: int) -> Array:
        """Return tokens `start` to `stop` (exclusive)."""
        stop = min(stop, self.shape[0])
        if start >= stop:
            return np.empty((0, self.width), self.dtype)
        first, last = (int(np.searchsorted(self.offsets, token, side="right")) - 1 for token in (start, stop - 1))
        parts, item = [], first
        with self._lock, damage(self.name):
            for piece in self._cursor.read(first, last + 1):
                parts.append(self._tokens(piece, item))
                item += len(piece)
        tokens = parts[0] if len(parts) == 1 else np.concatenate(parts)
        begin = start - int(self.offsets[first])
        return np.ascontiguousarray(tokens[begin : begin + stop - start])

    @cached_property
    def _cursor(self) -> Cursor:
        return Cursor(self.batches, self.column, self._batch_rows)

    @property
    def _batch_rows(self) -> int:
        mean = self.shape[0] // max(1, len(self.offsets) - 1) + 1
        return max(1, min(VALUE_ROWS, BATCH_BYTES // max(1, mean * self.width * self.dtype.itemsize)))

    def _tokens(self, piece: pa.Array, first: int) -> Array:
        """Return the tokens of some items, of which the first is number `first`."""
        missing = null_mask(piece)
        if missing is not None:
            raise null_items(np.flatnonzero(missing) + first, None, self.name)
        tokens = piece.flatten()
        lengths = numpy_values(pa.compute.list_value_length(tokens))
        wrong = np.flatnonzero(lengths != self.width)
        if len(wrong):
            item = int(np.searchsorted(self.offsets, self.offsets[first] + wrong[0], side="right")) - 1
            raise ragged_row(item, None, 2, (int(lengths[wrong[0]]), self.width), self.name)
        return numpy_values(tokens.flatten()).reshape(len(tokens), self.width)


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
            raise DataError(f"expected lists of numbers, got {kind}", where, "cast it to a list of float32")
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
