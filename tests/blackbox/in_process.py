"""The installed command without a process of its own: the same `main`, with its own arguments, folder and streams.

The streams are swapped below Python, so that whatever a command does with descriptors 0, 1 and 2 is what it would do in
a process. What is decided when the interpreter or a library starts is that of the test process: commands that depend on
it, such as on `PYTHONIOENCODING` or on the number of threads, need a process.
"""

import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, BinaryIO, TextIO
from unittest import mock

from simtool.cli.main import main

READ_LATE = {"COLUMNS", "NO_COLOR", "SIMTOOL_DEVICE", "TERM"}  # variables that are read when they are needed


def call(arguments: list[str], *, cwd: Path, env: Mapping[str, str], stdin: Any) -> tuple[int, bytes, bytes]:
    """Run `simtool ARGUMENTS` as the console script does; give the exit code, stdout and stderr.

    Args:
        arguments: the script and what was typed after it.
        cwd: the folder to run in.
        env: the whole environment.
        stdin: bytes, which come through a pipe, or an open file.
    """
    before = Path.cwd()
    with ExitStack() as stack:
        out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        stack.callback(os.chdir, before)
        os.chdir(cwd)
        stack.enter_context(mock.patch.dict(os.environ, env, clear=True))
        stack.enter_context(mock.patch.object(sys, "argv", arguments))
        # a script is no package; `python -m pytest` is, and would be shown as the program's name
        stack.enter_context(mock.patch.object(sys.modules["__main__"], "__package__", None, create=True))
        stack.enter_context(_signals())
        stack.enter_context(_streams(stack.enter_context(_readable(stdin)), out, err))
        stack.enter_context(_warnings_on_stderr())
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        shown = _finished(out, sys.stdout), _finished(err, sys.stderr)
    if code > 128:  # whoever sent that signal wanted the tests to end
        signal.raise_signal(code - 128)
    return code, *shown


def _finished(file: BinaryIO, stream: Any) -> bytes:
    if stream is not None:
        stream.flush()
    file.seek(0)
    return file.read()


@contextmanager
def _readable(stdin: Any) -> Iterator[int]:
    """Yield a descriptor to read from."""
    if not isinstance(stdin, bytes):
        yield stdin.fileno()
        return
    reader, writer = os.pipe()
    feeding = Thread(target=_feed, args=(writer, stdin), daemon=True)
    feeding.start()
    try:
        yield reader
    finally:
        os.close(reader)
        feeding.join(10)


def _feed(descriptor: int, data: bytes) -> None:
    try:
        with os.fdopen(descriptor, "wb") as pipe:
            pipe.write(data)
    except BrokenPipeError:  # a command may leave its input unread
        pass


@contextmanager
def _streams(stdin: int, stdout: BinaryIO, stderr: BinaryIO) -> Iterator[None]:
    """Let descriptors 0, 1 and 2, and Python's streams over them, be other ones."""
    kept = [os.dup(number) for number in range(3)]
    try:
        for number, other in enumerate((stdin, stdout.fileno(), stderr.fileno())):
            os.dup2(other, number)
        with (
            _opened(0, "r", sys.__stdout__.errors) as stdin_text,
            _opened(1, "w", sys.__stdout__.errors) as stdout_text,
            _opened(2, "w", "backslashreplace") as stderr_text,
            mock.patch.multiple(sys, stdin=stdin_text, stdout=stdout_text, stderr=stderr_text),
        ):
            yield
    finally:
        for number, descriptor in enumerate(kept):
            os.dup2(descriptor, number)
            os.close(descriptor)


def _opened(descriptor: int, mode: str, errors: str) -> TextIO:
    """Return a stream in the encoding of the interpreter's own, which a child would have too."""
    return open(descriptor, mode, encoding=sys.__stdout__.encoding, errors=errors, closefd=False)


@contextmanager
def _signals() -> Iterator[None]:
    """Put back what `main` does about signals."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


@contextmanager
def _warnings_on_stderr() -> Iterator[None]:
    """Treat warnings as an interpreter does by default."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        for quiet in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", quiet)
        yield
