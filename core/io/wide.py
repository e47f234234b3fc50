"""Which columns of a table of numbers make its vectors, whatever the file it comes from.

Names that number two or more columns alike make a vector of them, in the order of the numbers: x0, x1, x2. Several such
names, numbered from 0 or 1 on, make one each: a0, a1, b0, b1 the vectors a and b. A name of which more than half of the
columns hold no numbers makes none. Columns whose names are numbers alone, as pandas counts them, may be of words: these
are in no vector. A cell that is no number, and a number that no column has, are refused once the vector is asked for.
Without such names all columns of numbers are the one vector, named "", in a file of text alone; a column that is of
numbers but for some cells belongs to it and is refused. A column with another role is in none: one that an option
names, or one named like an id, a label, a score or a weight. Patterns pick columns whatever their names.
"""

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase

from ..errors import InputNotFoundError
from ..suggestions import closest
from .table import ID_NAMES, LABEL_NAMES, SCORE_NAMES, WEIGHT_NAMES

APART = frozenset((*ID_NAMES, *LABEL_NAMES, *SCORE_NAMES, *WEIGHT_NAMES))
DIGITS = "0123456789"
LEFT_OUT = " (not "  # before the columns that make no vector


def wide_vectors(
    names: Sequence[str],
    numeric: Collection[str],
    apart: Collection[str],
    *,
    mostly: Collection[str] = (),
    numbered: bool = False,
) -> dict[str, list[str]]:
    """Return the columns of each vector by its name.

    Args:
        names: every column, in order.
        numeric: those that hold numbers and nulls alone.
        apart: those that an option gives another role.
        mostly: those that hold numbers but for some cells.
        numbered: only columns that are numbered alike make a vector.

    Example:
        >>> wide_vectors(["id", "x", "y", "label"], ["x", "y", "label"], ())
        {'': ['x', 'y']}
    """
    free = [name for name in names if name not in apart and name.lower() not in APART]
    numbers = {*numeric, *mostly}
    found = _numbered(names, free, numbers)
    rest = [name for name in free if name in numbers]
    return found or ({"": rest} if rest and not numbered else {})


def picked_columns(names: Sequence[str], patterns: Sequence[str], apart: Collection[str], where: str) -> list[str]:
    """Return the columns that patterns pick, by their numbers where they are numbered alike, else in order.

    A pattern with * or ? passes over columns with another role; one that is typed in full is meant.

    Args:
        names: every column, in order.
        patterns: as in `dim_*`.
        apart: those that an option gives another role.
        where: the name of the table, for messages.

    Raises:
        InputNotFoundError: a pattern fits no column.

    Example:
        >>> picked_columns(["id", "x10", "x9", "xs"], ["x?*[0-9]", "x9"], (), "t.csv")
        ['x9', 'x10']
    """
    free = [name for name in names if name and (name in patterns or (name not in apart and name.lower() not in APART))]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in free):
            match = closest(pattern, names)
            hint = f"did you mean {match}?" if match else f"columns: {_listed(names) or 'none'}"
            raise InputNotFoundError(f"no column fits the pattern {pattern!r}", where, hint)
    picked = [name for name in free if any(fnmatchcase(name, pattern) for pattern in patterns)]
    return by_number(picked) if all(map(has_number, picked)) and len(set(map(stem, picked))) == 1 else picked


def stem(name: str) -> str:
    """Return a name without the number at its end."""
    return name.rstrip(DIGITS)


def by_number(names: Sequence[str]) -> list[str]:
    """Return names that are numbered alike in the order of their numbers: programs that sort write x10 before x2."""
    return sorted(names, key=number_of)


def describe_columns(where: str, vectors: dict[str, list[str]], names: Sequence[str]) -> dict[str, str]:
    """Return what to say of each vector: the columns it was put together from, and which others but ids are in none.

    Example:
        >>> describe_columns("iris.csv", {"": ["x", "y"]}, ["x", "y", "label"])
        {'': 'the vectors of iris.csv are 2 columns: x, y (not label)'}
    """
    used = {name for columns in vectors.values() for name in columns}
    others = [name for name in names if name not in used and name.lower() not in ID_NAMES]
    left_out = f"{LEFT_OUT}{_listed(others)})" if others else ""
    return {
        name: f"the vectors {name + ' ' if name else ''}of {where} are {len(columns)} "
        f"column{'' if len(columns) == 1 else 's'}: {_listed(columns)}{left_out}"
        for name, columns in vectors.items()
    }


def has_number(name: str) -> bool:
    """Say whether a name ends with a number."""
    return bool(name) and name[-1] in DIGITS


def number_of(name: str) -> int:
    """Return the number at the end of a name that has one."""
    return int(name[len(stem(name)) :])


def _listed(names: Sequence[str]) -> str:
    shown = names if len(names) <= 6 else (*names[:2], "...", names[-1])
    return ", ".join(name[:40] for name in shown)


def _numbered(names: Sequence[str], free: Sequence[str], numbers: Collection[str]) -> dict[str, list[str]]:
    """Return the columns that are numbered alike by the name of their vector, "" where there is one."""
    alike: dict[str, list[str]] = {}
    for name in filter(has_number, free):
        if stem(name) or name in numbers:
            alike.setdefault(stem(name), []).append(name)
    groups = {
        prefix: by_number(columns)
        for prefix, columns in alike.items()
        if len(columns) > 1 and 2 * sum(name in numbers for name in columns) >= len(columns)
    }
    begun = {prefix: columns for prefix, columns in groups.items() if _first(prefix, names) in (0, 1)}
    if len(begun) > 1:
        short = [prefix.rstrip("_") for prefix in begun]
        clear = {name for name in short if name and name not in names and short.count(name) == 1}
        return {
            name if name in clear else f"{prefix}*": columns
            for name, (prefix, columns) in zip(short, begun.items(), strict=True)
        }
    others = [columns for prefix, columns in groups.items() if prefix]
    found = list(begun.values()) or sorted(others, key=len, reverse=True)
    return {"": found[0]} if found else {}


def _first(prefix: str, names: Sequence[str]) -> int:
    return min(number_of(name) for name in names if has_number(name) and stem(name) == prefix)
