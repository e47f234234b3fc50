"""Columns of a result as Arrow has them, for files and for other libraries."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, ResourceError
from .records import Column, Rows, in_batches
from .values import to_python

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


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
    if _is_of_items(column):
        return pa.list_(pa.list_(pa.from_numpy_dtype(column[0].dtype), column[0].shape[1]))
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
    if _is_of_items(column):
        tokens = pa.array(np.concatenate(list(column)).ravel())
        offsets = pa.array(np.cumsum([0, *map(len, column)]).astype(np.int32))
        rows = pa.FixedSizeListArray.from_arrays(tokens, type=field.type.value_type)
        return pa.ListArray.from_arrays(offsets, rows, type=field.type)
    try:
        return pa.array(column, type=field.type)
    except UnicodeEncodeError as error:
        raise DataError(
            f"{field.name} holds text that is not Unicode: {error.object!a}", hint="«format=jsonl» escapes it"
        ) from error


def _is_of_items(column: Column) -> bool:
    """Tell whether the rows are arrays (tokens, d), of different numbers of tokens."""
    return len(column) > 0 and isinstance(column[0], np.ndarray) and column[0].ndim == 2


def arrow_table(rows: Rows) -> "pyarrow.Table":
    """Return rows as an Arrow table."""
    import pyarrow as pa

    schema, parts = None, []
    for columns in in_batches(rows):
        schema = schema or pa.schema([(name, arrow_type(column)) for name, column in columns.items()])
        parts.append(pa.table([arrow_array(columns[each.name], each) for each in schema], schema=schema))
    return pa.concat_tables(parts)


def pandas_frame(rows: Rows) -> "pandas.DataFrame":
    """Return rows as a pandas DataFrame."""
    try:
        import pandas  # noqa: F401 - pyarrow imports it
    except ImportError as error:
        raise ResourceError("pandas is not installed", "to_pandas", "pip install pandas") from error
    return arrow_table(rows).to_pandas()


def polars_frame(rows: Rows) -> "polars.DataFrame":
    """Return rows as a polars DataFrame."""
    try:
        import polars
    except ImportError as error:
        raise ResourceError("polars is not installed", "to_polars", "pip install polars") from error
    frame: polars.DataFrame = polars.from_arrow(arrow_table(rows))  # type: ignore[assignment]
    return frame
