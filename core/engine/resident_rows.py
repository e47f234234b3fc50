"""Inputs brought to where any row can be reached."""

import mmap
import os
from math import prod
from typing import Any, TypeGuard

import numpy as np

from ..io import Vectors
from ..io.scratch import open_scratch
from ..io.sharded_vectors import ShardedVectors
from ..io.vectors import ArrayVectors, DerivedVectors
from ..memory import shown
from ..results import Column

READ_BYTES = 32 << 20
STRING = 64  # bytes of a short Python string and of its place


def held_bytes(vectors: Vectors) -> int:
    """Return the bytes of memory that an open input takes; what the caller gave or what is mapped is not counted."""
    if isinstance(vectors, DerivedVectors):
        return held_bytes(vectors.base)
    if isinstance(vectors, ShardedVectors):
        return sum(map(held_bytes, vectors.parts))
    if isinstance(vectors, ArrayVectors) and vectors.given:
        return 0
    ids = vectors.ids
    held = 0 if ids is None else len(ids) * (STRING if ids.dtype == object else ids.itemsize)
    if isinstance(vectors, ArrayVectors) and not _is_mapped(vectors.array):
        held += vectors.array.nbytes
    return held


def _is_mapped(array: Column) -> bool:
    """Tell whether the elements of an array are those of a mapped file."""
    base: Any = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.obj if isinstance(base, memoryview) else base.base
    return isinstance(base, mmap.mmap)


def resident_bytes(vectors: Vectors, most: int) -> int:
    """Return the bytes of memory that `resident` takes."""
    size = prod(vectors.shape) * vectors.dtype.itemsize
    return 0 if _stays(vectors) or size > most else size


def resident(vectors: Vectors, most: int) -> Column:
    """Return all rows as one array in C order: what is mapped so stays mapped, what fits is read, the rest is mapped.

    A sweep reads B once per query block of A. Parquet is decoded once here, not that often.

    Args:
        vectors: any input.
        most: bytes that fit.
    """
    if _stays(vectors):
        return vectors.array
    size = prod(vectors.shape) * vectors.dtype.itemsize
    array: Any
    if size <= most:
        array = np.empty(vectors.shape, dtype=vectors.dtype)
    else:
        with open_scratch(f"{vectors.name} takes {shown(size)} decoded,") as file:  # whose bytes the mapping keeps
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)  # a full disk is an error now, not a crash at some write
            file.truncate(size)
            array = np.memmap(file, dtype=vectors.dtype, mode="r+", shape=vectors.shape)
    step = max(1, READ_BYTES // max(1, size // max(1, vectors.shape[0])))
    for start in range(0, vectors.shape[0], step):
        stop = min(start + step, vectors.shape[0])
        array[start:stop] = vectors.read(start, stop)
    return array  # type: ignore[no-any-return]


def _stays(vectors: Vectors) -> TypeGuard[ArrayVectors]:
    """Tell whether the rows lie where any of them can be reached."""
    return isinstance(vectors, ArrayVectors) and vectors.array.dtype.isnative and vectors.array.flags.c_contiguous
