"""Reader of fvecs, bvecs and ivecs: the files of the TEXMEX collections.

Accepted: rows, each behind an int32, its number of dims, the same for all; little-endian. Mapped, not read.
Refused: a file whose size is no multiple of that of its first row; once it is read, a row of another number of dims.
Lost: nothing.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError
from .array_table import mapped
from .formats import FORMATS
from .npy import NpyTable
from .sniffing import wrong_size
from .source import Reading, Source
from .table import check_column
from .vectors import Array, Vectors, check_ids, ragged_row

DTYPES: dict[str, np.dtype[Any]] = {"fvecs": np.dtype("<f4"), "bvecs": np.dtype("u1"), "ivecs": np.dtype("<i4")}
PREFIX = 4


@dataclass(frozen=True)
class PrefixedVectors:
    """Rows behind their number of dims.

    Args:
        content: (rows, 4 + bytes of a row) bytes.
        dtype: of the elements.
    """

    name: str
    content: Array
    dtype: np.dtype[Any]
    ids: Array | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, d)."""
        return (len(self.content), (self.content.shape[1] - PREFIX) // self.dtype.itemsize)

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive), after checking that all have the same number of dims."""
        rows = self.content[start:stop]
        widths = np.ascontiguousarray(rows[:, :PREFIX]).view("<i4")[:, 0]
        wrong = np.flatnonzero(widths != self.shape[1])
        if len(wrong):
            raise ragged_row(start + int(wrong[0]), self.ids, 1, (int(widths[wrong[0]]), self.shape[1]), self.name)
        return np.ascontiguousarray(rows[:, PREFIX:]).view(self.dtype)


@dataclass(frozen=True)
class VecsTable(NpyTable):
    """A table of one column without a name, of rows behind their number of dims."""

    dtype: np.dtype[Any] = DTYPES["fvecs"]

    @property
    def value_columns(self) -> tuple[str, ...]:
        """None: it holds vectors."""
        return ()

    def vectors(self, column: str, ids: Array | None = None) -> Vectors:
        """Return the rows."""
        check_column(self, column)
        return PrefixedVectors(self.name, self.array, self.dtype, check_ids(ids, self.rows, self.name))

    def values(self, column: str) -> Array:
        """Refuse: there is no column of values."""
        check_column(self, column)
        raise DataError("expected one value per row, got vectors", self.name)


def open_vecs(source: Source, _: Reading) -> VecsTable:
    """Map the rows of a file."""
    head, tells, dtype = source.read(0, 4), FORMATS[source.format].tells, DTYPES[source.format]
    if tells is None or not tells(head, source.size):
        raise wrong_size(source.format, head, source.size, source.name)
    row = PREFIX + int.from_bytes(head, "little") * dtype.itemsize
    content = mapped(source, np.dtype("u1"), 0, source.size).reshape(-1, row)
    return VecsTable(source.name, content, source.format, dtype)
