"""Progress of long work on stderr: a bar with an estimate on a terminal, else a plain line every 30 seconds.

Work comes in phases. What is counted, how fast and how much is left is that of the present phase alone, because nobody
knows what the next ones take.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .output.terminal import say

PATIENCE = 1.0  # seconds before a bar appears
EVERY = 30.0  # seconds between plain lines
EVERY_EPOCHS = 10  # between two lines of training


@contextmanager
def progress_on_stderr(*, quiet: bool, verbose: bool = False) -> Iterator["_Phases | None"]:
    """Yield a callback that takes what is done of a phase and its total; None when quiet; verbose tells each phase."""
    if quiet and not verbose:
        yield None
        return
    shown = _Ended() if verbose else _Bar() if sys.stderr is not None and sys.stderr.isatty() else _Lines()
    try:
        yield shown
    finally:
        shown.stop()


class _Phases:
    """Takes what is done; a phase begins where that is said, and where counting starts again or to another total."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.phase("", "rows")

    def phase(self, name: str, unit: str) -> None:
        """Begin a phase."""
        self.name, self.unit = name, unit
        self.start, self.done, self.total = time.monotonic(), 0, 0

    def __call__(self, done: int, total: int) -> None:
        """Take how much of the phase is done, and of how much."""
        if self.total and (done < self.done or total != self.total):
            self.phase(self.name, self.unit)
        self.done, self.total = done, total
        self.show()

    def show(self) -> None:
        """Show what is done."""

    def stop(self) -> None:
        """Show nothing more."""


class _Lines(_Phases):
    def __init__(self) -> None:
        super().__init__()
        self.last = self.begun

    def show(self) -> None:
        now = time.monotonic()
        if now - self.last < EVERY or not self.done:
            return
        self.last = now
        rate = self.done / max(now - self.start, 1e-9)
        counted = f"{self.done:,} of {self.total:,} {self.unit}, {rate:,.{0 if rate >= 10 else 2}f} {self.unit}/s"
        name = f"{self.name}: " if self.name else ""
        say(f"progress: {name}{counted}, about {(self.total - self.done) / rate:,.0f} s left of this phase")


class _Ended(_Phases):
    """A line for each phase that has ended."""

    def phase(self, name: str, unit: str) -> None:
        self.stop()
        super().phase(name, unit)

    def stop(self) -> None:
        if getattr(self, "done", 0):
            seconds = time.monotonic() - self.start
            say(f"verbose: {self.name or 'work'}: {self.done:,} {self.unit} in {seconds:.3g} s")
            self.done = 0


class _Bar(_Phases):
    """A bar that appears only once the work has proved long, so that short work imports nothing."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.task: Any = None
        super().__init__()

    def phase(self, name: str, unit: str) -> None:
        super().phase(name, unit)
        if self.bar is not None:
            self.bar.reset(self.task, total=None, description=name, unit=unit)

    def show(self) -> None:
        if self.bar is None and time.monotonic() - self.begun > PATIENCE and self.done < self.total:
            self._open()
        if self.bar is not None:
            self.bar.update(self.task, completed=self.done, total=self.total)

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeElapsedColumn(),
            "left",
            TimeRemainingColumn(),
        )
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self.bar.start()
        self.task = self.bar.add_task(self.name, total=self.total, unit=self.unit)

    def stop(self) -> None:
        if self.bar is not None:
            self.bar.stop()


class Epochs:
    """The loss of training on stderr: every ten epochs, after the last one, and where an epoch takes long."""

    def __init__(self) -> None:
        self.start = self.last = 0.0
        self.first: int | None = None

    def __call__(self, epoch: int, epochs: int, loss: float, score: float | None) -> None:
        """Take the loss of an epoch, of so many, and the score for early stopping."""
        now = time.monotonic()
        if self.first is None:  # which took as long as its imports
            self.first, self.start, self.last = epoch, now, now
        if epoch % EVERY_EPOCHS and epoch < epochs and now - self.last < EVERY:
            return
        self.last = now
        scored = "" if score is None else f"  score {score:.6g}"
        left = (now - self.start) / max(1, epoch - self.first) * (epochs - epoch)
        estimate = f"  about {left:,.0f} s left" if left >= 1 else ""
        say(f"epoch {epoch} of {epochs}  loss {loss:.6g}{scored}{estimate}")
