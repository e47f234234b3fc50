"""What is in memory as an input: arrays, lists, tensors, and tables and columns of pandas, polars and Arrow.

Accepted: what hands out an Arrow stream or array, the dataframe interchange protocol or DLPack; what numpy makes an
array of; paths. A table goes wherever a source goes, so its vectors, ids and labels are found as in a file, and where
no column holds lists all columns of numbers are the vector. Numbers are not copied where they lie in one piece.
Refused: masked arrays that hide something, tensors without dense numbers, lists of different lengths, open files.
Lost: the index of a DataFrame, unless it has a name and is no range of numbers.
"""

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..backend import KIND, as_array, as_numbers, is_given_tensor, tensor_values
from ..errors import DataError, ShapeError

if TYPE_CHECKING:
    import pyarrow as pa

    from .source import Reading
    from .table import Table

_INDEX = "__index_level_"  # how pandas calls an index without a name


class HeldTable(str):
    """A table in memory, under the name that messages give it: it goes wherever a source goes."""

    arrow: "pa.Table"

    def __new__(cls, name: str, arrow: "pa.Table") -> Self:
        """Name an Arrow table."""
        self = super().__new__(cls, name)
        self.arrow = arrow
        return self

    @property
    def held(self) -> Self:
        """The table that is selected from: itself."""
        return self

    def renamed(self, name: str) -> "HeldTable":
        """Return the same table under another name."""
        return HeldTable(name, self.arrow)

    def column(self, name: Any) -> Any:
        """Return ::NAME for what is called like a column of this table, and anything else as it is."""
        return f"::{name}" if isinstance(name, str) and "::" not in name and name in self.arrow.column_names else name

    def opened(self, reading: "Reading", most: int) -> "Table":
        """Return it as readers return a file."""
        from .arrow_columns import HeldBatches, table_of
        from .source import Source
        from .table import IN_MEMORY

        opened = table_of(HeldBatches(self.arrow), Source(str(self), "arrow", 0, most), reading)
        return replace(opened, format=IN_MEMORY, mend="mend it, or hand over the columns of the vectors alone")


def is_vectors(given: Any) -> bool:
    """Tell whether rows of it are read by range."""
    return hasattr(given, "read") and hasattr(given, "shape")


def as_source(given: Any, name: str) -> Any:
    """Return what a caller hands over as an operation takes it: a source, Vectors, an array or a tensor.

    Raises:
        DataError: it is an open file, or a masked array that hides something.
        ShapeError: lists of different lengths.
    """
    if isinstance(given, os.PathLike):
        return os.fspath(given)
    if is_given_tensor(given) or isinstance(given, np.ndarray | type):
        return as_numbers(given, name)
    if given is None or isinstance(given, str) or is_vectors(given):
        return given
    if hasattr(given, "read") and not hasattr(given, "__array__"):
        what = f"expected vectors, got an open file ({type(given).__name__})"
        raise DataError(what, name, "simtool.open_vectors(PATH) opens one, numpy.load reads one")
    found = _arrow(given, name)
    return as_numbers(given, name) if found is None else _column_or_table(found, name)


def as_table(given: Any, name: str) -> Any:
    """Return a source as it is, an array of vectors as a table of one column, and Vectors with their ids.

    Raises:
        DataError, ShapeError: as for `as_source`; or it is no table of vectors (n, d).
    """
    found = as_source(given, name)
    if isinstance(found, str):
        return found
    ids = None
    if is_given_tensor(found):
        found = tensor_values(found)
    elif is_vectors(found):
        found, ids = found.read(0, found.shape[0]), found.ids
    if not isinstance(found, np.ndarray):
        raise DataError(f"expected a table, got {type(given).__name__}", name, KIND)
    from .vectors import check_numeric

    check_numeric(found.dtype, name)
    if found.ndim != 2:
        raise ShapeError(f"expected vectors (n, d), got shape {found.shape}", name, "every row is one vector")
    if not found.shape[1]:
        raise ShapeError(f"the input is empty: shape {found.shape}", name, "at least one number per row is needed")
    import pyarrow as pa

    from .buffers import arrow_values

    flat = arrow_values(np.ascontiguousarray(found, found.dtype.newbyteorder("=")).ravel())
    columns = {"": pa.FixedSizeListArray.from_arrays(flat, found.shape[1])}
    return HeldTable(name, pa.table(columns if ids is None else {"id": ids, **columns}))


def as_values(given: Any, source: Any, name: str = "values") -> Any:
    """Return labels, ids or scores as an operation takes them: a source, or a 1-D array.

    Args:
        given: a source, the name of a column where `source` is a table in memory, a Series, a list, an array or None.
        source: the input that they belong to, as `as_source` returns it.
    """
    given = source.column(given) if isinstance(source, HeldTable) else given
    if isinstance(given, list | tuple | np.ndarray):
        return as_array(given, name)
    found = as_source(given, name)
    return tensor_values(found) if is_given_tensor(found) else found


def _arrow(given: Any, name: str) -> Any:
    """Return an Arrow table, or a column, of what hands one out; None of anything else."""
    try:
        return _handed_out(given)
    except (ValueError, TypeError, NotImplementedError) as error:  # as of Arrow itself
        raise DataError(
            f"Arrow refuses this {type(given).__name__}: {error}", name, "rename or cast columns"
        ) from error


def _handed_out(given: Any) -> Any:
    if not any(hasattr(given, way) for way in ("__arrow_c_stream__", "__arrow_c_array__", "__dataframe__")):
        return None
    import pyarrow as pa

    if hasattr(given, "__arrow_c_stream__"):
        column = pa.chunked_array(given)
        return pa.Table.from_struct_array(column) if pa.types.is_struct(column.type) else column
    if hasattr(given, "__arrow_c_array__"):
        array = pa.array(given)
        return pa.Table.from_struct_array(array) if pa.types.is_struct(array.type) else pa.chunked_array([array])
    from pyarrow.interchange import from_dataframe

    return from_dataframe(given)


def _column_or_table(found: Any, name: str) -> Any:
    """Return a table as a source, and a column as an array, or as a table of one column where it holds lists."""
    import pyarrow as pa

    from .arrow_types import is_value
    from .buffers import numpy_values

    if isinstance(found, pa.Table):
        return HeldTable(name, found.drop_columns([each for each in found.column_names if each.startswith(_INDEX)]))
    if not is_value(found.type):
        return HeldTable(name, pa.table([found], names=[""]))
    if found.null_count:
        row = int(np.flatnonzero(numpy_values(found.is_null()))[0])
        raise DataError(f"null in row {row}", name, "fill them in, or leave these rows out")
    return numpy_values(found.combine_chunks() if found.num_chunks != 1 else found.chunk(0))
