"""From what a user types to vectors, items or a table: PATH, PATH::NAME or `-`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..argument_types import AnyPath, check_types, path_of
from ..errors import ParameterError
from .named_columns import as_column, columns_named
from .ragged import MayBeRagged, RaggedVectors
from .row_values import read_values
from .selection import beside
from .source import Reading
from .table import ID_NAMES, Table, pick_vectors
from .table_opening import opened_table, split_source
from .vectors import Array, Vectors, check_ids


def open_vectors(
    source: AnyPath,
    *,
    ids: Any = None,
    nulls: bool = False,
    header: str = "auto",
    others: Sequence[Any] = (),
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
    check_types(open_vectors, locals())
    path, name = split_source(path_of(source))
    table = opened_table(path, max_memory, Reading(nulls, header, columns_named(path, ids, *others)), input_format)
    column = pick_vectors(table, name)
    return table.vectors(column, _ids_of(table, None, ids, path, header, max_memory))


def open_items(
    source: AnyPath,
    *,
    ids: Any = None,
    nulls: bool = False,
    header: str = "auto",
    others: Sequence[Any] = (),
    input_format: str | None = None,
    max_memory: str | int | None = None,
) -> Vectors | RaggedVectors:
    """Open the vectors of a file, or items of different numbers of tokens.

    Such items are a column of nested lists, or an npz with one array (tokens, d) per item whose names are the ids.

    Args:
        source, ids, header, others, input_format, max_memory: as for `open_vectors`.
        nulls: as for `open_vectors`; items of different numbers of tokens may hold none.

    Raises:
        InputNotFoundError: there is no such file or column.
        DataError: the content is refused.
        ShapeError: there are more or fewer ids than rows.
        ResourceError: what must be held does not fit.
    """
    check_types(open_items, locals())
    path, name = split_source(path_of(source))
    table = opened_table(path, max_memory, Reading(nulls, header, columns_named(path, ids, *others)), input_format)
    found = table.ragged(name) if isinstance(table, MayBeRagged) else None
    if found is None:
        column = pick_vectors(table, name)
        return table.vectors(column, _ids_of(table, None, ids, path, header, max_memory))
    rows = found.shape[0]
    own = _ids_of(table, rows, ids, path, header, max_memory)
    return found if own is None else replace(found, ids=check_ids(own, rows, found.name))


def open_table(
    source: AnyPath,
    *,
    nulls: bool = False,
    header: str = "auto",
    others: Sequence[Any] = (),
    input_format: str | None = None,
    max_memory: str | int | None = None,
) -> Table:
    """Open a file as a table.

    Args:
        source: PATH, or `-` for standard input.
        nulls: read vectors that are null or hold a null as rows of NaN, instead of refusing them.
        header: whether the first line of a CSV names its columns: `yes`, `no` or `auto`.
        others, input_format, max_memory: as for `open_vectors`.

    Raises:
        InputNotFoundError: there is no such file.
        DataError: the content is refused.
        ParameterError: `source` names a column.
        ResourceError: what must be held does not fit.
    """
    check_types(open_table, locals())
    source = path_of(source)
    path, name = split_source(source)
    if name is not None:
        raise ParameterError("expected a whole table, got one column of it", source, f"type {path}")
    return opened_table(path, max_memory, Reading(nulls, header, columns_named(path, *others)), input_format)


def _ids_of(
    table: Table, rows: int | None, ids: Any, path: str, header: str, max_memory: str | int | None
) -> Array | None:
    """Return the ids that were asked for, or those of the table; as many as `rows`, or as it has."""
    if ids is None:
        return table.ids()
    rows, source = table.rows if rows is None else rows, beside(as_column(ids, table), path)
    return read_values(source, base=table, wanted=ID_NAMES, rows=rows, header=header, max_memory=max_memory)
