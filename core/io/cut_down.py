"""Vectors as a search compares them that stores fewer bytes of each: prefixes, in a precision.

Accepted: floats (n, d).
Refused: what `truncate` and `quantize` refuse.
Lost: what they lose.
"""

from dataclasses import dataclass

from ..errors import ParameterError, ShapeError
from .quantized import UnitVectors, quantize
from .truncated import truncate
from .vectors import Vectors

INTEGERS = "int8 and uint8: compared are the numbers that they stand for, with the range of each dim over all rows"
BITS = "binary and ubinary: compared are the bits, by the metric hamming"


@dataclass(frozen=True)
class CutDown:
    """What is stored of vectors; checked by the caller.

    Args:
        truncate: how many numbers are kept of each row, which are made a unit vector; None for all, as they are.
        quantize: the precision, as of `quantize`; None for that of the vectors.
    """

    truncate: int | None = None
    quantize: str | None = None

    @property
    def is_bits(self) -> bool:
        """Whether rows are packed bits."""
        return self.quantize in ("binary", "ubinary")

    @property
    def notes(self) -> tuple[str, ...]:
        """What to tell the reader of the scores."""
        return (BITS,) if self.is_bits else (INTEGERS,) if self.quantize in ("int8", "uint8") else ()

    def metric(self, name: str, dim: int) -> str:
        """Return the metric that compares the rows: of bits `hamming` in the place of the cosine.

        Raises:
            ParameterError: bits under another metric, or vectors that do not lie along the last dim.
        """
        if (self.truncate, self.quantize) != (None, None) and dim not in (-1, 1):
            raise ParameterError("what is cut down are vectors along the last dim", "«dim»", "leave «dim» out")
        if self.is_bits and name not in ("cosine", "hamming"):
            raise ParameterError(f"bits are compared by hamming, not by {name}", "«metric»", "«metric=hamming»")
        return "hamming" if self.is_bits else name

    def of(self, vectors: Vectors) -> Vectors:
        """Return what is compared of vectors: int8 and uint8 as the numbers that they stand for, bits packed.

        Raises:
            ShapeError, DataError: as `truncate` and `quantize`.
        """
        kept = vectors if self.truncate is None else UnitVectors(truncate(vectors, self.truncate))
        if self.quantize is None:
            return kept
        return quantize(kept, "ubinary" if self.is_bits else self.quantize, restored=True)

    def of_whole_bytes(self, vectors: Vectors) -> Vectors:
        """Return the same, of bits that fill their bytes: others would count as equal bits.

        Raises:
            ShapeError: they do not; or as `of`.
        """
        found = self.of(vectors)
        if self.is_bits and (width := self.truncate or vectors.shape[1]) % 8:
            what = f"the bits of {width} numbers do not fill whole bytes, so that their share would be wrong"
            raise ShapeError(
                what, vectors.name, f"«truncate={width // 8 * 8}»" if width > 8 else "use another precision"
            )
        return found
