"""Numbers that numpy has no type for, widened as they are read: bfloat16 and float8 become float32.

Accepted: their bits, as unsigned integers.
Refused: nothing; every pattern of bits is a number, NaN or infinity.
Lost: nothing; float32 holds every value. A NaN stays one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from .vectors import Array


@dataclass(frozen=True)
class Widening:
    """How the bits of a type become float32.

    Args:
        stored: the unsigned integers that hold the bits.
        widen: turns them into float32.
    """

    stored: np.dtype[Any]
    widen: Callable[[Array], Array]


@dataclass(frozen=True)
class WidenedVectors:
    """Vectors of a type that is widened as they are read."""

    name: str
    bits: Array
    widening: Widening
    ids: Array | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, ...)."""
        return self.bits.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32."""
        return np.dtype(np.float32)

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive) as float32."""
        return self.widening.widen(np.ascontiguousarray(self.bits[start:stop]))


def _bfloat16(bits: Array) -> Array:
    """Return float32, of which bfloat16 is the upper half."""
    widened: Array = (bits.astype(np.uint32) << 16).view(np.float32)
    return widened


@cache
def _float8(exponent: int, *, infinite: bool) -> Array:
    """Return the 256 values of a float8; without infinities only the pattern of all ones is NaN."""
    mantissa = 7 - exponent
    values = np.empty(256, np.float32)
    for bits in range(256):
        power, part = bits >> mantissa & ((1 << exponent) - 1), bits & ((1 << mantissa) - 1)
        if infinite and power == (1 << exponent) - 1:
            value = np.nan if part else np.inf
        elif not infinite and bits & 127 == 127:
            value = np.nan
        else:
            # below the least power numbers have no leading one
            bias = (1 << (exponent - 1)) - 1
            value = (part + (1 << mantissa if power else 0)) * 2.0 ** (max(power, 1) - bias - mantissa)
        values[bits] = -value if bits >> 7 else value
    return values


_HALF, _BYTE = np.dtype("<u2"), np.dtype("u1")

# by the names of safetensors
WIDE = {
    "BF16": Widening(_HALF, _bfloat16),
    "F8_E4M3": Widening(_BYTE, lambda bits: _float8(4, infinite=False)[bits]),
    "F8_E5M2": Widening(_BYTE, lambda bits: _float8(5, infinite=True)[bits]),
}
