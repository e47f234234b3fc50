"""Several devices: each takes the next stripe when it is free, and what they found is joined in order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import SimpleQueue
from typing import Protocol

from .kernels import Kernel, Tile
from .plan import Span
from .reducers.base import Part, Reducer
from .threads import overlapped


class Lane(Protocol):
    """The way of stripes through one device."""

    kernel: Kernel

    def finish(self, reducer: Reducer) -> Callable[[Span], Span]:
        """Return what takes a stripe through the device into a reducer."""


class Held(Reducer):
    """Keeps the tiles of a stripe on their device, for a reducer that needs all stripes in order.

    Args:
        reducer: that the tiles are for. It is asked only what it skips.
    """

    holds = True

    def __init__(self, reducer: Reducer) -> None:
        self.reducer = reducer
        self.tiles: list[tuple[Span, Tile]] = []

    def skips(self, stripe: Span, block: Span) -> bool:
        """Tell whether this tile has nothing to give."""
        return self.reducer.skips(stripe, block)

    def take(self, stripe: Span, block: Span, tile: Tile) -> None:
        """Keep the tile, whose memory is not used again."""
        self.tiles.append((block, tile))

    def give(self, stripe: Span) -> None:
        """Give the tiles to the reducer, as one device would have."""
        self.reducer.begin(stripe)
        for block, tile in self.tiles:
            self.reducer.take(stripe, block, tile)
        self.reducer.end(stripe)


def spread(lanes: Sequence[Lane], reducer: Reducer, stripes: Iterable[Span]) -> Iterator[Span]:
    """Yield the stripes in order, each when the reducer has it.

    The answer is that of one device: a part of the reducer finds in its stripe what any other would have found,
    exactly, and the reducer sees the parts in the order of their stripes, whichever device was first.

    Args:
        lanes: one for each device; it takes one stripe at a time.
        reducer: joins the parts, in this thread.
        stripes: in ascending order.
    """
    idle: SimpleQueue[Lane] = SimpleQueue()
    for lane in lanes:
        idle.put(lane)

    def work(stripe: Span) -> tuple[Span, Part | Held]:
        lane = idle.get()
        try:
            part = reducer.part(lane.kernel)
            held = Held(reducer) if part is None else part
            lane.finish(held if isinstance(held, Held) else held.reducer)(stripe)
            return stripe, held
        finally:
            idle.put(lane)

    # as many threads as lanes: whoever asks for an idle lane finds one
    for stripe, found in overlapped(work, stripes, len(lanes)):
        if isinstance(found, Held):
            found.give(stripe)
        else:
            reducer.join(stripe, found)
        yield stripe
