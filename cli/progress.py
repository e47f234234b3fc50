"""Progress of long work on stderr: a bar with an estimate on a terminal, else a plain line every 30 seconds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .terminal import say

PATIENCE = 1.0  # seconds before a bar appears
EVERY = 30.0  # seconds between plain lines

Report = Callable[[int, int], None]


@contextmanager
def progress_on_stderr(*, quiet: bool) -> Iterator[Report | None]:
    """Yield a callback that takes the rows that are done and their total; None when quiet."""
    if quiet:
        yield None
    elif sys.stderr is not None and sys.stderr.isatty():
        bar = _Bar()
        try:
            yield bar.report
        finally:
            bar.stop()
    else:
        yield _Lines().report


class _Lines:
    def __init__(self) -> None:
        self.start = self.last = time.monotonic()

    def report(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.last < EVERY:
            return
        self.last = now
        elapsed = now - self.start
        left = elapsed / done * (total - done)
        say(f"progress: {done:,} of {total:,} rows, {done / elapsed:,.0f} rows/s, about {left:,.0f} s left")


class _Bar:
    """A bar that appears only once the work has proved long, so that short work imports nothing."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.bar: Any = None
        self.task: Any = None

    def report(self, done: int, total: int) -> None:
        if self.bar is None and time.monotonic() - self.start > PATIENCE and done < total:
            self._open(total)
        if self.bar is not None:
            self.bar.update(self.task, completed=done)

    def _open(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

        columns = (BarColumn(), MofNCompleteColumn(), "rows", TimeElapsedColumn(), "left", TimeRemainingColumn())
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self.bar.start()
        self.task = self.bar.add_task("", total=total)

    def stop(self) -> None:
        if self.bar is not None:
            self.bar.stop()
