"""Inputs brought to where any row can be reached."""

import os
import tempfile
from typing import Any

import numpy as np

from ..io import Vectors
from ..io.vectors import ArrayVectors
from ..memory import available_memory
from ..results import Column

__all__ = ["READ_BYTES", "available_memory", "resident"]

READ_BYTES = 32 << 20


def resident(vectors: Vectors, most: int) -> Column:
    """Return all rows as one array: what is mapped stays mapped, what fits is read, the rest is mapped from a file.

    A sweep reads B once per stripe of A. Parquet is decoded once here, not that often.

    Args:
        vectors: any input.
        most: bytes that fit.
    """
    if isinstance(vectors, ArrayVectors) and vectors.array.dtype.isnative:
        return vectors.array
    size = int(np.prod(vectors.shape)) * vectors.dtype.itemsize
    array: Any
    if size <= most:
        array = np.empty(vectors.shape, dtype=vectors.dtype)
    else:
        # unlinked at once: the mapping keeps the bytes until the process ends, however it ends
        with tempfile.TemporaryFile(prefix="simtool-") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)  # a full disk is an error now, not a crash at some write
            file.truncate(size)
            array = np.memmap(file, dtype=vectors.dtype, mode="r+", shape=vectors.shape)
    step = max(1, READ_BYTES // max(1, size // max(1, vectors.shape[0])))
    for start in range(0, vectors.shape[0], step):
        stop = min(start + step, vectors.shape[0])
        array[start:stop] = vectors.read(start, stop)
    return array  # type: ignore[no-any-return]
