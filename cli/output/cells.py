"""The cells of a table as text: each number with the digits that it needs itself."""

import math
from collections.abc import Callable
from typing import Any

from simtool.errors import printable
from simtool.results import Column, to_python

from .terminal import text_of

_DIGITS = 6
_DECIMALS = 4
_SMALL = 0.01  # below it four decimals are too few digits


def is_number(column: Column) -> bool:
    """Tell whether a column holds numbers, apart from what does not apply to a row."""
    if column.dtype == object:
        values = [value for value in column if value is not None]
        return bool(values) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return column.dtype.kind in "iuf"


def cells_of(column: Column, name: str = "") -> list[str]:
    """Return a column as printable text; None is what does not apply to a row, and is empty.

    Args:
        name: of the column, which may say their unit.
    """
    shown = _units(name) or (_number if is_number(column) else significant)
    return ["" if value is None else printable(shown(value)) for value in to_python(column)]


def decimal(value: float, decimals: int) -> str:
    """Return a float with so many decimals, a small one with its digits, a huge one not as if it were exact."""
    if math.isnan(value):
        return "undefined"
    if value and not 10.0 ** (1 - decimals) <= abs(value) < 1e15:
        return f"{value:.4g}"
    return f"{value + 0.0:.{decimals}f}"


def summary_text(name: str, value: Any) -> str:
    """Return a number of the summary, or of the header, as people read it."""
    return (_units(name) or significant)(value)


def significant(value: Any) -> str:
    """Return a value as people read it, a float with six significant digits and no trailing zeros."""
    if not isinstance(value, float) or math.isnan(value):
        return text_of(value)
    if not 1e-4 <= abs(value) < 1e15:
        return f"{value:.6g}"
    text = f"{value:.{_decimals(abs(value))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _units(name: str) -> Callable[[Any], str] | None:
    """Return how values are shown whose name says their unit."""
    if name.startswith("bytes_") or name.endswith("_memory"):
        return _size
    return _hours if name.endswith("_hours") else None


def _size(value: Any) -> str:
    """Return bytes in the unit that leaves less than 1024 of them."""
    if not isinstance(value, int | float) or math.isnan(value):
        return text_of(value)
    unit = min(max(int(value), 1).bit_length() - 1, 50) // 10
    return f"{value / 1024**unit:.1f} {'KMGTP'[unit - 1]}iB" if unit else f"{value:.0f} B"


def _hours(value: Any) -> str:
    return "under 0.001" if isinstance(value, float) and 0 < value < 0.001 else significant(value)


def _number(value: float) -> str:
    if not isinstance(value, float):
        return text_of(value)
    if value.is_integer() and 10 <= abs(value) < 1e15:
        return str(int(value))
    if 0 < abs(value) < _SMALL:
        return f"{value:.4g}"
    return decimal(value, min(_decimals(abs(value)) if math.isfinite(value) else 0, _DECIMALS))


def _decimals(value: float) -> int:
    """Return how many decimals show `value` with six significant digits."""
    return max(0, _DIGITS - 1 - math.floor(math.log10(value))) if value else _DECIMALS
