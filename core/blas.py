"""How many threads the library behind numpy's products of matrices takes."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

PREFIXES = ("scipy_openblas", "openblas")
SUFFIXES = ("64_", "")


@contextmanager
def one_blas_thread() -> Iterator[bool]:
    """Let every thread that multiplies matrices do so alone, for work of which several threads do a part each.

    Yields:
        Whether it is so; False where numpy stands on another library than OpenBLAS.
    """
    calls = _thread_calls()
    if calls is None:
        yield False
        return
    get, put = calls
    before = get()
    put(1)
    try:
        yield True
    finally:
        put(before)


@cache
def _thread_calls() -> tuple[Any, Any] | None:
    """Return what reads and what sets the number of OpenBLAS's threads; None where it is not there."""
    for path in _libraries():
        library = ctypes.CDLL(path)
        for prefix in PREFIXES:
            for suffix in SUFFIXES:
                calls = [getattr(library, f"{prefix}_{verb}_num_threads{suffix}", None) for verb in ("get", "set")]
                if all(calls):
                    return calls[0], calls[1]
    return None


def _libraries() -> list[str]:
    """Return the paths of the OpenBLAS that is loaded, as Linux tells, or that numpy brings along."""
    maps = Path("/proc/self/maps")
    if maps.exists():
        lines = (line.split() for line in maps.read_text().splitlines())
        return list(dict.fromkeys(line[-1] for line in lines if "openblas" in line[-1]))
    home = Path(np.__file__).parent
    return [str(path) for folder in (".dylibs", "../numpy.libs") for path in (home / folder).glob("*openblas*")]
