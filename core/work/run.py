"""A run that keeps its work in a folder: its own blocks are computed, all others found."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from math import inf
from time import monotonic
from typing import Any

from ..delivery import Check, check_inputs, inputs_check
from ..errors import ParameterError
from .encoding import decoded, encoded
from .folder import WorkFolder
from .keeping import Loop, PartDone, current
from .manifest import Manifest

QUICK, SELDOM = 0.1, 20  # where looking at the inputs takes more seconds, they are let be for so many times as long
Share = Callable[[str, int], Iterable[int]]  # takes a stage and how many blocks it has, gives ascending numbers


def shard(number: int, of: int) -> Share:
    """Return the blocks of one of several runs: number of `of`, counted from 1."""
    return lambda _, count: range(number - 1, count, of)


@dataclass
class WorkRun:
    """One run of an operation in a work folder.

    Args:
        folder: where the blocks lie.
        manifest: what is computed, of which inputs.
        share: which missing blocks of a stage this run computes; None for each when its turn comes.
        delivers: whether the result is wanted once no block is missing.
        begun: how many stages have begun.
    """

    folder: WorkFolder
    manifest: Manifest
    share: Share | None = None
    delivers: bool = True
    begun: int = 0

    def blocks(self, loop: Loop) -> Iterator[Any]:
        """Yield what the blocks of a stage come to, in order.

        Raises:
            PartDone: blocks are missing that are not of this run's share.
            ParameterError: the inputs are others, or blocks that need those before them are to be shared out.
        """
        self.begun += 1
        digest = blake2b(f"{loop.key} {loop.count}".encode(), digest_size=4).hexdigest()
        stage = f"{self.begun:03d}-{loop.name}-{digest}"
        if self.share is not None and loop.in_order and not self.delivers:
            what = "here each block of rows needs those before it, so that nothing can be shared out"
            raise ParameterError(what, "«shard»", "leave it out; or another linkage: connected can")
        self.manifest.check_inputs(self.folder)
        names = [f"{stage}/block-{number + 1:05d}-of-{loop.count:05d}" for number in range(loop.count)]
        mark, check = self.manifest.key(), _seldom(inputs_check())

        def found(number: int) -> tuple[Any] | None:
            kept = self._found(names[number], mark)
            return kept if kept is not None and loop.stands(number, kept[0]) else None

        def computed(number: int) -> tuple[Any]:
            return found(number) or self._computed(names[number], mark, partial(loop.compute, number), check)

        together = map if loop.in_order else loop.together
        if self.share is None:
            for outcome in together(computed, range(loop.count)):
                yield outcome[0]
            return
        mine = self.share(stage, loop.count)
        for _ in (together if isinstance(mine, range) else map)(computed, mine):  # a queue waits for the last
            pass
        self._stop_where_missing(stage, names)
        for number in range(loop.count):
            there = found(number)
            if there is None:
                self._stop(stage, [names[each] for each in range(number, loop.count) if found(each) is None])
            else:
                yield there[0]

    def _computed(self, name: str, mark: bytes, compute: Callable[[], Any], check: Check) -> tuple[Any]:
        """Return what a block comes to, alone in a tuple; it is not kept where an input has changed meanwhile."""
        token = current.set(None)  # what a block computes on its way is not kept
        try:
            outcome = compute()
        finally:
            current.reset(token)
        check()
        self.folder.write(name, encoded(outcome, _key(name, mark)))
        return (outcome,)

    def _found(self, name: str, mark: bytes) -> tuple[Any] | None:
        data = self.folder.read(name)
        return None if data is None else decoded(data, _key(name, mark))

    def _stop_where_missing(self, stage: str, names: list[str]) -> None:
        there = self.folder.names(stage)
        if missing := [name for name in names if name not in there]:
            self._stop(stage, missing)

    def _stop(self, stage: str, missing: list[str]) -> None:
        check_inputs()
        raise PartDone(stage, missing)


def _seldom(check: Check) -> Check:
    """Return a check that is left out where it would take a large part of the time, as of many files far away."""
    ended, took = -inf, 0.0

    def run() -> None:
        nonlocal ended, took
        begun = monotonic()
        if took <= QUICK or begun - ended >= SELDOM * took:
            check()
            ended = monotonic()
            took = ended - begun

    return run


def _key(name: str, mark: bytes) -> bytes:
    """Return what tells a block from the others of its work, and from those of any other."""
    return blake2b(name.encode(), key=mark).digest()


@contextmanager
def working(
    path: str,
    operation: str,
    parameters: Mapping[str, Any],
    *,
    beside: Mapping[str, Any] | None = None,
    share: Share | None = None,
    delivers: bool = True,
) -> Iterator[WorkRun]:
    """Keep the work of the body in a folder.

    Args:
        path: the folder, or an address; it is made where it is missing.
        operation: what the body computes.
        parameters: all that its blocks depend on but the inputs; a value of None is none.
        beside: parameters that no block depends on; the folder keeps those of its first run.
        share: which missing blocks this run computes; None for all.
        delivers: whether the body's result is wanted.

    Raises:
        ParameterError: the folder is that of another operation, or of other parameters or inputs.
        OutputError: the folder cannot be written to.
        PartDone: blocks are missing that are not of this run's share.
    """
    folder = WorkFolder(path)
    manifest = Manifest.of(folder, operation, parameters, beside or {})
    run = WorkRun(folder, manifest, share, delivers)
    token = current.set(run)
    try:
        yield run
    finally:
        current.reset(token)
