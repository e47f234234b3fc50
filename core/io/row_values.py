"""One value per row, such as labels, scores or ids: of a file of their own, of a column, or as they are."""

from typing import Any

import numpy as np

from ..errors import DataError, ParameterError, ShapeError
from ..memory import held_at_most
from .formats import FORMATS
from .in_memory import as_values
from .selection import Selection
from .shards import joined_table, joined_values
from .source import Reading
from .table import Table, check_column
from .table_opening import opened_table, sources_of, split_source, table_of
from .vectors import Array


def read_values(
    source: Any,
    *,
    base: Table | None = None,
    wanted: tuple[str, ...] = (),
    rows: int | None = None,
    header: str = "auto",
    max_memory: str | int | None = None,
) -> Array:
    """Read labels, scores or ids.

    Args:
        source: PATH, PATH::NAME, `-`, or ::NAME for a column of `base`; or the values themselves.
        base: the table that ::NAME refers to.
        wanted: the column names to look for when a table has several value columns and none is named.
        rows: how many values there must be.
        header: whether the first line of a CSV names its columns: `yes`, `no` or `auto`; a file of one value per
            line has a header only with `yes`.
        max_memory: as for `open_vectors`.

    Returns:
        Numbers, bools or strings (dtype object), one per row; an npy array keeps whatever shape it has.

    Raises:
        InputNotFoundError: there is no such file or column.
        DataError: the content is refused, or several columns would do.
        ShapeError: there are not `rows` values.
        ResourceError: what must be held does not fit.
    """
    path, name = split_source(source) if isinstance(source, str) else ("", None)
    if not isinstance(source, str):
        values = np.asarray(as_values(source, None))
        if not values.ndim:
            raise ShapeError(f"expected values, one per row, got {type(source).__name__}", "values", "pass a list")
    elif path:
        values = _values_of_files(path, name, wanted, header, max_memory)
    elif base is None or name is None:
        raise ParameterError("::NAME needs a file to be a column of", source, "type PATH::NAME")
    else:
        check_column(base, name)
        values = base.values(name)
    if rows is not None and len(values) != rows:
        raise _wrong_count(len(values), rows, source if isinstance(source, str) else "values")
    return values


def _values_of_files(
    path: str, name: str | None, wanted: tuple[str, ...], header: str, max_memory: str | int | None
) -> Array:
    """Read the values of files of their own."""
    if getattr(path, "held", None) is not None:
        table = opened_table(path, max_memory, Reading(), None)
        return table.values(_pick_values(table, wanted) if name is None else name)
    most = held_at_most(max_memory)
    files = sources_of(path, most)
    if name is None and all(FORMATS[file.format].is_text for file in files):
        from . import text

        lines = [text.read_lines(file, header) for file in files]
        filled = [part for part in lines if part is not None]
        if len(filled) == len(lines):
            values = joined_values(filled, path, [file.name for file in files])
            return path.taken(values) if isinstance(path, Selection) else values
    reading = Reading(header=header, apart=() if name is None else (name,))
    table = joined_table(path, [table_of(file, reading) for file in files], most)
    if isinstance(path, Selection):
        table = path.applied(table, most)
    if name is not None:
        check_column(table, name)
        return table.values(name)
    return table.values(_pick_values(table, wanted))


def _pick_values(table: Table, wanted: tuple[str, ...]) -> str:
    """Return the column to read values from when none is named."""
    choices = table.value_columns
    likely = [column for column in choices if column.lower() in wanted]
    for found in (choices, likely):
        if len(found) == 1:
            return found[0]
    if choices:
        hint = f"name one: {table.name}::{(likely or choices)[0]}"
        raise DataError(f"several columns hold values: {', '.join(likely or choices)}", table.name, hint)
    raise DataError(f"no column holds one value per row; columns: {', '.join(table.columns) or 'none'}", table.name)


def _wrong_count(count: int, rows: int, source: str) -> ShapeError:
    """Return the error for values that are not one per row."""
    headed = count == rows + 1 and "::" not in source
    hint = f"is the first line a header? then type {source}::NAME" if headed else "in the order of the rows"
    return ShapeError(f"expected {rows} values, one per row, got {count}", source, hint)
