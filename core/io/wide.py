"""Which columns of a table of numbers make its vectors, whatever the file it comes from.

Names that number columns alike make a vector of them, in the order of the numbers: x0, x1, x2. Several such names, each
from 0 on without a gap, make one each: a0, a1, b0, b1 the vectors a and b. Without such names all columns of numbers
are the one vector, named "", in a file of text alone. A column with another role is in none: one that an option names,
or one named like an id, a label, a score or a weight. Patterns pick columns whatever their names.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase

from ..errors import DataError, InputNotFoundError
from ..suggestions import closest
from .table import ID_NAMES, LABEL_NAMES, SCORE_NAMES, WEIGHT_NAMES

APART = frozenset((*ID_NAMES, *LABEL_NAMES, *SCORE_NAMES, *WEIGHT_NAMES))
DIGITS = "0123456789"
LEFT_OUT = " (not "  # before the columns that make no vector


def wide_vectors(
    names: Sequence[str], numeric: Sequence[str], apart: Collection[str], *, numbered: bool = False
) -> dict[str, list[str]]:
    """Return the columns of each vector by its name.

    Args:
        names: every column, in order.
        numeric: those that hold numbers and nulls alone.
        apart: those that an option gives another role.
        numbered: only columns that are numbered alike make a vector.

    Example:
        >>> wide_vectors(["id", "x", "y", "label"], ["x", "y", "label"], ())
        {'': ['x', 'y']}
    """
    free = [name for name in names if name not in apart and name.lower() not in APART]
    numbers = [name for name in numeric if name in set(free)]
    alike = _alike(numbers)
    if numbered and (len(alike) < 2 or not all(map(stem, alike))):
        return {}
    return _numbered(names, free, numbers) or ({"": alike} if numbers else {})


def picked_columns(
    names: Sequence[str], numeric: Sequence[str], patterns: Sequence[str], apart: Collection[str], where: str
) -> list[str]:
    """Return the columns that patterns pick, by their numbers where they are numbered alike, else in order.

    A pattern with * or ? passes over columns with another role; one that is typed in full is meant.

    Args:
        names: every column, in order.
        numeric: those that hold numbers and nulls alone.
        patterns: as in `dim_*`.
        apart: those that an option gives another role.
        where: the name of the table, for messages.

    Raises:
        InputNotFoundError: a pattern fits no column.
        DataError: a column holds no numbers.

    Example:
        >>> picked_columns(["id", "x10", "x9", "xs"], ["x10", "x9"], ["x?*[0-9]", "x9"], (), "t.csv")
        ['x9', 'x10']
    """
    free = [name for name in names if name and (name in patterns or (name not in apart and name.lower() not in APART))]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in free):
            match = closest(pattern, names)
            hint = f"did you mean {match}?" if match else f"columns: {_listed(names) or 'none'}"
            raise InputNotFoundError(f"no column fits the pattern {pattern!r}", where, hint)
    picked = [name for name in free if any(fnmatchcase(name, pattern) for pattern in patterns)]
    odd = next((name for name in picked if name not in numeric), None)
    if odd is not None:
        raise DataError(f"column {odd!r} is picked for the vectors, but holds something else than numbers", where)
    prefixes = set(map(stem, picked))
    return by_number(picked) if len(prefixes) == 1 and "" not in prefixes else picked


def stem(name: str) -> str:
    """Return a name without the number at its end; "" where it has none."""
    return name.rstrip(DIGITS) if name and name[-1] in DIGITS else ""


def number_of(name: str) -> int:
    """Return the number at the end of a name that has one."""
    return int(name[len(name.rstrip(DIGITS)) :])


def by_number(names: Sequence[str]) -> list[str]:
    """Return names that are numbered alike in the order of their numbers: programs that sort write x10 before x2."""
    return sorted(names, key=number_of)


def describe_columns(where: str, vectors: dict[str, list[str]], numeric: Sequence[str]) -> dict[str, str]:
    """Return what to say of each vector: the columns it was put together from, and which numbers are not in it.

    Example:
        >>> describe_columns("iris.csv", {"": ["x", "y"]}, ["x", "y", "label"])
        {'': 'the vectors of iris.csv are 2 columns: x, y (not label)'}
    """
    used = {name for columns in vectors.values() for name in columns}
    others = [name for name in numeric if name not in used]
    left_out = f"{LEFT_OUT}{_listed(others)})" if others else ""
    return {
        name: f"the vectors {name + ' ' if name else ''}of {where} are {len(columns)} "
        f"column{'' if len(columns) == 1 else 's'}: {_listed(columns)}{left_out}"
        for name, columns in vectors.items()
    }


def _listed(names: Sequence[str]) -> str:
    shown = names if len(names) <= 6 else (*names[:2], "...", names[-1])
    return ", ".join(name[:40] for name in shown)


def _numbered(names: Sequence[str], free: Sequence[str], numeric: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns of each vector by its name, a0, a1, b0 and b1 as a and b; nothing where there are not two."""
    there, numbers, vectors = set(free), set(numeric), {}
    for prefix, count in Counter(filter(None, map(stem, free))).items():
        columns, vector = [f"{prefix}{number}" for number in range(count)], prefix.rstrip("_")
        if count > 1 and there.issuperset(columns) and numbers & set(columns) and vector not in ("", *names):
            vectors[vector] = columns
    return vectors if len(vectors) > 1 else {}


def _alike(names: Sequence[str]) -> list[str]:
    """Return the names that are numbered alike, as x0, x1, x2 are; all of them where none are."""
    stems = Counter(name.rstrip(DIGITS) for name in names if name[-1:] in DIGITS)
    prefix, count = stems.most_common(1)[0] if stems else ("", 0)
    alike = [name for name in names if name[-1:] in DIGITS and name.rstrip(DIGITS) == prefix]
    return by_number(alike) if count > 1 else list(names)
