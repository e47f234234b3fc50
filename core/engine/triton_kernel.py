"""Group maxima of a bfloat16 product that is never written: a Triton kernel for GPUs, and what is left to score after.

A tile of a GPU is multiplied in microseconds and written and read in more. So the maxima of its groups are kept in
registers, and of the groups that are hit, about k of GROUPS for a row, the products are computed again, all groups in
one batched product: each group has its own few rows and its own share of the neighbours.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import numpy as np

from ..backend import Array, Backend
from ..results import Column
from .kernels import Kernel, Side
from .plan import GROUPS

LARGE = 1e13  # multiplications after which compiling the kernel, seconds the first time, is worth it
ROWS, DIMS, SPLITS = 128, 64, 16  # of a program: its rows, the numbers of a row at a time, and shares of the neighbours
TRIED = (1024, 16384)  # rows and columns of the tile that it is tried on

tl: Any = None  # triton.language, from the first use on: a kernel finds names only here


def fuses(kernel: Kernel, dims: int, pairs: int) -> bool:
    """Tell whether tiles of this kernel are not written: Triton is here, right, and faster, and the job is long.

    Args:
        kernel: of one device.
        dims: length of the vectors.
        pairs: how many products there are in all.
    """
    backend = kernel.backend
    usable = backend.is_cuda and kernel.dtype == "bfloat16" and kernel.measure.is_product
    return usable and pairs * dims >= LARGE and find_spec("triton") is not None and _pays(backend, dims)


@cache
def _pays(backend: Backend, dims: int) -> bool:
    """Tell whether the kernel gives the maxima of the product here, in less time."""
    rng = np.random.default_rng(0)
    kernel = Kernel("cosine", "bfloat16", False, backend)
    try:
        with backend.current():
            x, y = (kernel.prepare(rng.standard_normal((n, dims))) for n in TRIED)
            written, fused = (_seconds(backend, work, x, y) for work in (_written, maxima_of))
            return fused < written and is_right(kernel, x, y)
    except Exception:  # a compiler, a driver or a GPU that this Triton does not suit: the product is always there
        return False


def is_right(kernel: Kernel, x: Side, y: Side) -> bool:
    """Tell whether the maxima are those of the written product, but for what the bound allows both of them."""
    backend, xp = kernel.backend, kernel.backend.xp
    found = (maxima_of(backend, x, y), _written(backend, x, y), kernel.error(x, y))
    fused, written, error = (backend.get(xp.astype(array, xp.float64)) for array in found)
    return bool((np.abs(fused - written) <= 2 * (error[:, None] + kernel.relative * np.abs(written))).all())


def _written(backend: Backend, x: Side, y: Side) -> Array:
    return backend.group_maxima(backend.product(x.rows, y.rows), GROUPS, positive=False)


def _seconds(backend: Backend, work: Any, x: Side, y: Side) -> float:
    times = []
    for _ in range(4):  # the first compiles
        start = perf_counter()
        backend.get(backend.xp.astype(work(backend, x, y)[:1, :1], backend.xp.float32))  # waits for the device
        times.append(perf_counter() - start)
    return min(times[1:])


def maxima_of(backend: Backend, x: Side, y: Side) -> Array:
    """Return the (n, GROUPS) float32 maxima of every GROUPS-th product of each row of x; -inf for an empty group."""
    xp, n, m = backend.xp, x.rows.shape[0], y.rows.shape[0]
    share = -(-m // (GROUPS * SPLITS)) * GROUPS
    splits = -(-m // share)
    out = xp.empty((splits, n, GROUPS), dtype=xp.float32, device=x.rows.device)
    grid = (-(-n // ROWS), splits)
    wide = not backend.is_cuda  # the interpreter on a CPU takes the bits of a bfloat16 for a number
    shape = (n, m, x.rows.shape[1])
    program(x.rows.contiguous(), y.rows.contiguous(), out, *shape, share, ROWS, DIMS, GROUPS, wide, grid=grid)
    return xp.max(out, axis=0)


def program(*arguments: Any, grid: tuple[int, int]) -> None:
    """Run the kernel once for each place of a grid."""
    _compiled()[grid](*arguments, num_warps=8, enable_fp_fusion=False)


@cache
def _compiled() -> Any:
    """Return the kernel, compiled anew for other values of what is a `constexpr`."""
    global tl  # noqa: PLW0603
    tl = import_module("triton.language")

    def maxima(  # type: ignore[no-untyped-def]
        x,
        y,
        out,
        n,
        m,
        dims,
        share,
        rows: tl.constexpr,
        width: tl.constexpr,
        groups: tl.constexpr,
        wide: tl.constexpr,
    ):
        """Write the maxima of one share of the neighbours for some rows; products are summed in float32."""
        row = tl.program_id(0) * rows + tl.arange(0, rows)
        group = tl.arange(0, groups)
        first = tl.program_id(1) * share
        best = tl.full((rows, groups), -float("inf"), tl.float32)
        for start in range(first, min(first + share, m), groups):
            neighbour = start + group
            total = tl.zeros((rows, groups), tl.float32)
            for done in range(0, dims, width):
                part = done + tl.arange(0, width)
                left_places = row[:, None].to(tl.int64) * dims + part[None, :]
                right_places = neighbour[None, :].to(tl.int64) * dims + part[:, None]
                left = tl.load(x + left_places, mask=(row[:, None] < n) & (part[None, :] < dims), other=0.0)
                right = tl.load(y + right_places, mask=(neighbour[None, :] < m) & (part[:, None] < dims), other=0.0)
                if wide:
                    left, right = left.to(tl.float32), right.to(tl.float32)
                total = tl.dot(left, right, total, input_precision="ieee")
            best = tl.maximum(best, tl.where(neighbour[None, :] < m, total, -float("inf")))
        places = (tl.program_id(1) * n + row[:, None]).to(tl.int64) * groups + group[None, :]
        tl.store(out + places, best, mask=row[:, None] < n)

    return import_module("triton").jit(maxima)


def gathered(kernel: Kernel, x: Side, y: Side, query: Column, group: Column) -> tuple[Column, Array]:
    """Return the products of all neighbours of the hit groups.

    Args:
        kernel: of the tile.
        x: n prepared rows, the queries.
        y: m prepared rows, their neighbours.
        query: (hits,) a row of x.
        group: (hits,) the group of it that is hit; no pair of query and group twice.

    Returns:
        (GROUPS, most) queries of the rows of each group, -1 where a group is hit less often than the most hit one,
        and (GROUPS, most, depth) their products with the group's neighbours.
    """
    backend, xp = kernel.backend, kernel.backend.xp
    order = np.argsort(group, kind="stable")
    rank = np.arange(len(order)) - np.searchsorted(group[order], group[order])
    queries = np.full((GROUPS, int(rank.max()) + 1), -1)
    queries[group[order], rank] = query[order]
    left = xp.take(x.rows, backend.put(np.maximum(queries, 0).ravel()), axis=0)
    left = xp.reshape(left, (*queries.shape, -1))
    right, missing = y.rows, -y.rows.shape[0] % GROUPS
    if missing:
        filler = xp.zeros((missing, right.shape[1]), dtype=right.dtype, device=right.device)
        right = xp.concat([right, filler], axis=0)
    right = xp.permute_dims(xp.reshape(right, (-1, GROUPS, right.shape[1])), (1, 2, 0))  # (GROUPS, d, depth)
    return queries, xp.matmul(left, right)
