"""Reader of fbin, u8bin, i8bin, f16bin and ibin: the files of the big-ann benchmarks.

Accepted: two uint32, the numbers of rows and of dims, then the rows; little-endian. Mapped, not read.
Refused: a file that is not as long as its two numbers say.
Lost: nothing.
"""

import numpy as np

from ..errors import ShapeError
from .array_table import mapped
from .formats import FORMATS
from .npy import NpyTable
from .sniffing import wrong_size
from .source import Reading, Source

DTYPES = {"fbin": "<f4", "u8bin": "u1", "i8bin": "i1", "f16bin": "<f2", "ibin": "<i4"}


def open_bin(source: Source, _: Reading) -> NpyTable:
    """Map the rows of a file."""
    head, tells = source.read(0, 8), FORMATS[source.format].tells
    if tells is None or not tells(head, source.size):
        raise wrong_size(source.format, head, source.size, source.name)
    rows, width = (int.from_bytes(head[place : place + 4], "little") for place in (0, 4))
    if not width:
        raise ShapeError(f"the {rows:,} rows of this {source.format} file have no dims", source.name)
    content = mapped(source, np.dtype(DTYPES[source.format]), 8, rows * width).reshape(rows, width)
    return NpyTable(source.name, content, source.format)
