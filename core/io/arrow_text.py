"""Columns of Arrow as numpy holds them, for files of text.

Accepted: every type; a column of lists of numbers, all of one length, as (n, d) numbers.
Refused: nothing.
Lost: dates and times become text as ISO 8601 writes it.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .arrow_types import is_list, is_number, null_mask, storage
from .buffers import numpy_values
from .vectors import Array


def text_columns(table: Any) -> dict[str, Array]:
    """Return the columns of a table."""
    return {name: _column(table[name].combine_chunks()) for name in table.column_names}


def _column(array: Any) -> Array:
    array = storage(array)
    if is_list(array.type) and is_number(array.type.value_type) and null_mask(array) is None:
        lengths = numpy_values(pc.list_value_length(array))
        if len(lengths) and lengths[0] and (lengths == lengths[0]).all():
            return numpy_values(array.flatten()).reshape(len(array), int(lengths[0]))
    if (is_number(array.type) or pa.types.is_boolean(array.type)) and not array.null_count:
        return numpy_values(array)
    if pa.types.is_temporal(array.type):
        array = array.cast(pa.string())
    values = np.empty(len(array), dtype=object)
    values[:] = array.to_pylist() if not is_list(array.type) else [None] * len(array)
    if is_list(array.type):
        for place, value in enumerate(array.to_pylist()):
            values[place] = value
    return values
