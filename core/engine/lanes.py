"""Several devices: each takes the next query block when it is free, and what they found is merged in order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import SimpleQueue
from typing import Protocol

from .kernels import Kernel, Tile
from .plan import Span
from .reducers.base import PartialResult, Reducer
from .threads import overlapped


class Lane(Protocol):
    """The way of query blocks through one device."""

    kernel: Kernel

    def finish(self, reducer: Reducer) -> Callable[[Span], Span]:
        """Return what takes a query block through the device into a reducer."""


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


def spread(lanes: Sequence[Lane], reducer: Reducer, query_blocks: Iterable[Span]) -> Iterator[Span]:
    """Yield the query blocks in order, each when the reducer has it.

    The answer is that of one device: what is found in a query block does not depend on the others, and the reducer
    merges the partial results in the order of their query blocks, whichever device was first.

    Args:
        lanes: one for each device; it takes one query block at a time.
        reducer: merges the partial results, in this thread.
        query_blocks: in ascending order.
    """
    idle: SimpleQueue[Lane] = SimpleQueue()
    for lane in lanes:
        idle.put(lane)

    def work(query_block: Span) -> tuple[Span, PartialResult | Buffered]:
        lane = idle.get()
        try:
            partial = reducer.partial(lane.kernel)
            if partial is None:
                buffered = Buffered(reducer)
                lane.finish(buffered)(query_block)
                return query_block, buffered
            lane.finish(partial.reducer)(query_block)
            return query_block, partial
        finally:
            idle.put(lane)

    # as many threads as lanes: whoever asks for an idle lane finds one
    for query_block, found in overlapped(work, query_blocks, len(lanes)):
        if isinstance(found, Buffered):
            found.give(query_block)
        else:
            reducer.merge(query_block, found)
        yield query_block
