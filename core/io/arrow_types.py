"""What Arrow's types and arrays hold: numbers, lists of them, nulls."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from .buffers import numpy_values
from .vectors import Array


def is_list(kind: Any) -> bool:
    """Say whether a type is one of the list types."""
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in (*tests, pa.types.is_list_view, pa.types.is_large_list_view))


def leaf(kind: Any) -> Any:
    """Return the type of the elements of nested lists or of a tensor."""
    if isinstance(kind, pa.FixedShapeTensorType):
        return kind.value_type
    return leaf(kind.value_type) if is_list(kind) else kind


def is_vector(kind: Any) -> bool:
    """Say whether a column of this type can be vectors."""
    if isinstance(kind, pa.FixedShapeTensorType):
        in_order = kind.permutation is None or kind.permutation == sorted(kind.permutation)
        return in_order and is_number(kind.value_type)
    return is_list(kind) and is_number(leaf(kind))


def is_value(kind: Any) -> bool:
    """Say whether a column of this type can be values."""
    if pa.types.is_dictionary(kind):
        return is_value(kind.value_type)
    return is_number(kind) or is_text(kind) or bool(pa.types.is_boolean(kind))


def is_text(kind: Any) -> bool:
    """Say whether a type is one of text."""
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def is_number(kind: Any) -> bool:
    """Say whether a type is a float or an integer."""
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def list_sizes(kind: Any) -> tuple[int, ...]:
    """Return the list length at each depth, -1 where the type leaves it open."""
    if isinstance(kind, pa.FixedShapeTensorType):
        return (math.prod(kind.shape),)
    if not is_list(kind):
        return ()
    return (kind.list_size if pa.types.is_fixed_size_list(kind) else -1, *list_sizes(kind.value_type))


def first_lengths(row: pa.Array, depth: int) -> tuple[int, ...]:
    """Return the length of the first list at each depth; 0 below an empty list."""
    lengths = []
    for _ in range(depth):
        lengths.append(pa.compute.list_value_length(row)[0].as_py() if len(row) else 0)
        row = row.flatten()
    return tuple(lengths)


def storage(array: pa.Array) -> pa.Array:
    """Return the lists that an extension array is made of."""
    return array.storage if isinstance(array, pa.ExtensionArray) else array


def lengths_of(array: pa.Array) -> Array:
    """Return the length of each list; 0 of a null."""
    lengths = pa.compute.list_value_length(array)
    return numpy_values(lengths.fill_null(0) if lengths.null_count else lengths)


def null_mask(array: pa.Array) -> Array | None:
    """Return True for each row that is null or holds a null at any depth; None where no row does."""
    array = storage(array)
    mask = numpy_values(array.is_null()) if array.null_count else None
    inner = null_mask(array.flatten()) if is_list(array.type) else None
    if inner is None:
        return mask
    lengths = lengths_of(array)
    mask = np.zeros(len(array), bool) if mask is None else mask.copy()
    mask[np.searchsorted(np.cumsum(lengths), np.flatnonzero(inner), side="right")] = True
    return mask
