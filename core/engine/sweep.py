"""The sweep: every query block of A against every block of B, through a kernel into a reducer.

Of several devices each takes the next query block when it is free, and what they found is merged in order. Where work
is kept, some query blocks make a block of it, which is computed by itself, or found.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property, partial
from hashlib import blake2b
from queue import SimpleQueue
from threading import Lock
from typing import Any

from ..blas import is_controlled
from ..results import Column, Progress
from ..work import Loop, blocks, is_kept
from .kernels import Kernel, Tile
from .lanes import Lane
from .plan import Plan, Span
from .reducers.base import PartialResult, Reducer
from .threads import overlapped, processors

_log = logging.getLogger(__name__)
SAMPLED = 64  # rows that tell a set from others
BUFFERED_BYTES = 256 << 20  # of the tiles of a query block, in float64, that wait for the query blocks before it


def sweep(a: Column, b: Column, kernel: Kernel, reducer: Reducer, plan: Plan, progress: Progress | None = None) -> None:
    """Score all tiles of two host arrays.

    Args:
        a: (n, d) rows; a memory map is read query block by query block.
        b: (m, d) rows; a memory map is read block by block.
        kernel: prepares rows and scores tiles. Where its backend names several devices, each takes the next query block
            when it is free, and the reducer takes over what they found in the order of the query blocks.
        reducer: takes the tiles, one query block after the other, blocks in ascending order.
        plan: the grid, and how many prepared rows of B may be kept; a GPU keeps as many as it has room for.
        progress: called with the number of finished rows of A and of all.
    """
    _log.info(
        "%s × %s rows in tiles of %s × %s, products of %s; %s of the latter stay prepared",
        *(f"{count:,}" for count in (plan.rows, plan.columns, plan.query_block, min(plan.corpus_block, plan.columns))),
        kernel.products,
        f"{min(plan.kept_columns, plan.columns):,}",
    )
    part = reducer.part() if is_kept() or reducer.in_parts else None
    with _Ways(a, b, kernel, reducer if part is None else part.reducer, plan) as ways:
        if part is None:
            for query_block in ways.through(reducer, plan.query_blocks()):
                if progress is not None:
                    progress(query_block.stop, plan.rows)
            return
        ranges = plan.kept_blocks(a.shape[1], reducer.kept_bytes, whole_rows=reducer.whole_rows)
        said = _Done(progress, plan.rows)

        def compute(number: int) -> Any:
            part = reducer.part()
            assert part is not None
            for query_block in ways.alone(part.reducer, plan.within(ranges[number]).query_blocks()):
                said.more(len(query_block))
            return reducer.kept(ranges[number], part)

        name, key = type(reducer).__name__.lower(), f"{_recognised_by(a)} {_recognised_by(b)}"
        loop = Loop(
            name,
            key,
            len(ranges),
            compute,
            in_order=reducer.in_order,
            together=partial(overlapped, workers=ways.count),
            stands=lambda number, kept: reducer.stands(ranges[number], kept),
        )
        # closed before the lanes are, whatever happens: no thread computes in them any more
        with closing(blocks(loop)) as found:
            for rows, state in zip(ranges, found, strict=True):
                reducer.restore(rows, state)
                said.until(rows.stop)


class _Done:
    """How many rows of A are done, said as they come; several threads may say so."""

    def __init__(self, progress: Progress | None, rows: int) -> None:
        self.progress, self.rows, self.done, self.lock = progress, rows, 0, Lock()

    def more(self, count: int) -> None:
        """Some more are."""
        with self.lock:
            self._say(self.done + count)

    def until(self, done: int) -> None:
        """All of these are."""
        with self.lock:
            self._say(max(self.done, done))

    def _say(self, done: int) -> None:
        self.done = done
        if self.progress is not None:
            self.progress(done, self.rows)


def _recognised_by(rows: Column) -> str:
    """Return what tells rows from others: their shape, and a few of them."""
    some = rows[:: max(1, len(rows) // SAMPLED)]
    return f"{rows.shape} {rows.dtype} {blake2b(some.tobytes(), digest_size=8).hexdigest()}"


class _Ways(ExitStack):
    """The lanes of a sweep, made when the first query block is asked for.

    Args:
        a, b: (n, d) and (m, d) rows.
        kernel: of the tiles.
        reducer: of the kind that the tiles are for.
        plan: the grid.
    """

    def __init__(self, a: Column, b: Column, kernel: Kernel, reducer: Reducer, plan: Plan) -> None:
        super().__init__()
        self.sides, self.kernel, self.reducer, self.plan = (a, b), kernel, reducer, plan
        self.idle: SimpleQueue[Lane] = SimpleQueue()
        self.lock = Lock()

    @cached_property
    def kernels(self) -> list[Kernel]:
        """The kernel on each device."""
        return _kernels(self.kernel, self.reducer, self.plan)

    @cached_property
    def count(self) -> int:
        """How many lanes there are: one for each device, or for each query block that the CPU takes at once."""
        return max(len(self.kernels), query_blocks_at_once(self.kernel, self.plan) if self.reducer.apart else 1)

    @property
    def lanes(self) -> list[Lane]:
        """The lanes, made by the first thread that asks."""
        with self.lock:
            return self._made

    @cached_property
    def _made(self) -> list[Lane]:
        kernel, plan = self.kernel, self.plan
        workers = processors() if self.count == 1 and kernel.backend.name == "numpy" and is_controlled() else 1
        if max(self.count, workers) > 1:
            # a library's own threads wait for each other by counting, which takes time from everybody else
            self.enter_context(kernel.backend.in_one_thread())
        lanes = [self.enter_context(Lane(*self.sides, one, plan, workers=workers)) for one in self.kernels]
        if self.count > len(lanes):
            # what is between the products keeps one thread busy: several query blocks at once use them all
            lanes[0].corpus_blocks.keep_all()
            lanes += [Lane(*self.sides, kernel, plan, lanes[0].corpus_blocks) for _ in range(self.count - 1)]
        for lane in lanes:
            self.idle.put(lane)
        return lanes

    def through(self, reducer: Reducer, query_blocks: Iterable[Span]) -> Iterator[Span]:
        """Take query blocks into a reducer, and yield each when it has it."""
        if len(self.lanes) == 1:
            return map(self.lanes[0].finish(reducer), query_blocks)
        return _spread(self, reducer, query_blocks)

    def alone(self, reducer: Reducer, query_blocks: Iterable[Span]) -> Iterator[Span]:
        """Take query blocks into a reducer of the calling thread, in one lane, and yield each when it has it."""
        if len(self.kernels) > 1:  # a reducer is of one of them
            yield from _spread(self, reducer, query_blocks)
            return
        with self.lane() as lane:
            yield from map(lane.finish(reducer), query_blocks)

    @contextmanager
    def lane(self) -> Iterator[Lane]:
        """Give a lane that is idle, to one of as many threads as there are lanes."""
        assert self.lanes
        lane = self.idle.get()
        try:
            yield lane
        finally:
            self.idle.put(lane)


def _kernels(kernel: Kernel, reducer: Reducer, plan: Plan) -> list[Kernel]:
    """Return the kernel on each device; on one where all tiles of a query block would be buffered and are too many."""
    kernels = kernel.each()
    too_many = plan.query_block * plan.columns * 8 > BUFFERED_BYTES
    return kernels[:1] if too_many and reducer.partial(kernel) is None else kernels


def query_blocks_at_once(kernel: Kernel, plan: Plan) -> int:
    """Return how many query blocks the CPU takes at once, a thread for each, where a reducer allows for it."""
    if kernel.backend.device != "cpu" or (kernel.backend.name == "numpy" and not is_controlled()):
        return 1
    if plan.kept_columns < plan.columns:
        return 1
    return max(1, min(plan.lanes, processors(), -(-plan.rows // plan.query_block) // 2))


class Buffered(Reducer):
    """Keeps the tiles of a query block on their device, for a reducer that needs all query blocks in order.

    Args:
        reducer: that the tiles are for. It is asked only what it skips.
    """

    holds = True

    def __init__(self, reducer: Reducer) -> None:
        self.reducer = reducer
        self.tiles: list[tuple[Span, Tile]] = []

    def skips(self, query_block: Span, corpus_block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return self.reducer.skips(query_block, corpus_block)

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Keep the tile, whose memory is not used again."""
        self.tiles.append((corpus_block, tile))

    def give(self, query_block: Span) -> None:
        """Give the tiles to the reducer, as one device would have."""
        self.reducer.begin(query_block)
        for corpus_block, tile in self.tiles:
            self.reducer.take(query_block, corpus_block, tile)
        self.reducer.end(query_block)


def _spread(ways: _Ways, reducer: Reducer, query_blocks: Iterable[Span]) -> Iterator[Span]:
    """Yield the query blocks in order, each when the reducer has it.

    The answer is that of one device: the partial results are merged in the order of their query blocks.
    """

    def work(query_block: Span) -> tuple[Span, PartialResult | Buffered]:
        with ways.lane() as lane:
            partial_result = reducer.partial(lane.kernel)
            if partial_result is None:
                buffered = Buffered(reducer)
                lane.finish(buffered)(query_block)
                return query_block, buffered
            lane.finish(partial_result.reducer)(query_block)
            return query_block, partial_result

    # as many threads as lanes: whoever asks for an idle lane finds one
    for query_block, found in overlapped(work, query_blocks, ways.count):
        if isinstance(found, Buffered):
            found.give(query_block)
        else:
            reducer.merge(query_block, found)
        yield query_block
