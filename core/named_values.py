"""Names with values, as a caller gives them or types them: `{"margin": [0.5, 1]}`, or `margin=0.5:1.5:0.1`."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from math import isfinite
from numbers import Real
from typing import Any

from .errors import ParameterError

MOST_VALUES = 1000  # of a range
Named = tuple[str, list[Any]]


def named_values(given: Any, parameter: str, example: str, *, alone: str = "") -> list[Named]:
    """Return each name with its values, in the order in which they are given.

    Args:
        given: name -> one value or several; a text NAME=V,V or NAME=FROM:TO:STEP, whose both ends are included; a pair
            of a name and its values; or several of these.
        parameter: what messages call it.
        example: a text that would do.
        alone: what numbers without a name are called; none by default, which refuses them.

    Raises:
        ParameterError: anything else.

    Example:
        >>> named_values(["truncate=64,128", {"quantize": "int8"}], "sweep", "truncate=64,128")
        [('truncate', [64, 128]), ('quantize', ['int8'])]
    """
    given, refused = _listed(given), _refusal(given, parameter, example)
    if isinstance(given, str):
        return [_typed(given, refused)]
    if isinstance(given, Mapping):
        if not all(isinstance(name, str) for name in given):
            raise refused
        return [_named(name, values) for name, values in given.items()]
    if not isinstance(given, Iterable) or isinstance(given, bytes):
        raise refused
    parts = list(given)
    if len(parts) == 2 and isinstance(parts[0], str) and "=" not in parts[0] and not isinstance(parts[1], Mapping):
        return [_named(*parts)]
    if alone and not any(isinstance(part, str | Mapping) for part in parts):
        return [(alone, parts)]
    return [named for part in parts for named in named_values(part, parameter, example)]


def swept_numbers(given: Any, example: str, *, alone: str = "") -> tuple[str, list[float]]:
    """Return the one parameter that a sweep is over, and its values.

    Args:
        given: as for `named_values`.
        example: a text that would do, with the name of a parameter and numbers.
        alone: the name of that parameter, where there is no other.

    Raises:
        ParameterError: several parameters, another than it can be, no values, or what is no finite number.
    """
    where, hint = "«sweep»", f"as in «sweep={example}»"
    found = named_values(given, "sweep", example, alone=alone)
    if len(found) != 1:
        got = " and ".join(name for name, _ in found) or "none"
        raise ParameterError(f"one parameter is swept, got {got}", where, hint)
    name, values = found[0]
    if alone and name != alone:
        raise ParameterError(f"the {alone} is swept, and {name} is another parameter", where, hint)
    if not values:
        raise ParameterError("a sweep needs at least one value", where, hint)
    for value in values:
        if not is_number(value):
            raise ParameterError(f"expected a number, got {value!r} as a value of {name}", where, hint)
    return name, [float(value) for value in values]


def is_number(value: Any) -> bool:
    """Tell whether a value is a real number that float64 holds."""
    try:
        return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
    except OverflowError:
        return False


def _named(name: str, values: Any) -> Named:
    values = _listed(values)
    several = isinstance(values, Iterable) and not isinstance(values, str | bytes)
    return _spelled(name), list(values) if several else [values]


def _listed(values: Any) -> Any:
    """Return the numbers of an array, a tensor or a Series, and anything else as it is."""
    return values.tolist() if hasattr(values, "tolist") else values


def _typed(text: str, refused: ParameterError) -> Named:
    name, mark, values = text.partition("=")
    if not mark or not name.strip():
        raise refused
    if ":" not in values:
        return _spelled(name), [_value(part) for part in values.split(",")]
    ends = [_decimal(part) for part in values.split(":")]
    if len(ends) != 3 or None in ends:
        raise refused
    # decimals: 0.1 counted up three times is to be 0.3
    start, stop, step = (end for end in ends if end is not None)
    count = (stop - start) / step if float(step) else Decimal(-1)
    if not 0 <= count < MOST_VALUES:
        what = f"the range of {text!r} has no values, or more than {MOST_VALUES}"
        raise ParameterError(what, refused.where, refused.hint)
    return _spelled(name), [_number(start + number * step) for number in range(int(count) + 1)]


def _value(text: str) -> Any:
    """Return a number, or the text itself where it is none."""
    number = _decimal(text)
    return text.strip() if number is None else _number(number)


def _number(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and is_number(float(number)) else None


def _spelled(name: str) -> str:
    return name.strip().replace("-", "_")


def _refusal(given: Any, parameter: str, example: str) -> ParameterError:
    """Return the error for what has no such form."""
    form = "NAME=V,V or NAME=FROM:TO:STEP"
    got, form = (repr(given), form) if isinstance(given, str) else (type(given).__name__, f"a dict, or {form}")
    return ParameterError(f"expected {form}, got {got}", f"«{parameter}»", f"as in «{parameter}={example}»")
