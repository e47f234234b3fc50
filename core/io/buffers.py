"""Numbers and text between Arrow and numpy by their buffers: pyarrow's own ways import pandas where it is installed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from .vectors import Array


def numpy_values(array: Any) -> Array:
    """Return an Arrow array, of one piece or many, without nulls; numbers of one piece are not copied.

    Args:
        array: (n,) numbers, bools or text.

    Returns:
        (n,) numbers or bools, or text as objects.
    """
    if isinstance(array, pa.ChunkedArray):
        pieces = [numpy_values(piece) for piece in array.chunks] or [numpy_values(pa.nulls(0, array.type))]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
    if pa.types.is_boolean(array.type):
        return np.from_dlpack(array.cast(pa.uint8())).view(bool)
    if pa.types.is_floating(array.type) or pa.types.is_integer(array.type):
        return np.from_dlpack(array)
    return np.asarray([*array.to_pylist(), None], dtype=object)[:-1]


def arrow_values(values: Array) -> pa.Array:
    """Return (n,) numbers as an Arrow array, not copied where they lie one after another."""
    held = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(held.dtype), len(held), [None, pa.py_buffer(held)])


def arrow_texts(values: Sequence[str | None]) -> pa.Array:
    """Return texts and nulls as an Arrow array."""
    held = [b"" if value is None else value.encode() for value in values]
    ends = np.cumsum([0, *map(len, held)]).astype(np.int32)
    there = _bitmap(np.asarray([value is not None for value in values], dtype=bool))
    return pa.Array.from_buffers(pa.string(), len(held), [there, pa.py_buffer(ends), pa.py_buffer(b"".join(held))])


def arrow_present(values: Array, there: Array) -> pa.Array:
    """Return (n,) numbers as an Arrow array, null where they are not there."""
    held = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(held.dtype), len(held), [_bitmap(there), pa.py_buffer(held)])


def arrow_scalar(value: float | bool | str, kind: pa.DataType) -> pa.Scalar:
    """Return a number, a bool or a text of a type."""
    if isinstance(value, str):
        return arrow_texts([value])[0].cast(kind)
    if isinstance(value, bool):
        return arrow_values(np.asarray([value], np.uint8)).cast(kind)[0]
    return arrow_values(np.asarray([value], kind.to_pandas_dtype()))[0]


def _bitmap(there: Array) -> pa.Buffer:
    return pa.py_buffer(np.packbits(there, bitorder="little"))
