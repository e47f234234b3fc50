"""The number formats that a scan may multiply in, each with the facts that its proven error bound needs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Precision:
    """A number format; `core/engine/precision_choice.py` says which of them a scan takes.

    Args:
        name: of the dtype, in every array library.
        itemsize: bytes of a number.
        stored: unit roundoff of the dtype; None where what storing takes is measured row by row.
        summed: unit roundoff of the sums, with what the order and the exact scores themselves may add.
        relative: what rounding the result takes at most, as a share of it.
        least: the smallest normal number.
    """

    name: str
    itemsize: int
    stored: float | None
    summed: float
    relative: float
    least: float


BFLOAT16 = Precision("bfloat16", 2, None, 2 * 2.0**-24, 1.01 * 2.0**-8, 2.0**-126)
INT8 = Precision("int8", 1, None, 2.0**-48, 2.0**-22, 2.0**-126)
FLOAT32 = Precision("float32", 4, 2.0**-24, 1.01 * 2.0**-24, 0.0, 2.0**-126)
FLOAT64 = Precision("float64", 8, 2.0**-53, 4 * 2.0**-53, 0.0, 2.0**-1022)

PRECISIONS = {precision.name: precision for precision in (INT8, BFLOAT16, FLOAT32, FLOAT64)}
