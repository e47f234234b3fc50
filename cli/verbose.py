"""What the library logs, on stderr: warnings as notes; with `--verbose` choices, times and parameters too."""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from simtool.results import scalar_to_python

from .output.cells import significant
from .output.terminal import say

MARK = "verbose: "


class _Said(logging.Handler):
    """Says what the library notes; of what is counted only the sum, at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.INFO:
            say(f"{MARK}{record.getMessage()}")
        elif record.levelno == logging.DEBUG and isinstance(record.args, tuple) and isinstance(record.args[0], int):
            self.counted[str(record.msg)] += record.args[0]


class _Noted(logging.Handler):
    """Says a warning as a note, unless notes are not wanted."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(logging.WARNING)
        self.quiet = quiet

    def emit(self, record: logging.LogRecord) -> None:
        if not self.quiet:
            say(f"note: {record.getMessage()}")


@contextmanager
def noting(*, quiet: bool) -> Iterator[None]:
    """Say what the library warns of while the body runs."""
    log, handler = logging.getLogger("simtool"), _Noted(quiet=quiet)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


@contextmanager
def explaining() -> Iterator[None]:
    """Let the library say how it works while the body runs."""
    log, handler, begun = logging.getLogger("simtool"), _Said(), time.monotonic()
    level = log.level
    log.setLevel(logging.DEBUG)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        for message, count in handler.counted.items():
            say(f"{MARK}{message % f'{count:,}'}")
        say(f"{MARK}{time.monotonic() - begun:.3g} s in all")


def say_parameters(parameters: Mapping[str, Any]) -> None:
    """Say every parameter that shaped the numbers, defaults and what was chosen among them."""
    given = (
        f"{name}={significant(scalar_to_python(value))}" for name, value in parameters.items() if value is not None
    )
    say(f"{MARK}{'  '.join(given)}")
