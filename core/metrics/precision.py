"""The number formats that a scan may multiply in, each with the facts that its proven error bound needs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Precision:
    """A number format. Another one is a row here; where it is a reduced one, also of `REDUCED`.

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
FLOAT32 = Precision("float32", 4, 2.0**-24, 1.01 * 2.0**-24, 0.0, 2.0**-126)
FLOAT64 = Precision("float64", 8, 2.0**-53, 4 * 2.0**-53, 0.0, 2.0**-1022)

PRECISIONS = {precision.name: precision for precision in (BFLOAT16, FLOAT32, FLOAT64)}
REDUCED = (BFLOAT16,)  # tried before float32, where the backend has them and they are measured to pay
