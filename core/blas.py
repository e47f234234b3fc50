"""The threads of the BLAS behind numpy: one for each product, where several threads multiply at once."""

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

FOLDERS = ("../numpy.libs", ".dylibs")  # where the wheels of Linux and Windows, and those of macOS, keep OpenBLAS
PREFIXES, SUFFIXES = ("scipy_", ""), ("64_", "")
_users = 0
_restored = 0
_lock = threading.Lock()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let a product of numpy run in the thread that asks for it; nothing changes where `is_controlled` is false."""
    global _users, _restored  # noqa: PLW0603  the setting is the process's own
    controls = _controls()
    if controls is None:
        yield
        return
    count, change = controls
    with _lock:
        if not _users:
            _restored = count()
            change(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                change(_restored)


def is_controlled() -> bool:
    """Tell whether the number of threads of this BLAS can be set: OpenBLAS as numpy's wheels bring it."""
    return _controls() is not None


@cache
def _controls() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Return what gives and what sets the number of threads."""
    here = Path(np.__file__).parent
    for path in (each for folder in FOLDERS for each in sorted((here / folder).glob("*openblas*"))):
        library = ctypes.CDLL(str(path))  # loaded already: the same one
        for prefix, suffix in ((prefix, suffix) for prefix in PREFIXES for suffix in SUFFIXES):
            names = (f"{prefix}openblas_{verb}_num_threads{suffix}" for verb in ("get", "set"))
            found = [getattr(library, name, None) for name in names]
            if all(found):
                return found[0], found[1]  # type: ignore[return-value]
    return None
