"""One command's inputs and outputs as a whole: inputs that stay as they are, outputs that appear together.

Within `delivery()` every file that `replacing` has written waits until the body has ended well. Then the inputs are
compared with what they were when they were opened, and the outputs take their places one after the other; a failure
puts all of them back. A kill between two of these steps is the one moment that leaves some outputs new and some old.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from time import process_time
from typing import TYPE_CHECKING

from .errors import SimtoolError
from .staged import StagedFile, switch

if TYPE_CHECKING:
    from .io.source import Fingerprint

Check = Callable[[], None]


@dataclass(eq=False)
class Delivery:
    """What waits for the end of a command.

    Args:
        inputs: each raises a ResourceError where its input has changed.
        opened: what the inputs were, by name.
        begun: every file that is being written or waits.
        files: those that wait, in the order in which they take their places.
        afterwards: what to do once they have.
        started: the seconds that the process had taken of a processor when it began.
    """

    inputs: list[Check] = field(default_factory=list)
    opened: "dict[str, Fingerprint]" = field(default_factory=dict)
    begun: list[StagedFile] = field(default_factory=list)
    files: list[StagedFile] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    started: float = field(default_factory=process_time)


_current: ContextVar[Delivery | None] = ContextVar("delivery", default=None)
_running: list[Delivery] = []  # those of all threads


@contextmanager
def delivery() -> Iterator[None]:
    """Treat all inputs and outputs of the body as one; within another delivery, as a part of it.

    Raises:
        ResourceError: an input changed while it was read.
        OutputError, ResourceError: an output could not take its place.
    """
    if _current.get() is not None:
        yield
        return
    mine = Delivery()
    token = _current.set(mine)
    _running.append(mine)
    try:
        yield
        check_inputs()
        switch(mine.files)
    except SimtoolError:
        check_inputs()  # what is wrong with an input that changed is that it changed
        raise
    finally:
        _current.reset(token)
        _running.remove(mine)
        for file in mine.begun:
            file.discard()
    for action in mine.afterwards:
        action()


def watch(check: Check, name: str, opened: "Fingerprint") -> None:
    """Let a check of an input run before anything is delivered, and note what the input was."""
    if (current := _current.get()) is not None:
        current.inputs.append(check)
        current.opened[name] = opened


def watched() -> "dict[str, Fingerprint]":
    """Return what the inputs were when they were opened, by name."""
    current = _current.get()
    return {} if current is None else current.opened


def spent() -> float:
    """Return the seconds that the command has taken of a processor since it began to open its inputs."""
    current = _current.get()
    return 0.0 if current is None else process_time() - current.started


def check_inputs() -> None:
    """Refuse inputs that have changed since they were opened.

    Raises:
        ResourceError: one has.
    """
    inputs_check()()


def inputs_check() -> Check:
    """Return what `check_inputs` does, for other threads."""
    current = _current.get()
    return (lambda: None) if current is None else partial(_check, current)


def begin(file: StagedFile) -> None:
    """Let a file that is to be written vanish with the delivery, if that fails."""
    if (current := _current.get()) is not None:
        current.begun.append(file)


def deliver(file: StagedFile) -> None:
    """Let a complete file take its place, at once or with the others of the delivery."""
    if (current := _current.get()) is not None:
        current.files.append(file)
    else:
        switch([file])


def once_delivered(action: Callable[[], None]) -> None:
    """Do something once the outputs are in their places."""
    if (current := _current.get()) is not None:
        current.afterwards.append(action)
    else:
        action()


def withdraw() -> None:
    """Let nothing take its place of what has been written so far, and do nothing afterwards."""
    if (current := _current.get()) is not None:
        for file in current.begun:
            file.discard()
        current.files.clear()
        current.afterwards.clear()


def abandon() -> None:
    """Remove what was to be delivered, from any thread, when the process is about to end without unwinding.

    Raises:
        ResourceError: an input has changed.
    """
    for each in _running:
        for file in each.begun:
            file.discard()
    for each in _running:
        _check(each)


def _check(current: Delivery) -> None:
    for check in current.inputs:
        check()
