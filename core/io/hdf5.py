"""Reader of HDF5, by the extra `hdf5`.

Accepted: datasets of rank 1 and up in any group, `::group/dataset`; floats and integers of any byte order, bools, and
strings as values. Rows are read by range, chunk by chunk.
Refused: datasets that lie in other files (external, virtual), that were never written, whose compressed bytes cannot
hold what they promise, or of which one chunk does not fit into memory; compound types as vectors.
Lost: attributes, and datasets of rank 0.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import DataError
from ..memory import check_held
from .array_table import ArrayTable
from .formats import check_library
from .npz import MAX_DEFLATE
from .source import Reading, Source
from .table import check_column, join_name
from .vectors import Array, Vectors, check_ids, check_numeric

CACHE = 4 << 20  # bytes of chunks that the library keeps for each dataset
STRING = 128  # bytes of a short string as Python holds it


@dataclass(frozen=True)
class Hdf5Header:
    """What a dataset promises.

    Args:
        dtype: of its elements once they are read: object for strings.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class Hdf5Vectors:
    """A dataset that is read by range."""

    name: str
    dataset: Any = field(repr=False)
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    ids: Array | None = None

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive)."""
        with damage(self.name):
            return np.ascontiguousarray(self.dataset[start : min(stop, self.shape[0])], dtype=self.dtype)


@dataclass(frozen=True)
class Hdf5Table(ArrayTable):
    """The datasets of a file as columns."""

    file: Any = field(repr=False)

    @cached_property
    def headers(self) -> dict[str, Hdf5Header]:
        """The datasets that have rows, by their paths."""
        import h5py

        found: dict[str, Hdf5Header] = {}

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset) and item.shape:
                text = h5py.check_string_dtype(item.dtype) is not None
                found[name] = Hdf5Header(item.shape, np.dtype(object) if text else item.dtype.newbyteorder("="))

        with damage(self.name):
            self.file.visititems(visit)
        return found

    def array(self, column: str) -> Array:
        """Read a dataset whole."""
        dataset, where = self._dataset(column), join_name(self.name, column)
        header = self.headers[column]
        of_text = header.dtype.kind == "O"
        held = math.prod(header.shape) * (STRING if of_text else header.dtype.itemsize)
        check_held(held, self.source.most, "this dataset", where)
        with damage(where):
            content = dataset.asstr()[:] if of_text else dataset[:]
        return np.asarray(content, dtype=header.dtype)

    def vectors(self, column: str, ids: Array | None = None) -> Vectors:
        """Return a dataset as vectors."""
        dataset, where = self._dataset(column), join_name(self.name, column)
        header = self.headers[column]
        check_numeric(header.dtype, where)
        return Hdf5Vectors(where, dataset, header.shape, header.dtype, check_ids(ids, header.shape[0], where))

    def _dataset(self, column: str) -> Any:
        """Return a dataset whose bytes are in this file and may hold what it promises."""
        column = column.strip("/")
        check_column(self, column)
        where, header = join_name(self.name, column), self.headers[column]
        with damage(where):
            dataset = self.file[column]
            elsewhere = dataset.external or dataset.is_virtual
            stored, chunk, packed = dataset.id.get_storage_size(), dataset.chunks, dataset.compression
        if elsewhere:
            raise DataError("this dataset lies in another file", where, "copy it into this one")
        promised = math.prod(header.shape) * dataset.dtype.itemsize
        if stored * (MAX_DEFLATE if packed or chunk else 1) < promised and header.dtype.kind != "O":
            what = f"shape {header.shape} of {header.dtype.name} takes {promised:,} bytes, and {stored:,} are stored"
            raise DataError(what, where, "was it written to its end?")
        check_held(math.prod(chunk or ()) * dataset.dtype.itemsize, self.source.most, "one chunk", where)
        return dataset


def open_hdf5(source: Source, _: Reading) -> Hdf5Table:
    """Open an HDF5 file."""
    check_library("hdf5", "h5py", source.name)
    import h5py

    with damage(source.name):
        place = source.name if source.is_local else source.open()
        return Hdf5Table(source, h5py.File(place, "r", rdcc_nbytes=CACHE))


@contextmanager
def damage(where: str) -> Iterator[None]:
    """Turn what the library says about a damaged file into one line."""
    try:
        yield
    except (
        OSError,
        RuntimeError,
        KeyError,
        ValueError,
        TypeError,
        OverflowError,
        MemoryError,
        AttributeError,
    ) as error:
        reason = (str(error).strip("'\" ").splitlines() or [type(error).__name__])[0][:120]
        raise DataError(f"this HDF5 file is damaged or cannot be decoded: {reason}", where, "write it again") from None
