"""Vectors as the operations see them: rows that are read by range, whatever file they come from.

Accepted: float16, float32, float64 and integers of 8 to 64 bits, signed or not, rank 1 and up; rows are the first dim.
Refused: bool, complex, object, string, date and structured elements, rank 0, ids that are neither strings nor integers.
Lost: byte order and memory order; `read` returns native, C-contiguous rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, ShapeError

Array = NDArray[Any]
SAVED = "save it with a numeric dtype: numpy.save(path, array.astype('float32'))"


class Vectors(Protocol):
    """Rows of numbers that are read by range, so that memory stays bounded."""

    @property
    def name(self) -> str:
        """What the user typed plus the chosen column, for messages."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, ...)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Element type, in native byte order."""

    @property
    def ids(self) -> Array | None:
        """(rows,) strings (dtype object) or integers, or None."""

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive), shape (stop - start, ...); perhaps a read-only view."""


class Carries(Protocol):
    """Columns that a listing carries beside ids and scores."""

    def take(self, rows: Array) -> dict[str, Array]:
        """Return the values of some rows, a 1-D array per column."""


@dataclass(frozen=True)
class ArrayVectors:
    """Vectors in memory or in a memory map; `given` where the caller had them in memory before the job."""

    name: str
    array: Array
    ids: Array | None = None
    given: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, ...)."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Element type, in native byte order."""
        return self.array.dtype.newbyteorder("=")

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive): a view where byte order and memory order allow it."""
        return np.ascontiguousarray(self.array[start:stop], dtype=self.dtype)


@dataclass(frozen=True)
class DerivedVectors:
    """Vectors that are made of others; what changes is overridden, and `read` always is."""

    base: Vectors

    @property
    def name(self) -> str:
        """The name of the base."""
        return self.base.name

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, width)."""
        return self.base.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of what is read."""
        return self.base.dtype

    @property
    def ids(self) -> Array | None:
        """The ids of the base."""
        return self.base.ids

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive)."""
        raise NotImplementedError


@dataclass(frozen=True)
class IdentifiedVectors(DerivedVectors):
    """Vectors under other ids, perhaps with columns that a listing carries.

    Args:
        ids: of the rows, or None.
        numbered: whether the ids are the numbers that selected rows have in a file without ids.
    """

    ids: Array | None = None
    carried: Carries | None = None
    numbered: bool = False

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive) of the base."""
        return self.base.read(start, stop)


def as_vectors(array: Array, name: str = "array") -> Vectors:
    """Wrap a numpy array of rank 1 or more.

    Args:
        array: (rows, ...) of floats or integers; not copied.

    Raises:
        DataError: the elements are not numbers, or there is no dim of rows.
    """
    if not isinstance(array, np.ndarray):
        raise DataError(f"expected a numpy array, got {type(array).__name__}", name, "numpy.asarray makes one")
    check_numeric(array.dtype, name, "array.astype('float32') makes floats of what is numbers")
    if array.ndim == 0:
        raise DataError("expected rows, got a single number (rank 0)", name)
    return ArrayVectors(name, np.asarray(array), given=True)


def with_ids(vectors: Vectors, ids: Array | None) -> Vectors:
    """Return the same vectors under other ids.

    Args:
        ids: (rows,) strings or integers, or None for no ids.

    Raises:
        ShapeError: there are more or fewer ids than rows.
        DataError: the ids are neither strings nor integers.
    """
    checked = check_ids(ids, vectors.shape[0], vectors.name)
    if isinstance(vectors, ArrayVectors):
        return replace(vectors, ids=checked)
    if isinstance(vectors, IdentifiedVectors):
        return replace(vectors, ids=checked, numbered=False)
    return IdentifiedVectors(vectors, checked)


def ids_of(*sides: Vectors) -> Array | None:
    """Return the ids of aligned vectors: those of the first that has any."""
    return next((side.ids for side in sides if side.ids is not None), None)


def is_numeric(dtype: np.dtype[Any]) -> bool:
    """Say whether vectors may have this element type."""
    return dtype.kind in "iu" or (dtype.kind == "f" and dtype.itemsize <= 8)


def check_numeric(dtype: np.dtype[Any], where: str, hint: str = SAVED) -> None:
    """Refuse every element type that vectors may not have."""
    if not is_numeric(dtype):
        raise DataError(f"expected floats or integers, got {dtype.name}", where, hint)


def check_ids(ids: Array | None, rows: int, where: str) -> Array | None:
    """Return the ids as strings (dtype object) or integers, one per row."""
    if ids is None:
        return None
    if ids.ndim != 1 or len(ids) != rows:
        what = f"expected {rows} ids, one per row, got shape {ids.shape}"
        raise ShapeError(what, where, "an id for each row, in the order of the rows")
    if ids.dtype.kind == "U":
        return texts(ids, where)
    if ids.dtype.kind not in "iuO":
        raise DataError(
            f"expected strings or integers as ids, got {ids.dtype.name}", where, "ids.astype(int) or ids.astype(str)"
        )
    kinds = set(map(type, ids.tolist())) if ids.dtype.kind == "O" else set()
    if len(kinds) > 1 or kinds & {float, NoneType}:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise DataError(f"expected strings or integers as ids, got {names}", where, "ids of one type, none missing")
    return ids


def texts(array: Array, where: str) -> Array:
    """Return numpy's strings as Python's, unless they hold what is no character."""
    if array.size and array.itemsize:
        rows = np.ascontiguousarray(array).reshape(len(array), -1)
        codes = rows.view(np.dtype(np.uint32).newbyteorder(array.dtype.byteorder))
        wrong = (codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))
        if wrong.any():
            row, place = np.argwhere(wrong)[0]
            what = f"row {row} holds the number {int(codes[row, place]):#x}, which is no Unicode character"
            raise DataError(what, where, "save the strings again: numpy.save(path, numpy.asarray(strings))")
    return array.astype(object)


def name_rows(rows: Sequence[int] | Array, ids: Array | None, total: int | None = None) -> str:
    """Return the first rows by number and id, as in "rows 3 (id 'cat'), 5 (id 'dog') and 12 more"."""
    total = len(rows) if total is None else total
    shown = [str(row) if ids is None else f"{row} (id {ids[row : row + 1].tolist()[0]!r})" for row in rows[:3]]
    more = f" and {total - len(shown)} more" if total > len(shown) else ""
    return f"{'row' if total == 1 else 'rows'} {', '.join(shown)}{more}"


def null_rows(rows: Sequence[int] | Array, ids: Array | None, total: int, where: str) -> DataError:
    """Return the error for rows that are null or hold a null."""
    verb = "is null or holds a null" if total == 1 else "are null or hold a null"
    return DataError(f"{name_rows(rows, ids, total)} {verb}", where, "«nonfinite=drop» leaves them out")


def ragged_row(row: int, ids: Array | None, dim: int, lengths: tuple[int, int], where: str) -> DataError:
    """Return the error for a row whose length along `dim` (got, expected) differs from the rows before it."""
    what = f"{name_rows([row], ids)} has length {lengths[0]} along dim {dim}, expected {lengths[1]} as in the first row"
    return DataError(what, where, "every row needs the same length")
