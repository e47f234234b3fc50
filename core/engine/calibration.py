"""How fast a product is on this machine, and whether it is as exact as its bound says: measured, in milliseconds."""

import time
from functools import cache
from math import inf

import numpy as np

from ..backend import Array, Backend
from ..metrics.precision import FLOAT32, Precision
from ..results import Column
from .kernels import Kernel, Side

SHAPE, GPU_SHAPE, TRIES = (128, 1024), (256, 2048), 3  # rows of both sides of the product that is measured
CHECKED = 8  # every so many columns are multiplied in float64 too
PAYS = 0.7  # share of the float32 time below which a reduced precision does


def pays(precision: Precision, backend: Backend, dims: int) -> bool:
    """Tell whether a product is clearly faster here than one in float32, and as exact as its bound says.

    Args:
        precision: a reduced one that the backend has.
        backend: where to compute.
        dims: length of the vectors.
    """
    return operation_seconds(precision, backend, dims) < PAYS * operation_seconds(FLOAT32, backend, dims)


@cache
def operation_seconds(precision: Precision, backend: Backend, dims: int) -> float:
    """Return the seconds of a multiplication with its addition, on a CPU in one thread; infinite for a wrong product.

    Args:
        precision: one that the backend has; numpy's int8 is NumKong's.
        backend: where to compute.
        dims: length of the vectors.
    """
    kernel = Kernel("cosine", precision.name, False, backend)
    shape = GPU_SHAPE if backend.is_cuda else SHAPE
    x, y = (kernel.prepare(rows) for rows in _cancelling(*shape, dims))
    with backend.in_one_thread():
        seconds = _fastest(kernel, x, y)
    # only what storing takes row by row tells of a reduced one
    right = precision.stored is not None or _is_bounded(kernel, x, y)
    return seconds / (2.0 * shape[0] * shape[1] * dims) if right else inf


def _cancelling(n: int, m: int, dims: int) -> tuple[Column, Column]:
    """Return rows whose products are small and the sums of their first halves are not.

    So it shows when parts of a sum were rounded before they were added.
    """
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((rows, dims)) + 1.0 for rows in (n, m))
    y[:, dims // 2 :] *= -1.0
    return x, y


def _is_bounded(kernel: Kernel, x: Side, y: Side) -> bool:
    """Tell whether the product of this library and device is what the proof assumes.

    That is, summed in float32 whatever the order, and rounded once, at the end. The rows are taken as they
    are stored: beside what storing them took, which the whole bound has room for, no other loss would show.
    """
    backend = kernel.backend
    proxy, left, right = _host(backend, kernel.tile(x, y)), *(_stored(backend, side) for side in (x, y))
    proxy, right = proxy[:, ::CHECKED], right[::CHECKED]
    most = _host(backend, kernel.error(_as_stored(x), _as_stored(y)))[:, None] + np.abs(proxy) * kernel.relative
    return bool((np.abs(proxy - left @ right.T) <= most).all())


def _as_stored(side: Side) -> Side:
    """Return rows as if nothing had been lost when they were stored."""
    norms, longest = side.norms + side.lost, side.longest + side.most_lost
    return side._replace(norms=norms, lost=0.0 * side.lost, longest=longest, most_lost=0.0)


def _stored(backend: Backend, side: Side) -> Column:
    """Return the numbers that rows are stored as."""
    rows = _host(backend, side.rows)
    return rows if side.steps is None else rows * side.steps.astype(np.float64)[:, None]


def _host(backend: Backend, array: Array) -> Column:
    return backend.get(backend.xp.astype(array, backend.xp.float64))


def _fastest(kernel: Kernel, x: Side, y: Side) -> float:
    backend, times, out = kernel.backend, [], None
    for _ in range(TRIES + 1):
        start = time.perf_counter()
        out = kernel.tile(x, y, out)
        backend.get(backend.xp.astype(out[:1, :1], backend.xp.float32))  # waits for the device
        times.append(time.perf_counter() - start)
    return min(times[1:])
