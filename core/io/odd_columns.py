"""What is wrong with the columns that vectors are put together from: one is missing, or a cell is no number."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from .number_counts import COMMA
from .numbers import is_number
from .wide import by_number, has_number, number_of, stem

MEND = "mend it, or say which columns are the vectors: «columns» 'x*' (of A and B: «columns_a», «columns_b»)"

Problem = tuple[int, str]  # a row, and what to say, with {who} for the row


def problems_of(
    vectors: Mapping[str, Sequence[str]],
    names: Sequence[str],
    numeric: Collection[str],
    cells: Callable[[str], Iterable[Any]],
    *,
    known: Mapping[str, Problem] | None = None,
    picked: bool,
) -> dict[str, Problem]:
    """Return what is wrong with each vector that has a column which is missing, or holds something else than numbers.

    Args:
        numeric: the columns that hold numbers and nulls alone.
        cells: returns the cells of another column.
        known: what is wrong with others, whose cells are not asked for.
        picked: somebody named the columns, so that none is missing.
    """
    found = {}
    for vector, columns in vectors.items():
        odd = next((name for name in columns if name not in numeric), None)
        like = next((repr(name) for name in columns if name in numeric), "")
        missing = "" if picked else gap(columns, names)
        if missing:
            found[vector] = (0, braced(missing))
        elif known and odd is not None and odd in known:
            found[vector] = (known[odd][0], f"column {braced(repr(odd))}: {known[odd][1]}")
        elif odd is not None:
            found[vector] = odd_cell(cells(odd), f"column {odd!r}", like)
    return found


def gap(columns: Sequence[str], names: Sequence[str]) -> str:
    """Return what is wrong with the numbers of the columns of a vector, or "".

    Args:
        columns: in the order of their numbers, where they are numbered alike; any others have no gap.
        names: every column; one of words, or with another role, leaves no gap.

    Example:
        >>> gap(["x0", "x2"], ["id", "x0", "x2"])
        'there is no column x1 between x0 and x2'
    """
    prefix = stem(columns[0])
    if len(columns) < 2 or any(not has_number(name) or stem(name) != prefix for name in columns):
        return ""
    alike = by_number([name for name in names if has_number(name) and stem(name) == prefix])
    if not prefix and number_of(alike[0]) > 1:  # such as years
        return ""
    for before, after in pairwise(alike):
        missing = number_of(before) + 1
        if number_of(after) < missing:
            return f"two columns have the number {number_of(after)}: {after} is one of them"
        if number_of(after) > missing:
            return f"there is no column {prefix}{missing} between {before} and {after}"
    return "" if number_of(alike[0]) in (0, 1) else f"the columns begin with {alike[0]}, expected 0 or 1"


def odd_cell(cells: Iterable[Any], column: str, like: str) -> Problem:
    """Return the row of the first cell that is no number, and what to say.

    Args:
        cells: of a column of text or of another type.
        column: how to call the column.
        like: how to call one of numbers; "" where there is none.
    """
    as_in = braced(f" as in {like}") if like else ""
    for row, cell in enumerate(cells):
        text = "" if cell is None else str(cell).strip()
        if text and (not isinstance(cell, str) or not is_number(text)):
            expected = "a number"
            if re.fullmatch(COMMA, text):
                expected = "a number with a decimal point"
            elif isinstance(cell, str) and text.startswith("[") and "," not in text:
                expected = "a number, or a JSON list, which .tolist() makes of an array,"
            kind = "" if isinstance(cell, str) else f"{type(cell).__name__} "
            return row, f"{{who}} has {braced(f'{kind}{text[:40]!r} in {column}, expected {expected}')}{as_in}"
    return 0, braced(f"{column} holds text or nulls alone, expected numbers") + as_in


def braced(text: str) -> str:
    """Return a text that stays as it is when a message is formatted."""
    return text.replace("{", "{{").replace("}", "}}")
