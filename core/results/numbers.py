"""The numbers that a gate can name: of the summary, and of a group as `roc_auc[en]`, by their name and their group."""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from ..errors import ParameterError
from ..suggestions import closest_few
from .records import Scalar
from .values import to_python

if TYPE_CHECKING:
    from .result import Result

Place = tuple[str, str | None]
Numbers = dict[Place, Scalar]

_OF_GROUP = re.compile(r"([^\[]+)\[([^\]]*)\](.*)", re.DOTALL)
_FEW = 8  # groups that a message lists


def split_group(key: str) -> Place:
    """Return the number and the group that a key names; None where it names no group.

    Example:
        >>> split_group("roc_auc[en].low")
        ('roc_auc.low', 'en')
    """
    match = _OF_GROUP.fullmatch(key)
    return (match[1] + match[3], match[2]) if match else (key, None)


def place_of(key: str, result: "Result") -> Place:
    """Return the name and the group of a key; a key of the summary may look like one of a group, as in a sweep."""
    return (key, None) if key in result.summary else split_group(key)


def numbers_of(result: "Result", names: Collection[str] | None = None) -> Numbers:
    """Return the numbers of the summary and of groups.

    Args:
        result: of any command; groups are rows whose first column is `group`.
        names: of groups only these; None for all.
    """
    found: Numbers = {(key, None): value for key, value in result.summary.items() if not isinstance(value, str)}
    if result.rows.names[:1] == ("group",):
        columns = result.rows.read(0, len(result.rows))
        groups = list(map(str, columns.pop("group").tolist()))
        for name, column in columns.items():
            if names is None or name in names:
                found |= zip(((name, group) for group in groups), to_python(column), strict=True)
    return found


def check_group(group: str, known: Collection[str]) -> None:
    """Refuse a group that there is not.

    Raises:
        ParameterError: with the nearest names.
    """
    if group not in known:
        near, more = closest_few(group, known, 3), len(known) - _FEW
        listed = ", ".join(list(known)[:_FEW]) + (f" and {more} more" if more > 0 else "")
        hint = f"did you mean {', '.join(near)}? " if near else ""
        raise ParameterError(f"no group is called {group!r}", "«gate»", f"{hint}there is {listed}")
