"""stdout and stderr: text that cannot move the cursor, and pipes that may close."""

import io
import math
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import BinaryIO, TextIO, cast

from simtool.errors import printable, without_secrets

LONGEST_ARGUMENT, LONGEST_LINE = 200, 1000  # characters of a message


def text_of(value: object) -> str:
    """Return a Python value as people read it, in every format that is made for people."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "undefined"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def stdout_is_terminal() -> bool:
    """Tell whether a person reads stdout."""
    return sys.stdout is not None and sys.stdout.isatty()


def say(text: str) -> None:
    """Write one line of a message to stderr; a stderr that nobody reads is no reason to stop."""
    if sys.stderr is not None:
        try:
            sys.stderr.write(_message(text) + "\n")
            sys.stderr.flush()
        except OSError:
            _send_nowhere(sys.stderr)


def say_once_delivered(text: str) -> None:
    """Say what was written, once it is in its place."""
    from simtool.io import once_delivered

    once_delivered(lambda: say(text))


def _message(text: str) -> str:
    """Return a line that may end up in a log: printable, without secrets of a URL, and not endless.

    Where an argument is longer than may be repeated, the line is no longer than that; others end where they tire.
    """
    line = printable(without_secrets(text))
    is_long = any(len(argument) > LONGEST_ARGUMENT for argument in sys.argv)
    most = LONGEST_ARGUMENT if is_long else LONGEST_LINE
    half = most // 2
    return line if len(line) <= most else f"{line[:half]}…{line[len(line) - half + 1 :]}"


@contextmanager
def standard_output(*, escaped: bool = False) -> Iterator[BinaryIO]:
    """Yield stdout as a binary stream and flush it; all that goes to stdout goes through here.

    When the reader has gone the body ends there, quietly: what else is written ends up nowhere,
    and the exit code is still decided by the gates.

    Args:
        escaped: the stream takes lines of UTF-8 text, and they become printable.

    Raises:
        SimtoolError: stdout is closed, or what it is redirected to is full.
    """
    from simtool.errors import OutputError, SimtoolError
    from simtool.io import writing_error

    if sys.stdout is None:
        raise OutputError("stdout is closed", hint="-o FILE writes a file")
    try:
        sys.stdout.flush()
        with _binary_stdout() as stream:
            yield cast(BinaryIO, _PrintableStream(stream)) if escaped else stream
            stream.flush()
    except BrokenPipeError:
        discard_stdout()
    except SimtoolError:
        raise
    except OSError as error:
        discard_stdout()
        raise writing_error(error, "stdout") from error


class _PrintableStream:
    """A binary stream for UTF-8 lines that reach the terminal printable, line by line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> None:
        """Write whole characters; line ends stay."""
        lines = data.decode().split("\n")
        self._stream.write("\n".join(map(printable, lines)).encode(sys.stdout.encoding or "utf-8", "backslashreplace"))


def _binary_stdout() -> AbstractContextManager[BinaryIO]:
    stream = sys.stdout.buffer
    # PYTHONUNBUFFERED makes it raw, and a raw write may end before the last byte
    return open(stream.fileno(), "wb", closefd=False) if isinstance(stream, io.RawIOBase) else nullcontext(stream)


def discard_stdout() -> None:
    """Let what is still to come on stdout end up nowhere."""
    if sys.stdout is not None:
        _send_nowhere(sys.stdout)


def _send_nowhere(stream: TextIO) -> None:
    # the interpreter flushes its streams once more as it ends, and that must not fail again
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
