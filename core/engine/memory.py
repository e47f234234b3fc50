"""How much memory there is, and inputs brought to where any row can be reached."""

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..io import Vectors
from ..io.vectors import ArrayVectors
from ..results import Column

READ_BYTES = 32 << 20


def available_memory() -> int:
    """Return the bytes that this process may still take, by the machine and its control group."""
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        free = int(fields["MemAvailable"].split()[0]) * 1024
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if limit.exists() and used.exists() and limit.read_text().strip() != "max":
        free = min(free, int(limit.read_text()) - int(used.read_text()))
    return max(free, 0)


def resident(vectors: Vectors, most: int) -> Column:
    """Return all rows as one array in C order: what is mapped so stays mapped, what fits is read, the rest is mapped.

    A sweep reads B once per stripe of A. Parquet is decoded once here, not that often.

    Args:
        vectors: any input.
        most: bytes that fit.
    """
    if isinstance(vectors, ArrayVectors) and vectors.array.dtype.isnative and vectors.array.flags.c_contiguous:
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
