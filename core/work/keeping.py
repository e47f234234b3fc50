"""Blocks of a long loop: each is computed, or found where an earlier run has kept it. Imports next to nothing.

A loop gives its name, what tells it from others, how many blocks it has, and what computes one. Without a run that
keeps work it is a plain loop. Operations are deterministic, so the same run has the same loops in the same order, and
blocks are a function of shapes alone: any machine may compute any of them.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

Together = Callable[[Callable[[int], Any], Iterable[int]], Iterator[Any]]  # as `map`, perhaps several at once

MOST = 256  # blocks of a loop whose items are no query blocks


@dataclass(frozen=True)
class Loop:
    """A loop whose blocks may be kept.

    Args:
        name: in a few words with hyphens.
        key: what tells it from loops of the same name, such as the shapes.
        count: how many blocks there are.
        compute: takes the number of a block.
        in_order: a block needs those before it.
        together: calls `compute` for several numbers, as `map` does.
        stands: tells, of the number of a block and what is kept of it, whether what it has put elsewhere is there;
            else it is computed again.
    """

    name: str
    key: str
    count: int
    compute: Callable[[int], Any]
    in_order: bool = False
    together: Together = map
    stands: Callable[[int, Any], bool] = lambda number, kept: True


class Keeper(Protocol):
    """A run that keeps its work."""

    delivers: bool

    def blocks(self, loop: Loop) -> Iterator[Any]:
        """Yield what the blocks of a loop come to, in order."""


class PartDone(Exception):  # noqa: N818 - it ends a run, and nothing is wrong
    """A run has computed its own blocks, and others are missing.

    Args:
        stage: the loop, or "" where nothing is missing.
        missing: the names of its blocks that are not there, in order.
    """

    def __init__(self, stage: str = "", missing: Sequence[str] = ()) -> None:
        super().__init__(stage)
        self.stage, self.missing = stage, tuple(missing)


current: ContextVar[Keeper | None] = ContextVar("the run that keeps its work", default=None)


@contextmanager
def unkept() -> Iterator[None]:
    """Keep nothing of the body, as of a run on a sample."""
    token = current.set(None)
    try:
        yield
    finally:
        current.reset(token)


def is_kept() -> bool:
    """Tell whether the work of the running job is kept."""
    return current.get() is not None


def blocks(loop: Loop) -> Generator[Any]:
    """Yield what each block of a loop comes to, in order: found, or computed and kept.

    Raises:
        PartDone: other runs have to compute blocks first.
    """
    run = current.get()
    if run is None:
        yield from loop.together(loop.compute, range(loop.count))
    else:
        yield from run.blocks(loop)


def kept(name: str, items: Iterable[Item], through: Callable[[Iterable[Item]], Iterable[Outcome]]) -> Iterator[Outcome]:
    """Yield the outcomes of a loop over items, in order, some items a block where work is kept.

    Args:
        name: of the loop.
        items: plain values, such as ranges of rows, that depend on shapes alone.
        through: takes items and gives their outcomes: numbers, arrays, and records, tuples and lists of them.
    """
    if current.get() is None:
        yield from through(items)
        return
    everything = list(items)
    step = -(-len(everything) // MOST) or 1
    parts = [everything[start : start + step] for start in range(0, len(everything), step)]
    for found in blocks(Loop(name, repr(everything), len(parts), lambda number: list(through(parts[number])))):
        yield from found


def stop_short() -> None:
    """End a run that only computes blocks, now that nothing is missing.

    Raises:
        PartDone: it is one.
    """
    run = current.get()
    if run is not None and not run.delivers:
        raise PartDone
