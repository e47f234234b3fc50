"""Lanes: the way of query blocks through one device, with the prepared blocks of B that the device keeps."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from ..backend import Array, quiet
from ..errors import ResourceError
from ..results import Column
from .budget import on_device
from .kernels import Kernel, Side, Tile
from .plan import GROUPS, Plan, Span
from .reducers.base import Reducer
from .threads import overlapped, processors, stop_if_unwanted
from .triton_kernel import fuses

LEAST_DIVIDED = 64  # rows of a tile
Prepared = tuple[Side, Any]  # with the mark of the end of the work that made it


class Lane:
    """The way of query blocks through one device.

    Args:
        a: (n, d) rows.
        b: (m, d) rows.
        kernel: on that device.
        plan: the grid.
        corpus_blocks: of another lane of the device, which keeps them all.
        workers: threads among which the rows of a tile are divided, where a product is made by the thread that asks.
    """

    def __init__(
        self,
        a: Column,
        b: Column,
        kernel: Kernel,
        plan: Plan,
        corpus_blocks: "_CorpusBlocks | None" = None,
        workers: int = 1,
    ) -> None:
        self.a = a
        self.kernel = kernel
        plan = on_device(plan, kernel.backend.free_memory, a.shape[1], kernel.precision.itemsize)
        self.plan = plan
        self.corpus_blocks = _CorpusBlocks(b, kernel, plan) if corpus_blocks is None else corpus_blocks
        self.fused = fuses(kernel, a.shape[1], plan.rows * plan.columns)
        self.scratch: Array = None
        self.workers = ThreadPoolExecutor(workers) if workers > 1 else None

    def __enter__(self) -> "Lane":
        return self

    def __exit__(self, *exception: object) -> None:
        self.corpus_blocks.reader.shutdown()
        if self.workers is not None:
            self.workers.shutdown()

    def finish(self, reducer: Reducer) -> Callable[[Span], Span]:
        """Return what takes a query block through this device into a reducer, and returns it."""

        def through(query_block: Span) -> Span:
            with self.kernel.backend.current():
                x = self.kernel.prepare(self.a[query_block.start : query_block.stop])
                reducer.begin(query_block)
                spans = [span for span in self.plan.corpus_blocks() if not reducer.skips(query_block, span)]
                for corpus_block, y in self.corpus_blocks.prepared(spans):
                    stop_if_unwanted()
                    if not reducer.skips(query_block, corpus_block):  # by what it has learnt of the tiles before
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
            proxy = self._scored(x, y, self.scratch if room is None else room)
        except self.kernel.backend.out_of_memory:
            proxy = self.scratch = None
        if proxy is None:
            self._divide(reducer, query_block, corpus_block, x, y)
            return
        reducer.take(query_block, corpus_block, Tile(self.kernel, x, y, proxy))
        if room is None and not reducer.holds:
            self.scratch = proxy  # what the reducer needs of it is copied by now

    def _scored(self, x: Side, y: Side, out: Array) -> Array:
        """Return a scored tile, made by several threads where there are some."""
        n, m = x.rows.shape[0], y.rows.shape[0]
        if self.workers is None or n < LEAST_DIVIDED:
            return self.kernel.tile(x, y, out)
        if out is None or out.shape != (n, m):
            out = np.empty((n, m), dtype=np.float64 if self.kernel.dtype == "float64" else np.float32)

        def fill(part: slice) -> None:
            scored = self.kernel.tile(x.part(part), y, out[part])
            if not np.may_share_memory(scored, out):
                out[part] = scored

        count = processors()
        list(self.workers.map(fill, (slice(n * i // count, n * (i + 1) // count) for i in range(count))))
        return out

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
                self._give(reducer, query_block, span, x, y.part(part))


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
