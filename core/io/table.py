"""A table as the operations see it: named columns of equal length, and which of them are vectors, ids and labels."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from ..errors import DataError, InputNotFoundError
from ..suggestions import closest
from .vectors import Array, Vectors

ID_NAMES = ("id", "ids", "_id", "key", "uuid")
LABEL_NAMES = ("label", "labels", "class", "target")
SCORE_NAMES = ("score", "scores", "similarity")
WEIGHT_NAMES = ("weight", "weights")
IN_MEMORY = "table in memory"  # the format of what is no file
ROLES = {"ids": ID_NAMES, "labels": LABEL_NAMES, "scores": SCORE_NAMES, "weights": WEIGHT_NAMES}


class Table(Protocol):
    """Named columns of equal length."""

    @property
    def name(self) -> str:
        """What the user typed, without a column."""

    @property
    def format(self) -> str:
        """What its format is called."""

    @property
    def rows(self) -> int:
        """Number of rows."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column, those of unknown types too; "" is the only column of a file that names none."""

    @property
    def vector_columns(self) -> tuple[str, ...]:
        """Columns that hold one vector per row."""

    @property
    def value_columns(self) -> tuple[str, ...]:
        """Columns that hold one string, number or bool per row."""

    def vectors(self, column: str, ids: Array | None = None) -> Vectors:
        """Return one column as vectors."""

    def values(self, column: str) -> Array:
        """Return one column as a 1-D array of numbers, bools or strings (dtype object)."""

    def ids(self) -> Array | None:
        """Return the column that is named like an id, if there is one."""


def join_name(table: str, column: str) -> str:
    """Return what a user types to name a column of a table."""
    return f"{table}::{column}" if column else table


def named_hint(table: Table, column: str) -> str:
    """Return what a user types to name a column of an open table; of one in memory, what a caller passes."""
    return f"frame[{column!r}]" if table.format == IN_MEMORY else join_name(table.name, column)


def pick_vectors(table: Table, column: str | None) -> str:
    """Return the column to read vectors from: the named one, or the only one.

    Raises:
        InputNotFoundError: there is no column of that name.
        DataError: none was named, and no column or several columns hold vectors.
    """
    if column is not None:
        check_column(table, column)
        return column
    choices = table.vector_columns
    if len(choices) == 1:
        return choices[0]
    if choices:
        verb = "pass" if table.format == IN_MEMORY else "name"
        hint = f"{verb} one: {named_hint(table, choices[0])}"
        raise DataError(f"several columns hold vectors: {', '.join(choices)}", table.name, hint)
    hint = "a model makes vectors of texts; where arrays became text, as in CSV by pandas, write Parquet or .tolist()"
    if _holds_numbers(table):
        hint = "say which columns of numbers make the vectors: «columns» 'x*' (of A and B: «columns_a», «columns_b»)"
    raise DataError(f"no column holds vectors (lists of numbers); columns: {listed_columns(table)}", table.name, hint)


def made_of(table: Table) -> Mapping[str, Sequence[str]]:
    """Return the columns of each vector that is put together from some, by its name."""
    made: Mapping[str, Sequence[str]] = getattr(getattr(table, "batches", None), "vectors", {})
    return made


def members_of(table: Table) -> set[str]:
    """Return the columns that vectors are put together from."""
    return {name for names in made_of(table).values() for name in names}


def check_column(table: Table, column: str) -> None:
    """Refuse a column that is missing or that comes twice."""
    count = table.columns.count(column)
    if count == 1:
        return
    if count > 1:
        raise DataError(f"{count} columns are named {column!r}", table.name, "rename them, so that the name says which")
    if table.columns == ("",):
        raise InputNotFoundError(f"no column {column!r}: this file names no columns", table.name, f"type {table.name}")
    match = closest(column, table.columns)
    hint = f"did you mean {named_hint(table, match)}?" if match else f"columns: {listed_columns(table)}"
    raise InputNotFoundError(f"no column {column!r}", table.name, hint)


def pick_ids(table: Table) -> str | None:
    """Return the value column that is named like an id, or None.

    Raises:
        DataError: several columns are.
    """
    choices = [column for column in table.value_columns if column.lower() in ID_NAMES]
    if len(choices) > 1:
        raise DataError(
            f"several columns may be ids: {', '.join(choices)}",
            table.name,
            f"name one: «ids_a» ::{choices[0]} (loss: «ids» ::{choices[0]})",
        )
    return choices[0] if choices else None


def _holds_numbers(table: Table) -> bool:
    """Say whether a column of numbers could be part of a vector, and is in none."""
    if not hasattr(table, "batches"):
        return False
    from .arrow_types import is_number

    named = {name for names in ROLES.values() for name in names}
    types = zip(table.columns, table.batches.schema.types, strict=True)
    return any(is_number(kind) and name.lower() not in named for name, kind in types)


def listed_columns(table: Table) -> str:
    """Return the names of the columns for a message, which stays short."""
    names = [column[:40] for column in table.columns if column]
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return (", ".join(names[:20]) or "none") + more
