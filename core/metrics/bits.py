"""Metrics of packed bits: hamming."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ..backend import Array, namespace
from .metric import Metric, Scales, Sums

BITS = 8  # of a byte


@dataclass(frozen=True)
class Hamming(Metric):
    """Hamming distance of aligned vectors of packed bits: the share of the bits that differ.

    Args:
        x: uint8 of any shape, 8 bits in each number, as `numpy.packbits` and binary embeddings have them.
        y: the same namespace, any shape that broadcasts with x.
        dim: the dim along which a vector lies.

    Returns:
        The broadcast shape without `dim`, float64 in [0, 1]; times 8 and the length of a vector, the number of bits.

    Raises:
        ShapeError: as `cosine`.
        DataError: of another dtype than uint8.

    Source:
        Hamming 1950; `scipy.spatial.distance.hamming` of the unpacked bits.

    Example:
        >>> import numpy as np
        >>> hamming(np.asarray([0b1100, 0], dtype=np.uint8), np.asarray([0b1010, 0], dtype=np.uint8)).item()
        0.125
    """

    name: ClassVar[str] = "hamming"
    kink: ClassVar[str] = ""

    def refusal(self, dtype: Any) -> str:
        """Refuse all but bytes."""
        if str(dtype).endswith("uint8"):
            return ""
        return f"hamming compares packed bits, eight to a uint8 as numpy.packbits makes them, got dtype {dtype}"

    def terms(self, x: Array, y: Array) -> Sums:
        """Return how many bits differ, and how many there are."""
        xp = namespace(x, y)
        bits = xp.astype(x, xp.uint8) ^ xp.astype(y, xp.uint8)
        # the ones of pairs of bits, of fours and of the byte, each pair counting its own in place
        bits = bits - ((bits >> 1) & 0x55)
        bits = (bits & 0x33) + ((bits >> 2) & 0x33)
        bits = (bits + (bits >> 4)) & 0x0F
        differing = xp.astype(xp.sum(bits, axis=-1, dtype=xp.int64), xp.float64)
        return differing, BITS * x.shape[-1] + 0.0 * differing

    def finish(self, sums: Sums, scales: Scales) -> Array:
        """Return the shares."""
        return sums[0] / sums[1]

    def norms(self, rows: Array) -> Array:
        """Return zeros: counted bits are exact, whatever the rows."""
        return namespace(rows).zeros_like(rows[:, 0])


hamming = Hamming()
