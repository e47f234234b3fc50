"""Float32 rows whose products and differences NumKong sums in float64 as it reads them: they are never widened.

Widening rows takes longer than reading them from memory. Each number is turned into float64 in a register, where the
product of two is exact, so these are sums of float64 as all others are; only their order differs.
"""

from functools import cache

import numpy as np

from ..backend import widened_dots
from ..results import Column
from . import int8

FEWEST = 1 << 25  # numbers from which on it saves more than NumKong takes to import
PROBE = np.full((2, 64), 1.0 + 2.0**-23, dtype=np.float32)  # its squares need 47 bits, what is left without TINY 31
TINY = np.full((2, 64), 2.0**-30, dtype=np.float32)


def are_summed(numbers: int, *dtypes: np.dtype) -> bool:
    """Tell whether to sum rows of this many numbers in all as they are: enough of float32, and NumKong is there."""
    return numbers >= FEWEST and all(dtype == np.float32 for dtype in dtypes) and is_there()


@cache
def is_there() -> bool:
    """Tell whether NumKong is installed, and its sums are float64 on this processor."""
    return int8.is_installed() and _is_wide()


def dots_and_squares(x: Column, y: Column) -> Column:
    """Return the (3, n) float64 dot products xy, xx and yy of (n, d) float32 rows, by NumKong if it is there."""
    return np.stack([dots(x, y), dots(x, x), dots(y, y)]) if is_there() else widened_dots(x, y)


def dots(x: Column, y: Column) -> Column:
    """Return the (n,) float64 dot products of (n, d) float32 rows of numpy."""
    import numkong

    return np.asarray(numkong.dot(np.ascontiguousarray(x), np.ascontiguousarray(y)), dtype=np.float64)


def squared_distances(x: Column, y: Column) -> Column:
    """Return the (n,) float64 squared distances of (n, d) float32 rows of numpy, from their differences."""
    import numkong

    return np.asarray(numkong.sqeuclidean(np.ascontiguousarray(x), np.ascontiguousarray(y)), dtype=np.float64)


def _is_wide() -> bool:
    """Tell whether NumKong's sums are float64."""
    x, y = PROBE.astype(np.float64), TINY.astype(np.float64)
    found = np.stack([dots(PROBE, PROBE), squared_distances(PROBE, TINY)])
    return np.allclose(found, [np.vecdot(x, x), np.vecdot(x - y, x - y)], rtol=2.0**-50, atol=0.0)
