"""From what a user types to vectors, items, a table or values: PATH, PATH::NAME or `-`."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import DataError, ParameterError, ShapeError
from ..memory import held_at_most
from .formats import FORMATS
from .in_memory import HeldTable
from .paths import files_of
from .ragged import MayBeRagged, RaggedVectors
from .selection import Selection, beside
from .shards import joined_table, joined_values
from .sniffing import assumed, named
from .source import Reading, Source
from .source_opening import folder_format, open_source
from .table import ID_NAMES, Table, check_column, pick_vectors
from .vectors import Array, Vectors, check_ids


def open_vectors(
    source: str,
    *,
    ids: Any = None,
    nulls: bool = False,
    header: str = "auto",
    others: Sequence[str | None] = (),
    input_format: str | None = None,
    max_memory: str | int | None = None,
) -> Vectors:
    """Open the vectors of a file; rows are read later, by range.

    Args:
        source: PATH, PATH::NAME, or `-` for standard input.
        ids: PATH[::NAME] of one id per row, or ::NAME for a column of the same file. Without it, a column
            that is named like an id is used. Or the ids themselves.
        nulls: read rows that are null or hold a null as rows of NaN, instead of refusing them.
        header: whether the first line of a CSV names its columns: `yes`, `no`, or `auto` to tell by what it holds.
        others: what else is read, such as labels and weights, as it was typed; a column of numbers of the same CSV
            that is one of them is no part of its vectors.
        input_format: the format, as the table of formats calls it, of what comes through a pipe, or of a file that
            does not tell it.
        max_memory: what the whole job may take, as in `512M`, `4G` or `50%` of what is free; by default a quarter
            of what is free.

    Raises:
        InputNotFoundError: there is no such file or column.
        DataError: the content is refused.
        ShapeError: there are more or fewer ids than rows.
        ResourceError: what must be held does not fit.
    """
    path, name = split_source(source)
    table = _opened(path, max_memory, Reading(nulls, header, columns_named(path, ids, *others)), input_format)
    column = pick_vectors(table, name)
    return table.vectors(column, _ids_of(table, None, ids, path, header, max_memory))


def open_items(
    source: str,
    *,
    ids: Any = None,
    nulls: bool = False,
    header: str = "auto",
    others: Sequence[str | None] = (),
    input_format: str | None = None,
    max_memory: str | int | None = None,
) -> Vectors | RaggedVectors:
    """Open the vectors of a file, or items of different numbers of tokens.

    Such items are a column of nested lists, or an npz with one array (tokens, d) per item whose names are the ids.

    Args:
        source: PATH, PATH::NAME, or `-` for standard input.
        ids: as for `open_vectors`.
        nulls: as for `open_vectors`; items of different numbers of tokens may hold none.
        header: as for `open_vectors`.
        others: as for `open_vectors`.
        input_format: as for `open_vectors`.
        max_memory: as for `open_vectors`.

    Raises:
        InputNotFoundError: there is no such file or column.
        DataError: the content is refused.
        ShapeError: there are more or fewer ids than rows.
        ResourceError: what must be held does not fit.
    """
    path, name = split_source(source)
    table = _opened(path, max_memory, Reading(nulls, header, columns_named(path, ids, *others)), input_format)
    found = table.ragged(name) if isinstance(table, MayBeRagged) else None
    if found is None:
        column = pick_vectors(table, name)
        return table.vectors(column, _ids_of(table, None, ids, path, header, max_memory))
    rows = found.shape[0]
    own = _ids_of(table, rows, ids, path, header, max_memory)
    return found if own is None else replace(found, ids=check_ids(own, rows, found.name))


def open_table(
    source: str,
    *,
    nulls: bool = False,
    header: str = "auto",
    others: Sequence[str | None] = (),
    input_format: str | None = None,
    max_memory: str | int | None = None,
) -> Table:
    """Open a file as a table.

    Args:
        source: PATH, or `-` for standard input.
        nulls: read vectors that are null or hold a null as rows of NaN, instead of refusing them.
        header: whether the first line of a CSV names its columns: `yes`, `no` or `auto`.
        others: what has another role than vectors, as it was typed; see `open_vectors`.
        input_format: as for `open_vectors`.
        max_memory: as for `open_vectors`.

    Raises:
        InputNotFoundError: there is no such file.
        DataError: the content is refused.
        ParameterError: `source` names a column.
        ResourceError: what must be held does not fit.
    """
    path, name = split_source(source)
    if name is not None:
        raise ParameterError("expected a whole table, got one column of it", source, f"type {path}")
    return _opened(path, max_memory, Reading(nulls, header, columns_named(path, *others)), input_format)


def columns_named(path: str, *sources: Any) -> tuple[str, ...]:
    """Return the columns of a file that sources name, typed as ::NAME or as PATH::NAME."""
    named = [split_source(source) for source in sources if isinstance(source, str)]
    return tuple(column for where, column in named if column is not None and (not where or _same_file(where, path)))


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
        values = np.asarray(source)
    elif path:
        values = _read_path_values(path, name, wanted, header, max_memory)
    elif base is None or name is None:
        raise ParameterError("::NAME needs a file to be a column of", source, "type PATH::NAME")
    else:
        check_column(base, name)
        values = base.values(name)
    if rows is not None and len(values) != rows:
        raise _wrong_count(len(values), rows, source if isinstance(source, str) else "values")
    return values


def split_source(source: str) -> tuple[str, str | None]:
    """Split PATH::NAME; the name is None where there is no `::`."""
    path, mark, name = source.rpartition("::")
    if not mark:
        return source, None
    return (source.renamed(path) if isinstance(source, Selection | HeldTable) else path), name


def _ids_of(
    table: Table, rows: int | None, ids: Any, path: str, header: str, max_memory: str | int | None
) -> Array | None:
    """Return the ids that were asked for, or those of the table; as many as `rows`, or as it has."""
    if ids is None:
        return table.ids()
    rows, source = table.rows if rows is None else rows, beside(ids, path)
    return read_values(source, base=table, wanted=ID_NAMES, rows=rows, header=header, max_memory=max_memory)


def _table_of(source: Source, reading: Reading) -> Table:
    """Open a table with the reader of its format."""
    found, expected = FORMATS[source.format], named(source.name)
    try:
        table: Table = found.load()(source, reading)
    except DataError as error:
        if expected is None or not found.is_text:
            raise
        what = f"{error.what}; this is text and was read as {found.title}, while its suffix is that of {expected.title}"
        raise DataError(what, error.where, error.hint) from None
    if reading.columns and not hasattr(table, "batches"):
        what = "«columns» picks among columns of numbers, and this file holds arrays"
        raise DataError(what, source.name, f"leave it out; type {source.name}::NAME for one of several arrays")
    return table


def _opened(path: str, max_memory: str | int | None, reading: Reading, input_format: str | None) -> Table:
    """Open one file or several as a table, or of it the rows that are selected."""
    most = held_at_most(max_memory)
    if isinstance(path, HeldTable):
        return path.opened(reading, most)
    if isinstance(path, Selection):
        if path.same is not None and path.same.whole is not None:
            return path.applied(path.same.whole, most)
        reading = replace(reading, columns=path.columns)
    table = joined_table(path, [_table_of(file, reading) for file in _sources(path, most, assumed(input_format))], most)
    return path.applied(table, most) if isinstance(path, Selection) else table


def _sources(path: str, most: int, otherwise: str | None = None) -> list[Source]:
    """Return the files that an input stands for, as `open_source` does each; a folder may be one by its format."""
    files = [path] if folder_format(path) else files_of(path)
    return [open_source(file, most, otherwise) for file in files]


def _read_path_values(
    path: str, name: str | None, wanted: tuple[str, ...], header: str, max_memory: str | int | None
) -> Array:
    """Read the values of files of their own."""
    most = held_at_most(max_memory)
    files = _sources(path, most)
    if name is None and all(FORMATS[file.format].is_text for file in files):
        from . import text

        lines = [text.read_lines(file, header) for file in files]
        filled = [part for part in lines if part is not None]
        if len(filled) == len(lines):
            values = joined_values(filled, path, [file.name for file in files])
            return path.taken(values) if isinstance(path, Selection) else values
    reading = Reading(header=header, apart=() if name is None else (name,))
    table = joined_table(path, [_table_of(file, reading) for file in files], most)
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


def _same_file(one: str, other: str) -> bool:
    try:
        return one == other or os.path.samefile(one, other)
    except (OSError, ValueError):
        return False


def _wrong_count(count: int, rows: int, source: str) -> ShapeError:
    """Return the error for values that are not one per row."""
    headed = count == rows + 1 and "::" not in source
    hint = f"is the first line a header? then type {source}::NAME" if headed else ""
    return ShapeError(f"expected {rows} values, one per row, got {count}", source, hint)
