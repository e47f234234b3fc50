"""The sweep: every query block of A against every block of B, through a kernel into a reducer."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from ..backend import Array, quiet
from ..errors import ResourceError
from ..results import Column
from .budget import on_device
from .kernels import Kernel, Side, Tile
from .lanes import spread
from .plan import GROUPS, Plan, Progress, Span
from .reducers.base import Reducer
from .threads import overlapped, processors
from .triton_kernel import fuses

HELD_BYTES = (
    256 << 20
)  # of the tiles of a query block in float64, which wait on their device for the query blocks before it
Prepared = tuple[Side, Any]  # with the mark of the end of the work that made it


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
    with ExitStack() as stack:
        lanes = [stack.enter_context(Lane(a, b, one, plan)) for one in _kernels(kernel, reducer, plan)]
        count = query_blocks_at_once(kernel, plan) if reducer.apart else 1
        if count > 1:
            # what is between the products keeps one thread busy: several query blocks at once use them all
            stack.enter_context(kernel.backend.in_one_thread())
            lanes[0].corpus_blocks.keep_all()
            lanes += [Lane(a, b, kernel, plan, lanes[0].corpus_blocks) for _ in range(count - 1)]
        finished = map(lanes[0].finish(reducer), plan.query_blocks())
        for query_block in finished if len(lanes) == 1 else spread(lanes, reducer, plan.query_blocks()):
            if progress is not None:
                progress(query_block.stop, plan.rows)


def _kernels(kernel: Kernel, reducer: Reducer, plan: Plan) -> list[Kernel]:
    """Return the kernel on each device; on one where all tiles of a query block would be held and are too many."""
    kernels = kernel.each()
    return (
        kernels[:1] if plan.query_block * plan.columns * 8 > HELD_BYTES and reducer.partial(kernel) is None else kernels
    )


def query_blocks_at_once(kernel: Kernel, plan: Plan) -> int:
    """Return how many query blocks the CPU takes at once, a thread for each, where a reducer allows for it."""
    if kernel.backend.name == "numpy" or kernel.backend.device != "cpu":
        return 1
    if plan.kept_columns < plan.columns:
        return 1
    return max(1, min(plan.lanes, processors(), -(-plan.rows // plan.query_block) // 2))


class Lane:
    """The way of query blocks through one device.

    Args:
        a: (n, d) rows.
        b: (m, d) rows.
        kernel: on that device.
        plan: the grid.
        corpus_blocks: of another lane of the device, which keeps them all.
    """

    def __init__(
        self, a: Column, b: Column, kernel: Kernel, plan: Plan, corpus_blocks: "_CorpusBlocks | None" = None
    ) -> None:
        self.a = a
        self.kernel = kernel
        plan = on_device(plan, kernel.backend.free_memory, a.shape[1], kernel.precision.itemsize)
        self.plan = plan
        self.corpus_blocks = _CorpusBlocks(b, kernel, plan) if corpus_blocks is None else corpus_blocks
        self.fused = fuses(kernel, a.shape[1], plan.rows * plan.columns)
        self.scratch: Array = None

    def __enter__(self) -> "Lane":
        return self

    def __exit__(self, *exception: object) -> None:
        self.corpus_blocks.reader.shutdown()

    def finish(self, reducer: Reducer) -> Callable[[Span], Span]:
        """Return what takes a query block through this device into a reducer, and returns it."""

        def through(query_block: Span) -> Span:
            with self.kernel.backend.current():
                x = self.kernel.prepare(self.a[query_block.start : query_block.stop])
                reducer.begin(query_block)
                spans = [span for span in self.plan.corpus_blocks() if not reducer.skips(query_block, span)]
                for corpus_block, y in self.corpus_blocks.prepared(spans):
                    self._give(reducer, query_block, corpus_block, x, y)
                reducer.end(query_block)
            return query_block

        return through

    def _give(self, reducer: Reducer, query_block: Span, corpus_block: Span, x: Side, y: Side) -> None:
        """Score a tile for the reducer, in halves where the device has no room for a whole one."""
        if self.fused and reducer.scans:
            reducer.take(query_block, corpus_block, Tile(self.kernel, x, y))
            return
        try:
            room = reducer.room(query_block, corpus_block)
            proxy = self.kernel.tile(x, y, self.scratch if room is None else room)
        except self.kernel.backend.out_of_memory:
            proxy = self.scratch = None
        if proxy is None:
            self._divide(reducer, query_block, corpus_block, x, y)
            return
        reducer.take(query_block, corpus_block, Tile(self.kernel, x, y, proxy))
        if room is None and not reducer.holds:
            self.scratch = proxy  # what the reducer needs of it is copied by now

    def _divide(self, reducer: Reducer, query_block: Span, corpus_block: Span, x: Side, y: Side) -> None:
        """Try a tile again without the blocks that were kept, then in halves."""
        if self.corpus_blocks.dropped():
            self._give(reducer, query_block, corpus_block, x, y)
            return
        if len(corpus_block) <= GROUPS:
            raise ResourceError("not even a small tile fits", "«device»", "use «device=cpu»")
        middle = len(corpus_block) // 2 // GROUPS * GROUPS or GROUPS
        for part in (slice(0, middle), slice(middle, len(corpus_block))):
            span = Span(corpus_block.start + part.start, corpus_block.start + part.stop)
            if not reducer.skips(query_block, span):
                half = y._replace(rows=y.rows[part], norms=y.norms[part], lost=y.lost[part])
                self._give(reducer, query_block, span, x, half)


class _CorpusBlocks:
    """Prepared blocks of B: kept while there is room, else the next one is read while this one is multiplied.

    On a GPU they are copied and prepared in a queue of their own, and what is multiplied waits for its own block
    alone: the next one is on its way meanwhile.
    """

    def __init__(self, b: Column, kernel: Kernel, plan: Plan) -> None:
        self.b = b
        self.kernel = kernel
        self.plan = plan
        self.kept_columns = plan.kept_columns
        self.kept: dict[int, Side] = {}
        self.reader = ThreadPoolExecutor(1)
        self.queue = kernel.backend.queue()

    def prepared(self, spans: list[Span]) -> Iterator[tuple[Span, Side]]:
        """Yield the spans with their prepared rows."""
        ahead: Future[Prepared] | None = None
        for number, span in enumerate(spans):
            side = self.kept.get(span.start) or self._arrived(span, ahead)
            if span.stop <= self.kept_columns:
                self.kept[span.start] = side
            following = spans[number + 1] if number + 1 < len(spans) else None
            ahead = None
            if following is not None and following.start not in self.kept:
                ahead = self.reader.submit(self._prepare, following)
            yield span, side

    def keep_all(self) -> None:
        """Prepare all blocks, several at once."""
        spans = list(self.plan.corpus_blocks())
        for span, (side, _) in zip(spans, overlapped(self._prepare, spans, processors()), strict=True):
            self.kept[span.start] = side

    def dropped(self) -> bool:
        """Keep no blocks from now on; tell whether any were kept."""
        held = bool(self.kept)
        self.kept.clear()
        self.kept_columns = 0
        self.kernel.backend.release()
        return held

    def _arrived(self, span: Span, ahead: Future[Prepared] | None) -> Side:
        """Return a block that is prepared ahead or now; the work that follows may use it."""
        backend = self.kernel.backend
        try:
            side, end = ahead.result() if ahead is not None else self._prepare(span)
        except backend.out_of_memory:
            self.dropped()
            side, end = self._prepare(span)
        backend.meet(end, side.rows, side.norms, side.lost)
        return side

    def _prepare(self, span: Span) -> Prepared:
        with quiet(), self.kernel.backend.queued(self.queue) as end:
            return self.kernel.prepare(self.b[span.start : span.stop]), end
