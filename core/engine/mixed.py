"""Whether a reduced precision pays on this machine, found out in milliseconds and not by a list of processors."""

import time
from functools import cache

import numpy as np

from ..backend import Array, Backend
from ..results import Column
from .kernels import Kernel, Side

ROWS, COLUMNS, TRIES = 256, 2048, 3
PAYS = 0.7  # share of the float32 time below which it does


@cache
def bfloat16_pays(backend: Backend, dims: int) -> bool:
    """Tell whether a bfloat16 product is clearly faster than a float32 one here, and as exact as its bound says.

    Args:
        backend: numpy has no bfloat16.
        dims: length of the vectors.
    """
    if backend.name == "numpy":
        return False
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((n, dims)) for n in (ROWS, COLUMNS))
    kernels = {dtype: Kernel("cosine", dtype, False, backend) for dtype in ("bfloat16", "float32")}
    sides = {dtype: (kernel.prepare(x), kernel.prepare(y)) for dtype, kernel in kernels.items()}
    times = {dtype: _fastest(backend, *(side.rows for side in pair)) for dtype, pair in sides.items()}
    return times["bfloat16"] < PAYS * times["float32"] and _is_bounded(backend, kernels, sides)


def _is_bounded(backend: Backend, kernels: dict[str, Kernel], sides: dict[str, tuple[Side, Side]]) -> bool:
    """Tell whether the product of this library and device keeps to the bound that the scan relies on."""
    host = {
        dtype: [_host(backend, v) for v in (k.tile(*sides[dtype]), k.error(*sides[dtype]))]
        for dtype, k in kernels.items()
    }
    (near, error), (reference, other) = host["bfloat16"], host["float32"]
    most = (error + other)[:, None] + np.abs(near) * kernels["bfloat16"].relative
    return bool((np.abs(near - reference) <= most).all())


def _host(backend: Backend, array: Array) -> Column:
    return backend.get(backend.xp.astype(array, backend.xp.float64))


def _fastest(backend: Backend, x: Array, y: Array) -> float:
    times = []
    for _ in range(TRIES + 1):
        start = time.perf_counter()
        backend.get(backend.xp.astype(backend.product(x, y)[:1, :1], backend.xp.float32))  # waits for the device
        times.append(time.perf_counter() - start)
    return min(times[1:])
