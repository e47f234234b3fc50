"""Which aggregates were asked for, with which parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..aggregates.record import AggregateRequest, parameter_types, record_of
from ..catalogue import find, names
from ..errors import ParameterError
from ..suggestions import closest

ALL = "all"
DEFAULT = "argmax"  # the first of all, of which they have their percentage
OF_EACH = "paired"  # where each id is listed: takes no longer than the list


def every_aggregate() -> list[str]:
    """Return the name of every aggregate, in the order of `all`."""
    return sorted(names("aggregate"), key=lambda name: name != DEFAULT)


def named_aggregates(typed: Sequence[str]) -> list[str]:
    """Return the names in the catalogue of what was typed, each once; `all` is every one.

    Raises:
        ParameterError: a name is unknown, or `all` is not alone.
    """
    typed = [typed] if isinstance(typed, str) else typed
    if ALL in typed:
        if set(typed) != {ALL}:
            raise ParameterError("all has every aggregate in it", "«aggregates»", "leave the others out")
        return every_aggregate()
    found = [find("aggregate", name).name for name in typed]
    if not found:
        raise ParameterError("no aggregate was asked for", "«aggregates»")
    return list(dict.fromkeys(found))


def names_with(field: str) -> list[str]:
    """Return the aggregates whose record has something, such as `matched`."""
    return [name for name in every_aggregate() if getattr(record_of(name), field)]


def read_requests(aggregates: Sequence[str], parameters: Mapping[str, float], seed: int) -> list[AggregateRequest]:
    """Return the aggregates with their parameters.

    Args:
        aggregates: names of the catalogue.
        parameters: name -> value, for every aggregate that has it; `AGGREGATE.name` is for that one alone.
        seed: of those that draw.

    Raises:
        ParameterError: no aggregate has a parameter of that name, or it is not a number of its kind.
    """
    found, used, known = [], set(), set()
    for name in aggregates:
        entry = find("aggregate", name)
        own = parameter_types(entry)
        known |= set(own)
        values: dict[str, Any] = {key: value for key, value in entry.parameters.items() if key in own}
        for key, kind in own.items():
            for typed in (key, f"{name.replace('-', '_')}.{key}"):
                if typed in parameters:
                    values[key] = _value(key, parameters[typed], kind)
                    used.add(typed)
        drawn = {"seed": seed} if "seed" in entry.parameters else {}
        found.append(AggregateRequest(entry, {**values, **drawn}))
    for typed in parameters:
        if typed not in used:
            raise _unknown(typed, sorted(known))
    return found


def _unknown(typed: str, known: list[str]) -> ParameterError:
    if not known:
        return ParameterError(f"no parameter is called {typed!r}", "«parameters»", "these aggregates have none")
    guess = closest(typed, known)
    hint = f"did you mean {guess}?" if guess else f"there is {', '.join(known)}"
    if typed == "seed":
        hint = "«seed» is an option of its own"
    return ParameterError(f"no aggregate here has a parameter {typed!r}", "«parameters»", hint)


def _value(name: str, value: float, kind: Any) -> float | int | bool:
    if kind is bool:
        return bool(value)
    if kind is int:
        if value != int(value):
            raise ParameterError(f"{name} is {value:g}, expected a whole number", f"«parameters={name}={value:g}»")
        return int(value)
    return value
