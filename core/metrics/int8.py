"""Rows as eight-bit integers with a step for each row, whose products NumKong computes exactly.

A scan's cheapest format where the processor multiplies integers.

A row x is stored as whole numbers q of -127 to 127 and a float32 step s: x' = s q. The product of two such rows is
s t (q . r), in which the integers are summed without any error; what storing took is known row by row, as for bfloat16.
NumKong has kernels for AVX-512, AVX2, Arm and Apple processors, and takes no time to import.
"""

from importlib.util import find_spec
from typing import Any

import numpy as np

from ..backend import Array
from .bounds import Side

LARGEST = 127
DIMS = 1 << 17  # up to which a sum of products stays in 32 bits
STRIP = 1 << 17  # integers of a product that are turned into numbers at a time, few enough for a core's cache
LEAST = 1e-30  # a row of smaller numbers is stored as zeros: its step would leave the range of float32


def is_installed() -> bool:
    """Tell whether NumKong is there."""
    return find_spec("numkong") is not None


def quantized(rows: Array) -> tuple[Array, Array]:
    """Return (n, d) float64 rows as int8, and the (n,) float32 steps; of a row of NaN the step is NaN."""
    largest = np.abs(rows).max(axis=1)
    steps = np.where(largest <= LEAST, 1.0, largest / LARGEST).astype(np.float32)
    whole = rows / steps[:, None].astype(np.float64)
    whole = np.rint(np.where(np.isnan(whole), 0.0, whole))
    return np.clip(whole, -LARGEST, LARGEST).astype(np.int8), steps


def products(x: Side, y: Side, out: Array = None) -> Array:
    """Return (n, m) float32 products of rows of integers, in `out` if its shape fits."""
    import numkong

    (n, _), m = x.rows.shape, y.rows.shape[0]
    if out is None or out.shape != (n, m) or out.dtype != np.float32:
        out = np.empty((n, m), dtype=np.float32)
    packed = numkong.dots_pack(y.rows, "int8")
    step = max(1, min(n, STRIP // m))
    strip = numkong.empty((step, m), dtype="int32")
    whole: Any = np.asarray(strip)
    for start in range(0, n, step):
        rows, part = x.rows[start : start + step], out[start : start + step]
        if len(rows) < step:
            strip = numkong.empty((len(rows), m), dtype="int32")
            whole = np.asarray(strip)
        numkong.dots_packed(rows, packed, out=strip)
        np.copyto(part, whole, casting="unsafe")
        part *= x.steps[start : start + step, None]
        part *= y.steps
    return out
