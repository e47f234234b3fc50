"""Which column a caller means by NAME, `::NAME` or FILE::NAME, where a file of one value per row would do too.

Accepted: a bare NAME is a file where there is one, and else a column of the input.
Refused: what is neither.
"""

import logging
import os
from collections.abc import Sequence
from glob import has_magic
from typing import Any

from ..errors import InputNotFoundError
from ..suggestions import closest
from .in_memory import HeldTable
from .selection import Selection
from .source_opening import missing_file
from .table import Table, listed_columns
from .table_opening import split_source

_log = logging.getLogger(__name__)


def is_bare(source: Any) -> bool:
    """Tell whether a source is a NAME that no file has, and no place for files."""
    if not isinstance(source, str) or isinstance(source, HeldTable | Selection) or "::" in source:
        return False
    return source != "-" and "://" not in source and not os.path.lexists(source)


def as_column(source: Any, table: Table | None) -> Any:
    """Return ::NAME for the bare name of a column of a table, and any other source as it is.

    Raises:
        InputNotFoundError: it is no such name, and no file.
    """
    if table is None or not isinstance(source, str) or not (columns := [name for name in table.columns if name]):
        return source
    if not is_bare(source):
        if source in columns:
            _log.warning("%s is a file, which is read, and a column of %s, which is ::%s", source, table.name, source)
        return source
    if source in columns:
        return f"::{source}"
    if has_magic(source) or source[:1] == "@":
        return source
    match = closest(source, columns)
    hint = f"did you mean ::{match}?" if match else missing_file(source).hint or f"columns: {listed_columns(table)}"
    raise InputNotFoundError(f"no such file, and no column {source!r} in {table.name}", source, hint)


def of_one_file(source: Any, inputs: Sequence[Any]) -> Any:
    """Return ::NAME, or NAME that is no file, as PATH::NAME where all inputs are columns of one file.

    Example:
        >>> of_one_file("::label", ["pairs.csv::left", "pairs.csv::right"])
        'pairs.csv::label'
    """
    paths = {split_source(each)[0] if isinstance(each, str) and "::" in each else "" for each in inputs}
    if len(paths) != 1 or not (path := paths.pop()) or not isinstance(source, str):
        return source
    is_name = source.startswith("::")
    return f"{path}{source}" if is_name else f"{path}::{source}" if is_bare(source) else source


def own_column(name: str, *sources: Any) -> str:
    """Return NAME of what names a column of an input as NAME, ::NAME or FILE::NAME.

    Example:
        >>> own_column("::lang", "x.csv"), own_column("x.csv::lang", "x.csv"), own_column("lang", "x.csv")
        ('lang', 'lang', 'lang')
    """
    path, column = split_source(name)
    if column is None or (path and not any(same_file(path, split_source(source)[0]) for source in sources)):
        return name
    return column


def columns_named(path: str, *sources: Any) -> tuple[str, ...]:
    """Return the columns of a file that sources name, typed as NAME, ::NAME or PATH::NAME."""
    bare = [source for source in sources if is_bare(source)]
    named = [split_source(source) for source in sources if isinstance(source, str)]
    return (*bare, *(column for where, column in named if column is not None and (not where or same_file(where, path))))


def same_file(one: str, other: str) -> bool:
    """Tell whether two paths are those of one file."""
    try:
        return one == other or os.path.samefile(one, other)
    except (OSError, ValueError):
        return False
