"""What a caller hands over as an input, as vectors: arrays, tensors, tables in memory, or sources."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .backend import Array, is_given_tensor, native, tensor_values
from .io import Vectors, as_source, as_values, as_vectors, open_vectors, read_values, with_ids


def given(
    x: Any,
    name: str,
    *,
    ids: Any = None,
    nulls: bool = False,
    header: str = "auto",
    others: Sequence[str | None] = (),
    max_memory: str | int | None = None,
) -> Vectors:
    """Return Vectors as they are, an array or tensor as Vectors of that name, and what a source names as it is read.

    Args:
        x: Vectors, an array, a tensor, a table or a column in memory, or a source as for `open_vectors`.
        name: what messages call an array.
        ids: one per row: an array, a column, its name in the table, or a source; of Vectors that have none.
        nulls: as for `open_vectors`, and so the others.
        header: whether the first line of a CSV names its columns.
        others: sources with another role.
        max_memory: what the whole job may take.
    """
    x = as_source(x, name)
    ids = as_values(ids, x)
    if isinstance(x, str):
        return open_vectors(x, ids=ids, nulls=nulls, header=header, others=others, max_memory=max_memory)
    if is_given_tensor(x):
        x = tensor_values(x)
    vectors: Vectors = x if hasattr(x, "read") else as_vectors(x, name)
    if ids is None:
        return vectors
    if isinstance(ids, str):
        ids = read_values(ids, rows=vectors.shape[0], header=header, max_memory=max_memory)
    return with_ids(vectors, np.asarray(ids))


def rows_of(x: Any, name: str) -> Array:
    """Return the rows of what `given` takes: a tensor as it is, and of all else one numpy array, of any dtype."""
    x = as_source(x, name)
    if is_given_tensor(x):
        return x
    if not isinstance(x, np.ndarray):
        vectors = given(x, name)
        x = vectors.read(0, vectors.shape[0])
    return native(x)
