"""Standard input and other pipes: read whole, once, as far as one input may be held."""

import os
import sys
from typing import Any, BinaryIO
from weakref import WeakSet

from ..errors import DataError, ResourceError
from ..memory import shown

# one process has one standard input; a test may put another in its place
_consumed: WeakSet[Any] = WeakSet()
_pipes: set[tuple[int, int]] = set()  # device and inode of what was read to its end


def read_standard_input(most: int) -> bytes:
    """Read standard input whole, once, if it takes no more than `most` bytes."""
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        return b""
    if stream in _consumed:
        raise _read_before("-")
    _consumed.add(stream)
    return read_pipe(stream, "-", most)


def read_pipe(stream: BinaryIO, name: str, most: int) -> bytes:
    """Read a stream whole; under another name, as - and /dev/stdin are, it may have been read before."""
    try:
        status = os.fstat(stream.fileno())
    except OSError:  # a stream in memory
        return _read_within(stream, name, most)
    pipe, data = (status.st_dev, status.st_ino), _read_within(stream, name, most)
    if not data and pipe in _pipes:
        raise _read_before(name)
    _pipes.add(pipe)
    return data


def _read_within(stream: BinaryIO, name: str, most: int) -> bytes:
    """Read a stream to its end, which is not asked for when more than `most` bytes have come."""
    data = stream.read(most + 1)
    if len(data) > most:
        what = f"more than {shown(most)} came through the pipe, as much of the budget as one input may hold"
        raise ResourceError(what, name, "save it to a file, which is read by parts; or raise «max_memory»")
    return data


def _read_before(name: str) -> DataError:
    """Return the error for a pipe that nothing is left of."""
    hint = "save it to a file, and name that file twice; of one table with columns a and b, loss and evaluate take -"
    what = "standard input" if name in ("-", "/dev/stdin") else "a pipe"
    return DataError(f"{what} can be read only once", name, hint)
