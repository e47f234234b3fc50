"""What a condition computes of some rows: columns compared with values or with each other, and such tests joined.

Arrow's kernels compare, never its expressions, whose evaluation imports pandas where that is installed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .buffers import arrow_scalar
from .numbers import MOST_DIGITS

COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "=": pc.equal,
    "==": pc.equal,
    "!=": pc.not_equal,
    "<>": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
Compute = Callable[[pa.Table], Any]  # of some rows: one value for each, or a single one for all


@dataclass(frozen=True)
class Condition:
    """A condition that has been read: the columns that it names, and what computes whether it holds of each row."""

    columns: tuple[str, ...]
    holds: Compute


def noun(kind: Any) -> str:
    """Return what a column of values holds, in one word."""
    kind = plain(kind)
    if pa.types.is_boolean(kind):
        return "bools"
    if pa.types.is_date(kind):
        return "dates"
    if pa.types.is_timestamp(kind):
        return "times"
    return "text" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else "numbers"


def plain(kind: Any) -> Any:
    """Return the type of the values that a column is made of, dictionary-encoded or not."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_float16(kind):  # which Arrow compares with nothing
        return pa.float32()
    return pa.string() if pa.types.is_string_view(kind) else kind


def scalar(said: str, kind: Any, found: str) -> pa.Scalar:
    """Return a value as a condition says it, of the kind `found`, in the type that a column compares with."""
    kind = plain(kind)
    if found == "bools":
        return arrow_scalar(said == "true", pa.bool_())
    if found == "numbers":
        whole = re.fullmatch(r"[+-]?\d+", said) is not None
        if pa.types.is_integer(kind) and whole and len(said) <= MOST_DIGITS:
            half = 2 ** (kind.bit_width - 1)
            low, high = (0, 2 * half) if pa.types.is_unsigned_integer(kind) else (-half, half)
            if low <= int(said) < high:
                return arrow_scalar(int(said), kind)
        # 0.1 is the float32 nearest to it in a column of these
        return arrow_scalar(float(said), kind if pa.types.is_floating(kind) else pa.float64())
    text = said[1:-1].replace("''", "'")
    if not pa.types.is_timestamp(kind) or kind.tz is None:
        return arrow_scalar(text, kind)
    try:
        return arrow_scalar(text, kind)
    except pa.ArrowInvalid:  # without an offset
        return pc.assume_timezone(arrow_scalar(text, pa.timestamp(kind.unit)), "UTC").cast(kind)


def compared(sign: str, one: Compute, kind: Any, other: Compute, its: Any) -> Compute:
    """Compare a column with a value or a column; numbers of two types as float64, rounded where it must be."""
    if kind != its and noun(kind) == "numbers":
        one, other = (computed(partial(pc.cast, target_type=pa.float64(), safe=False), each) for each in (one, other))
    return computed(COMPARED[sign], one, other)


def column_values(name: str) -> Compute:
    """Return what gives the values of a column."""
    return lambda table: table[name]


def constant(value: pa.Scalar) -> Compute:
    """Return what gives one value for all rows."""
    return lambda table: value


def computed(function: Callable[..., Any], *parts: Compute) -> Compute:
    """Return what computes a function of what its parts are."""
    return lambda table: function(*(part(table) for part in parts))


def balanced(function: Callable[[Any, Any], Any], parts: Sequence[Compute]) -> Compute:
    """Join conditions as a tree that is not deep."""
    join = partial(computed, function)
    while len(parts) > 2:
        parts = [reduce(join, parts[place : place + 2]) for place in range(0, len(parts), 2)]
    return reduce(join, parts)
