"""What the cells of a JSON column are, and the arrays that they become."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from .arrow_types import is_list, leaf
from .odd_columns import braced
from .text_blocks import null_type

VALUES = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
SURROGATE = re.compile("[\ud800-\udfff]")
BEYOND = "{who} holds an integer beyond 64 bits: write it with a point, as 1e20 or 7.0, if it may be rounded"
LEAVES = {type(None): pa.null(), int: pa.int64(), float: pa.float64()}


@dataclass
class Seen:
    """What the cells of one column have been so far.

    Args:
        type: of all cells, or of the first ones where there is a problem.
        nulls: whether a cell is null, or holds a null.
        first: the row of the first cell that is not null.
        problem: the first row with a cell of another kind, and what to say, with {who} for the row.
    """

    type: Any
    nulls: bool = False
    first: int = 0
    problem: tuple[int, str] | None = None

    def look(self, cell: Any, row: int) -> None:
        """Take one more cell."""
        if cell is None:
            self.nulls = True
            return
        kind, what = _kind(cell)
        if what is None and leaf(self.type) != pa.float64() and _is_beyond(cell):
            what = BEYOND
        if null_type(self.type) and kind is not None and self.problem is None:
            self.type, self.first = kind, row
        elif what is None:
            what = self._widen(kind, cell, row)
        if isinstance(cell, list):
            self.nulls |= _holds_null(cell)
        if what is not None and self.problem is None:
            self.problem = (row, what)

    def _widen(self, kind: Any, cell: Any, row: int) -> str | None:
        """Take a type in, or return why it does not go with the type so far."""
        wider = _wider(self.type, kind)
        if wider is not None:
            self.type = wider
            return None
        if is_list(kind) and is_list(self.type):
            return f"{{who}} has {_depth(kind)} dims, expected {_depth(self.type)} as in the first row"
        if is_list(self.type):
            return f"expected a list of numbers, got {shown_cell(cell)} in {{who}}"
        both = f"{_called(self.type)} in row {self.first} and {_called(kind)} in row {row}"
        return f"expected values of one kind, got {both}"


def settled(kind: Any) -> Any:
    """Return the type of a finished column; lists that are all empty are lists of numbers."""
    if not is_list(kind):
        return kind
    inner = kind.value_type
    return pa.list_(pa.float64() if null_type(inner) else settled(inner))


def to_array(cells: Sequence[Any], kind: Any) -> pa.Array:
    """Return parsed cells as one array of a type that takes them all."""
    if pa.types.is_floating(leaf(kind)):
        cells = [_floats(cell) for cell in cells]
    return pa.array(cells, kind)


def _kind(cell: Any) -> tuple[Any, str | None]:
    """Return the type of one cell, None where it has none, and what is wrong with it by itself."""
    if isinstance(cell, list):
        return _list_kind(cell)
    if type(cell) not in VALUES:
        return None, f"expected a value or a list of numbers, got {shown_cell(cell)} in {{who}}"
    if isinstance(cell, str) and SURROGATE.search(cell):
        return pa.string(), "{who} holds text that is not Unicode: a lone surrogate"
    too_large = type(cell) is int and not _fits(cell)
    return (pa.float64() if too_large else VALUES[type(cell)]), None


def _list_kind(cell: list[Any]) -> tuple[Any, str | None]:
    """Return the type of a list of numbers, nested as it is, and what is wrong with it by itself."""
    leaves = np.array(cell, dtype=object)
    if any(type(each) is list for each in leaves.flat):
        return pa.list_(pa.float64()), "{who} holds lists of different lengths"
    odd = next((each for each in leaves.flat if type(each) not in LEAVES), None)
    if odd is not None:
        return pa.list_(pa.float64()), f"expected a list of numbers, got {shown_cell(odd)} in {{who}}"
    inner = pa.null()
    for each in set(map(type, leaves.flat)):
        inner = _wider(inner, LEAVES[each])
    if inner == pa.int64() and not all(_fits(each) for each in leaves.flat if each is not None):
        inner = pa.float64()
    for _ in range(leaves.ndim):
        inner = pa.list_(inner)
    return inner, None


def _wider(one: Any, other: Any) -> Any:
    """Return the type that takes both, or None."""
    if one == other or null_type(other):
        return one
    if null_type(one):
        return other
    if other is None:
        return None
    if is_list(one) and is_list(other):
        inner = _wider(one.value_type, other.value_type)
        return None if inner is None else pa.list_(inner)
    return pa.float64() if {one, other} == {pa.int64(), pa.float64()} else None


def _floats(cell: Any) -> Any:
    if isinstance(cell, list):
        return [_floats(member) for member in cell]
    if not isinstance(cell, int):
        return cell
    try:
        return float(cell)
    except OverflowError:  # an integer beyond all floats is infinite, as 1e999 is
        return float("-inf" if cell < 0 else "inf")


def _depth(kind: Any) -> int:
    return 1 + _depth(kind.value_type) if is_list(kind) else 0


def _is_beyond(cell: Any) -> bool:
    """Say whether a list of integers alone holds one beyond 64 bits."""
    leaves = [each for each in np.array(cell, dtype=object).flat if each is not None] if isinstance(cell, list) else []
    return all(type(each) is int for each in leaves) and not all(map(_fits, leaves))


def _fits(number: int) -> bool:
    return -(2**63) <= number < 2**63


def _holds_null(cell: list[Any]) -> bool:
    return any(_holds_null(member) if isinstance(member, list) else member is None for member in cell)


def shown_cell(cell: Any) -> str:
    """Return the beginning of a cell for a message that has yet to be formatted."""
    return braced(json.dumps(cell)[:40])


def _called(kind: Any) -> str:
    """Return a type in plain words."""
    if kind is None or is_list(kind):
        return "an object" if kind is None else "a list"
    return {"bool": "a bool", "string": "text", "int64": "an integer"}.get(str(kind), "a number")
