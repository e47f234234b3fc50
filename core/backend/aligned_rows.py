"""Sums over aligned float32 rows of numpy, in float64."""

import numpy as np
from numpy.typing import NDArray

PART = 1 << 17  # numbers of one side: both widened stay in the processor's cache


def widened_dots(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the (3, n) dot products xy, xx and yy of (n, d) rows, some rows at a time: torch would go three times
    through products of all rows."""
    rows, width = x.shape
    step = min(rows, max(1, PART // width))
    wide, found = np.empty((2, step, width)), np.empty((3, rows))
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        part = wide[:, : stop - start]
        part[0], part[1] = (side[start:stop] for side in (x, y))
        for dots, (one, other) in zip(found, ((0, 1), (0, 0), (1, 1)), strict=True):
            np.vecdot(part[one], part[other], out=dots[start:stop])
    return found
