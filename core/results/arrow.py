"""Columns of a result as Arrow has them, for files and for other libraries."""

from typing import Any

import numpy as np

from ..errors import DataError
from .records import Column
from .values import to_python


def arrow_type(column: Column) -> Any:
    """Return the Arrow type of a column of a result; numbers with gaps are numbers."""
    import pyarrow as pa

    if column.ndim > 1:
        kind = pa.from_numpy_dtype(column.dtype)
        for size in reversed(column.shape[1:]):
            kind = pa.list_(kind, size)
        return kind
    if column.dtype.kind not in "OU":
        return pa.from_numpy_dtype(column.dtype)
    if len(column) > 0 and isinstance(column[0], tuple | list | np.ndarray):
        return pa.list_(pa.int64())
    kinds = {type(value) for value in to_python(column) if value is not None}
    if kinds and kinds <= {int, float}:  # numbers with gaps
        return pa.float64() if float in kinds else pa.int64()
    return pa.string()


def arrow_array(column: Column, field: Any) -> Any:
    """Return a column of a result as an Arrow array of a field, which has its type.

    Raises:
        DataError: it holds text that is not Unicode.
    """
    import pyarrow as pa

    if column.ndim > 1:
        kinds, array = [field.type], pa.array(column.ravel())
        while len(kinds) < column.ndim - 1:
            kinds.append(kinds[-1].value_type)
        for kind in reversed(kinds):
            array = pa.FixedSizeListArray.from_arrays(array, type=kind)
        return array
    try:
        return pa.array(column, type=field.type)
    except UnicodeEncodeError as error:
        raise DataError(
            f"{field.name} holds text that is not Unicode: {error.object!a}", hint="«format=jsonl» escapes it"
        ) from error
