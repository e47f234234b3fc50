"""The same bytes every time, on one device."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..backend import Backend


@contextmanager
def deterministic(backend: Backend) -> Iterator[None]:
    """Let torch compute the same bytes every time on this device: on one thread, so that no sum depends on how many."""
    xp = backend.xp
    if backend.is_cuda:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS asks for to be deterministic
    threads, before = xp.get_num_threads(), xp.are_deterministic_algorithms_enabled()
    xp.set_num_threads(1)
    xp.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        xp.use_deterministic_algorithms(before)
        xp.set_num_threads(threads)
