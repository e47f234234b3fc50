"""Which precision a scan had better use on this machine, measured in milliseconds and not read from a list."""

import time
from functools import cache

import numpy as np

from ..backend import Array, Backend, choose_backend
from ..metrics.precision import FLOAT32, REDUCED, Precision
from ..results import Column
from .kernels import Kernel, Side

ROWS, COLUMNS, TRIES = 256, 2048, 3
CHECKED = 8  # every so many columns are multiplied in float64 too
PAYS = 0.7  # share of the float32 time below which it does
LARGE = 3e11  # operations after which what torch brings outweighs the seconds that it takes to import


def backend_of_scan(backend: str, device: str, operations: float) -> Backend:
    """Return where a scan that may run in a reduced precision is computed: torch has one, which only a large scan pays.

    Args:
        backend: what was asked for, or `auto`.
        device: what was asked for.
        operations: multiplications and additions.
    """
    if backend == "auto" and device == "cpu" and operations > LARGE:
        backend = "torch"
    return choose_backend(backend, device)


def fastest(backend: Backend, dims: int) -> Precision:
    """Return the reduced precision that pays, or float32.

    Args:
        backend: where to compute.
        dims: length of the vectors.
    """
    return next((precision for precision in REDUCED if pays(precision, backend, dims)), FLOAT32)


@cache
def pays(precision: Precision, backend: Backend, dims: int) -> bool:
    """Tell whether a product is clearly faster here than one in float32, and as exact as its bound says.

    Args:
        precision: a reduced one.
        backend: numpy has none of them.
        dims: length of the vectors.
    """
    if backend.name == "numpy":
        return False
    kernels = [Kernel("cosine", each.name, False, backend) for each in (precision, FLOAT32)]
    sides = [tuple(kernel.prepare(rows) for rows in _cancelling(dims)) for kernel in kernels]
    fast, reference = (_fastest(backend, x.rows, y.rows) for x, y in sides)
    return fast < PAYS * reference and _is_bounded(kernels[0], *sides[0])


def _cancelling(dims: int) -> tuple[Column, Column]:
    """Return rows whose products are small and the sums of their first halves are not.

    So it shows when parts of a sum were rounded before they were added.
    """
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((n, dims)) + 1.0 for n in (ROWS, COLUMNS))
    y[:, dims // 2 :] *= -1.0
    return x, y


def _is_bounded(kernel: Kernel, x: Side, y: Side) -> bool:
    """Tell whether the product of this library and device is what the proof assumes.

    That is, summed in float32 whatever the order, and rounded once, at the end. The rows are taken as they
    are stored: beside what storing them took, which the whole bound has room for, no other loss would show.
    """
    backend = kernel.backend
    proxy, left, right = (_host(backend, array) for array in (kernel.tile(x, y), x.rows, y.rows))
    proxy, right = proxy[:, ::CHECKED], right[::CHECKED]
    most = _host(backend, kernel.error(_as_stored(x), _as_stored(y)))[:, None] + np.abs(proxy) * kernel.relative
    return bool((np.abs(proxy - left @ right.T) <= most).all())


def _as_stored(side: Side) -> Side:
    """Return rows as if nothing had been lost when they were stored."""
    norms, longest = side.norms + side.lost, side.longest + side.most_lost
    return Side(side.rows, norms, 0.0 * side.lost, longest, 0.0)


def _host(backend: Backend, array: Array) -> Column:
    return backend.get(backend.xp.astype(array, backend.xp.float64))


def _fastest(backend: Backend, x: Array, y: Array) -> float:
    times = []
    for _ in range(TRIES + 1):
        start = time.perf_counter()
        backend.get(backend.xp.astype(backend.product(x, y)[:1, :1], backend.xp.float32))  # waits for the device
        times.append(time.perf_counter() - start)
    return min(times[1:])
