"""Numbers and text between Arrow and numpy by their buffers: pyarrow's own ways import pandas where it is installed."""

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
