"""The sweep: every stripe of A against every block of B, through a kernel into a reducer."""

from collections.abc import Callable

from ..results import Column
from .kernels import Kernel, Side
from .reducers import Reducer
from .tiles import Plan

KEPT_BYTES = 512 << 20  # prepared blocks of B that are kept instead of being prepared for every stripe

Progress = Callable[[int, int], None]


def sweep(a: Column, b: Column, kernel: Kernel, reducer: Reducer, plan: Plan, progress: Progress | None = None) -> None:
    """Score all tiles of two host arrays.

    Args:
        a: (n, d) rows; a memory map is read stripe by stripe.
        b: (m, d) rows; a memory map is read block by block.
        kernel: prepares rows and scores tiles.
        reducer: takes the tiles, one stripe after the other, blocks in ascending order.
        plan: the grid.
        progress: called with the number of finished rows of A and of all.
    """
    keep = KEPT_BYTES // (b.shape[1] * 4 + 8)
    prepared: dict[int, Side] = {}
    for stripe in plan.stripes():
        x = kernel.prepare(a[stripe.start : stripe.stop])
        reducer.begin(stripe)
        for block in plan.blocks():
            if reducer.skips(stripe, block):
                continue
            y = prepared.get(block.start) or kernel.prepare(b[block.start : block.stop])
            if block.stop <= keep:
                prepared[block.start] = y
            near, error = kernel.tile(x, y)
            reducer.take(stripe, block, near, error)
        reducer.end(stripe)
        if progress is not None:
            progress(stripe.stop, plan.rows)
