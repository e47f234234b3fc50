"""A memory map whose file shrinks: the system ends a process that touches it, and this says why first."""

import os
import signal
import time
from threading import Lock
from typing import Any

from simtool.errors import SimtoolError, printable
from simtool.io import abandon

from .exit_codes import NOT_HERE

_ending = Lock()
_kept: list[Any] = []  # the handler, which the system calls as long as the process lasts


def end_where_a_map_shrinks() -> None:
    """End with exit code 3, without leaving temporary files, where a mapped input is cut off.

    A handler of Python's own would run after the read that failed, which never ends; this one runs within it.
    """
    if _kept or not hasattr(signal, "SIGBUS"):
        return
    import ctypes

    library = ctypes.CDLL(None)
    library.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    library.signal.restype = ctypes.c_void_p
    _kept.append(ctypes.CFUNCTYPE(None, ctypes.c_int)(_end))
    library.signal(signal.SIGBUS, ctypes.cast(_kept[0], ctypes.c_void_p))


def _end(number: int) -> None:
    """End the process, from whichever thread: those of a matrix product read the map too."""
    while not _ending.acquire(blocking=False):
        time.sleep(1)  # another thread is about to end all of them
    try:
        _explain()
    finally:
        os._exit(NOT_HERE)


def _explain() -> None:
    try:
        abandon()
        lines = ["error: the system could not read a file that was mapped"]
    except SimtoolError as error:
        lines = [f"error: {error.what}", f"  in:  {error.where}", f"  try: {error.hint}"]
    # not through the stream, whose lock the interrupted code may hold
    os.write(2, "".join(f"{printable(line)}\n" for line in lines).encode("utf-8", "backslashreplace"))
