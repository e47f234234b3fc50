"""The vectors and the tokens in a column of lists, read by ranges of rows: forwards, each row is decoded once."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from ..errors import DataError
from .arrow_types import null_mask, storage
from .buffers import arrow_values, numpy_values
from .parquet_and_arrow import Batches, damage
from .ragged import null_items
from .vectors import Array, null_rows, ragged_row

BATCH_BYTES = 1 << 23
# rows per batch when the width of a row is not known yet, and when a row is one value
PROBE_ROWS = 256
VALUE_ROWS = 1 << 16


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
