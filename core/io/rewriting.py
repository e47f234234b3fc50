"""A table written again, range by range, with its vectors replaced or not, and all other columns as they are.

Accepted: any table, to Parquet, Arrow, CSV and JSON lines; one column of vectors alone to files of one array.
Refused: columns of one name.
Lost: of npz tables columns that are neither values nor the vectors; in text the types of dates and times.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from .array_writers import ARRAYS, open_matrix
from .table import Table, check_column
from .vectors import Array
from .writers import open_rows

TEXT = ("csv", "jsonl")
UNNAMED = "embedding"  # what a table calls the vectors of a file that names no column

Write = Callable[[Array, list[Array]], None]  # the numbers of the rows, and their new vectors by column


@contextmanager
def open_rewritten(
    path: str,
    file_format: str,
    table: Table,
    dtypes: Mapping[str, np.dtype[Any]],
    shape: tuple[int, int],
    piece: int,
    *,
    escape_formulas: bool = False,
) -> Iterator[Write]:
    """Yield what takes the rows, in order.

    Args:
        file_format: of one array or of a table.
        dtypes: the columns that are replaced, and what their vectors become; none of a table of Arrow may be.
        shape: how many rows are written, and the length of their vectors.
        piece: how many rows are read at a time.
        escape_formulas: in CSV, put ' before text that a spreadsheet would run as a formula.
    """
    names = list(dtypes)
    if file_format in ARRAYS:
        with open_matrix(path, shape, dtypes[names[0]], file_format) as matrix:
            done = 0

            def write(chosen: Array, parts: list[Array]) -> None:
                nonlocal done
                matrix.write(done, parts[0])
                done += len(chosen)

            yield write
    elif hasattr(table, "batches"):
        with _whole_table(path, file_format, table, dtypes, (shape[1], piece), escape=escape_formulas) as keep:
            yield keep
    else:
        with open_rows(path, file_format, escape_formulas=escape_formulas) as output:
            others = {name: table.values(name) for name in table.value_columns if name not in names}

            def write(chosen: Array, parts: list[Array]) -> None:
                kept = {name: values[chosen] for name, values in others.items()}
                output.write(kept | {name or UNNAMED: part for name, part in zip(names, parts, strict=True)})

            yield write


@contextmanager
def _whole_table(
    path: str,
    file_format: str,
    table: Any,
    dtypes: Mapping[str, np.dtype[Any]],
    sizes: tuple[int, int],
    *,
    escape: bool,
) -> Iterator[Write]:
    """Yield what writes a table of Arrow, whose other columns are never decoded; sizes are the width and the piece."""
    import pyarrow as pa

    from .arrow_vectors import Cursor
    from .buffers import arrow_values
    from .parquet_and_arrow import damage

    for name in table.columns:
        check_column(table, name)
    stored = getattr(table.batches, "stored", table.batches)
    fields = _fields(stored, dtypes, sizes[0])
    # the numbers of a CSV make vectors without a name, which a table of Arrow would keep as ""
    named = [field.with_name(field.name or UNNAMED) if UNNAMED not in table.columns else field for field in fields]
    schema = pa.schema(named, stored.schema.metadata)
    cursors = {field.name: Cursor(stored, field.name, sizes[1]) for field in fields if field.name not in dtypes}

    def column(field: Any, chosen: Array, parts: dict[str, Array]) -> Any:
        if field.name in parts:
            values = arrow_values(parts[field.name].ravel())
            return pa.FixedSizeListArray.from_arrays(values, type=field.type)
        with damage(table.name):
            first, last = int(chosen[0]), int(chosen[-1]) + 1
            pieces = pa.chunked_array(cursors[field.name].read(first, last), field.type)
            return pieces if len(pieces) == len(chosen) else pieces.take(arrow_values(chosen - first))

    with _table_writer(path, file_format, schema, escape=escape) as write_table:

        def write(chosen: Array, parts: list[Array]) -> None:
            if len(chosen):
                replaced = dict(zip(dtypes, parts, strict=True))
                arrays = [column(field, chosen, replaced) for field in fields]
                write_table(pa.table(arrays, schema=schema))

        yield write


def _fields(stored: Any, dtypes: Mapping[str, np.dtype[Any]], width: int) -> list[Any]:
    """Return the fields of a table with some vectors of another width, new ones at the end."""
    import pyarrow as pa

    types = {name: pa.list_(pa.from_numpy_dtype(dtype), width) for name, dtype in dtypes.items()}
    # of columns of numbers and the vector that is made of them, the columns lie in the file
    made = {name for name, of in getattr(stored, "vectors", {}).items() if {*of} <= {*stored.schema.names}} - {*types}
    fields = [field.with_type(types.get(field.name, field.type)) for field in stored.schema if field.name not in made]
    return fields + [pa.field(name, types[name]) for name in dtypes if name not in stored.schema.names]


@contextmanager
def _table_writer(path: str, file_format: str, schema: Any, *, escape: bool) -> Iterator[Callable[[Any], None]]:
    """Yield what writes tables of Arrow of one schema."""
    from pyarrow.ipc import new_file, new_stream
    from pyarrow.parquet import ParquetWriter

    openers = {"parquet": partial(ParquetWriter, write_page_checksum=True), "arrow": new_file}
    if file_format not in TEXT:
        with open(path, "wb") as file, openers.get(file_format, new_stream)(file, schema) as writer:
            yield writer.write_table
        return
    from .arrow_text import text_columns

    with open_rows(path, file_format, escape_formulas=escape) as rows:
        yield lambda table: rows.write(text_columns(table))
