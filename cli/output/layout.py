"""A table that is wider than a terminal: what need not be a column becomes a line, and what is left stands below.

First go columns of one value, then those that only a few rows fill: both are said in lines. What then has no room makes
further tables of the same rows, each with the columns that tell them apart. So nothing is lost before the last of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from .fitted_columns import TextColumn, fits, fitted

MOST_TABLES = 3
MOST_LINES = 3  # of rows that fill a column which the others leave empty
SPARSE = 4  # times as many rows leave such a column empty


@dataclass(frozen=True)
class LaidOut:
    """How rows are shown.

    Args:
        tables: of the same rows, one below the other.
        lines: what is said below them instead of columns.
        left_out: the names of columns that had no room at all.
    """

    tables: Sequence[Table]
    lines: Sequence[str]
    left_out: Sequence[str]


def laid_out(columns: Sequence[TextColumn], width: int) -> LaidOut:
    """Lay columns out in at most so many characters."""
    columns, constant = _without_constants(list(columns), width)
    columns, sparse = _without_sparse(columns, width)
    lines = [f"the same in these rows: {_members(constant, 0)}"] if constant else []
    lines += [f"{columns[0].cells[row]}: {_members(sparse, row)}" for row in _filled(sparse)]
    table, rest = _table([], columns, width)
    tables, keys = [table], _keys(columns)
    while rest and len(tables) < MOST_TABLES:
        table, left = _table(keys, rest, width)
        if len(left) >= len(rest):
            break
        tables.append(table)
        rest = left
    return LaidOut(tables, lines, [column.name for column in rest])


def _table(keys: Sequence[TextColumn], columns: Sequence[TextColumn], width: int) -> tuple[Table, list[TextColumn]]:
    """Return a table, and the columns that it has no room for with those that belong to the first of them."""
    table, left = fitted([*keys, *columns], width)
    if left:
        stem = left[0].name.partition(".")[0]
        kept = [column for column in columns if column not in left and column.name.partition(".")[0] != stem]
        rest = [column for column in columns if column not in kept]
        if len(kept) > 1 or (kept and keys):
            return fitted([*keys, *kept], width)[0], rest
    return table, left


def _without_constants(columns: list[TextColumn], width: int) -> tuple[list[TextColumn], list[TextColumn]]:
    """Return the columns without as many of one value as is needed, whole numbers and words first, and those."""
    alike = [column for column in columns if len(column.cells) > 1 and len(set(column.cells)) == 1]
    alike = sorted((each for each in alike if not each.is_main), key=lambda each: "." in each.cells[0])
    taken: list[TextColumn] = []
    for column in alike:
        if fits(columns, width) or len(columns) == 1:
            break
        columns = [each for each in columns if each is not column]
        taken.append(column)
    return columns, taken


def _without_sparse(columns: list[TextColumn], width: int) -> tuple[list[TextColumn], list[TextColumn]]:
    """Return the columns without those that few rows fill, if there is no room, and those."""
    if fits(columns, width):
        return columns, []
    sparse = [each for each in columns[1:] if not each.is_main and 0 < len(_filled([each])) * SPARSE <= len(each.cells)]
    sparse = sparse if len(_filled(sparse)) <= MOST_LINES else []
    return [each for each in columns if each not in sparse], sparse


def _filled(columns: Sequence[TextColumn]) -> list[int]:
    """Return the rows in which one of the columns has a value."""
    return [row for row, cells in enumerate(zip(*(each.cells for each in columns), strict=True)) if any(cells)]


def _members(columns: Sequence[TextColumn], row: int) -> str:
    return "  ".join(f"{column.name}={column.cells[row]}" for column in columns if column.cells[row])


def _keys(columns: Sequence[TextColumn]) -> Sequence[TextColumn]:
    """Return the first columns, as many as tell the rows apart."""
    enough = (number for number in range(1, len(columns)) if len(_told(columns[:number])) == len(columns[0].cells))
    return columns[: next(enough, 1)]


def _told(columns: Sequence[TextColumn]) -> set[tuple[str, ...]]:
    return set(zip(*(column.cells for column in columns), strict=True))
