"""The sweep: every stripe of A against every block of B, through a kernel into a reducer."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from ..backend import Array, quiet
from ..errors import ResourceError
from ..results import Column
from .kernels import Kernel, Side, Tile
from .reducers import Reducer
from .tiles import GROUPS, Plan, Span

Progress = Callable[[int, int], None]


def sweep(a: Column, b: Column, kernel: Kernel, reducer: Reducer, plan: Plan, progress: Progress | None = None) -> None:
    """Score all tiles of two host arrays.

    Args:
        a: (n, d) rows; a memory map is read stripe by stripe.
        b: (m, d) rows; a memory map is read block by block.
        kernel: prepares rows and scores tiles.
        reducer: takes the tiles, one stripe after the other, blocks in ascending order.
        plan: the grid, and how many prepared rows of B may be kept.
        progress: called with the number of finished rows of A and of all.
    """
    tiles = _Tiles(kernel, reducer)
    with _Blocks(b, kernel, plan) as blocks:
        for stripe in plan.stripes():
            x = kernel.prepare(a[stripe.start : stripe.stop])
            reducer.begin(stripe)
            for block, y in blocks.prepared([span for span in plan.blocks() if not reducer.skips(stripe, span)]):
                tiles.give(stripe, block, x, y)
            reducer.end(stripe)
            if progress is not None:
                progress(stripe.stop, plan.rows)


class _Tiles:
    """Scores tiles and gives them to the reducer, in halves where the device has no room for a whole one."""

    def __init__(self, kernel: Kernel, reducer: Reducer) -> None:
        self.kernel = kernel
        self.reducer = reducer
        self.scratch: Array = None

    def give(self, stripe: Span, block: Span, x: Side, y: Side) -> None:
        try:
            room = self.reducer.room(stripe, block)
            near = self.kernel.tile(x, y, self.scratch if room is None else room)
        except self.kernel.backend.out_of_memory:
            self.scratch = None
            if len(block) <= GROUPS:
                raise ResourceError("not even a small tile fits", "--device", "use --device cpu") from None
            middle = len(block) // 2 // GROUPS * GROUPS or GROUPS
            for part in (slice(0, middle), slice(middle, len(block))):
                span = Span(block.start + part.start, block.start + part.stop)
                if not self.reducer.skips(stripe, span):
                    self.give(stripe, span, x, y._replace(rows=y.rows[part], norms=y.norms[part], lost=y.lost[part]))
            return
        self.reducer.take(stripe, block, Tile(self.kernel, x, y, near))
        if room is None:
            self.scratch = near  # what the reducer needs of it is copied by now


class _Blocks:
    """Prepared blocks of B: kept while there is room, else the next one is read while this one is multiplied."""

    def __init__(self, b: Column, kernel: Kernel, plan: Plan) -> None:
        self.b = b
        self.kernel = kernel
        self.plan = plan
        self.kept: dict[int, Side] = {}
        self.reader = ThreadPoolExecutor(1)

    def __enter__(self) -> "_Blocks":
        return self

    def __exit__(self, *exception: object) -> None:
        self.reader.shutdown()

    def prepared(self, spans: list[Span]) -> Iterator[tuple[Span, Side]]:
        """Yield the spans with their prepared rows."""
        ahead: Future[Side] | None = None
        for number, span in enumerate(spans):
            side = ahead.result() if ahead is not None else self.kept.get(span.start) or self._prepare(span)
            if span.stop <= self.plan.kept_columns:
                self.kept[span.start] = side
            following = spans[number + 1] if number + 1 < len(spans) else None
            ahead = None
            if following is not None and following.start not in self.kept:
                ahead = self.reader.submit(self._prepare, following)
            yield span, side

    def _prepare(self, span: Span) -> Side:
        with quiet():
            return self.kernel.prepare(self.b[span.start : span.stop])
