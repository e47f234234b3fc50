"""A result against that of an earlier run: what each number was, what it is, and how far it moved."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..documents import is_finite_number
from ..errors import ParameterError
from .numbers import Numbers, Place, check_group, numbers_of, place_of
from .records import Columns, Scalar, nearest_keys
from .values import scalar_to_python

if TYPE_CHECKING:
    from .result import Result

DELTA = "delta."
ENDS = (".low", ".high")


@dataclass(frozen=True)
class Estimate:
    """A number and its interval.

    Args:
        value: None where it is undefined.
        low: None where no interval is known.
        high: None where no interval is known.
    """

    value: float | int | None
    low: float | None = None
    high: float | None = None

    def minus(self, other: "Estimate") -> "Estimate":
        """Return the difference, with an interval where both have one.

        With x1 in [l1, u1] and x2 in [l2, u2]::

            low  = x1 - x2 - sqrt((x1 - l1)^2 + (u2 - x2)^2)
            high = x1 - x2 + sqrt((u1 - x1)^2 + (x2 - l2)^2)

        It holds for runs on different items. On the same items, whose numbers move together, it is wider than it has
        to be.

        Source:
            Zou and Donner 2008, Construction of confidence limits about effect measures: a general approach.

        Example:
            >>> found = Estimate(0.9, 0.87, 0.92).minus(Estimate(0.8, 0.75, 0.84))
            >>> round(found.low, 6), round(found.high, 6)
            (0.05, 0.153852)
        """
        x, y = self.value, other.value
        if x is None or y is None:
            return Estimate(None)
        if self.low is None or self.high is None or other.low is None or other.high is None:
            return Estimate(x - y)
        below, above = hypot(x - self.low, other.high - y), hypot(self.high - x, y - other.low)
        return Estimate(x - y, x - y - below, x - y + above)


@dataclass(frozen=True)
class Baseline:
    """An earlier run that a result is held against."""

    source: str
    result: "Result"

    def check(self, command: str, keys: Collection[str] = ()) -> Self:
        """Return it, unless it is of another command, or has no number for a difference that `keys` name.

        Raises:
            ParameterError: with the nearest keys, or groups.
        """
        if self.result.command != command:
            what = f"this is a result of {self.result.command}, and it is compared with one of {command}"
            raise ParameterError(what, self.source, "name an earlier run of the same command")
        for key in keys:
            if key.startswith(DELTA):
                _check(key.removeprefix(DELTA), self.result, self.source)
        return self

    def changed(self, now: "Result") -> dict[str, tuple[Any, Any]]:
        """Return the parameters that differ, as they were and as they are; None is not given."""
        was, is_ = ({k: scalar_to_python(v) for k, v in each.parameters.items()} for each in (self.result, now))
        return {name: (was.get(name), is_.get(name)) for name in {**is_, **was} if was.get(name) != is_.get(name)}

    def differences(self, now: "Result") -> Columns:
        """Return a row for each number of both runs: before, now, difference, and where one has it its interval."""
        new, old = numbers_of(now), numbers_of(self.result)
        own = (place for place in new if place in old and not _is_of_all(place, new, old))
        shared = [place for place in own if not _is_end(place, new)]
        found = [(_estimate(new, place), _estimate(old, place)) for place in shared]
        moved = [one.minus(other) for one, other in found]
        columns: dict[str, list[Scalar]] = {
            "number": [_key(place) for place in shared],
            "before": [other.value for _, other in found],
            "now": [one.value for one, _ in found],
            "difference": [each.value for each in moved],
        }
        if any(each.low is not None for each in moved):
            columns |= {"low": [each.low for each in moved], "high": [each.high for each in moved]}
        return Columns({name: np.asarray(values, dtype=object) for name, values in columns.items()})


def all_numbers(result: "Result") -> dict[str, Scalar]:
    """Return the numbers of the summary, and those of groups as `roc_auc[en]`."""
    numbers = numbers_of(result)
    return {_key(place): value for place, value in numbers.items() if not _is_of_all(place, numbers)}


def numbers_named(result: "Result", keys: Collection[str]) -> dict[str, Scalar]:
    """Return the summary, and those of `keys` that are of a group or a difference, where the result has them.

    Raises:
        ParameterError: no group is called so, or there is no earlier run, or it lacks the number.
    """
    found = dict(result.summary)
    for key in keys:
        if key.startswith(DELTA):
            found[key] = _difference(result, key)
        elif key not in found and (place := place_of(key, result)) and place[0] in result.rows.names:
            _check(key, result, "")
            found[key] = numbers_of(result, [place[0]])[place]
    return found


def no_baseline(key: str) -> ParameterError:
    """Return the error for a difference from nothing."""
    what = f"{key} is a difference from an earlier run, and none is named"
    return ParameterError(what, "«gate»", "«baseline=old.json» names one")


def _difference(result: "Result", key: str) -> Scalar:
    if result.baseline is None:
        raise no_baseline(key)
    typed = key.removeprefix(DELTA)
    for each, source in ((result, ""), (result.baseline.result, result.baseline.source)):
        _check(typed, each, source)
    name, group = place_of(typed, result)
    base, _, end = name.rpartition(".")
    names = [f"{each}{suffix}" for each in (name, base) for suffix in ("", *ENDS)]
    new, old = numbers_of(result, names), numbers_of(result.baseline.result, names)
    is_end = _is_end((name, group), new) and _is_end((name, group), old)
    place = (base if is_end else name, group)
    moved = _estimate(new, place).minus(_estimate(old, place))
    return {"low": moved.low, "high": moved.high}[end] if is_end else moved.value


def _check(key: str, result: "Result", source: str) -> None:
    """Refuse a number that a result does not have."""
    name, group = place_of(key, result)
    numbers = numbers_of(result, [name])
    if (name, group) not in numbers:
        groups = [each for of, each in numbers if of == name and each is not None]
        if group is not None and groups:
            check_group(group, groups)
        known = [of for of, each in numbers_of(result) if each is None]
        raise ParameterError(f"no number is called {key!r}", source or "«gate»", nearest_keys(key, known))


def _key(place: Place) -> str:
    name, group = place
    return name if group is None else f"{name}[{group}]"


def _is_end(place: Place, numbers: Numbers) -> bool:
    """Tell an end of an interval from a number of its own."""
    base, _, end = place[0].rpartition(".")
    return f".{end}" in ENDS and all((f"{base}{each}", place[1]) in numbers for each in ("", *ENDS))


def _is_of_all(place: Place, *numbers: Numbers) -> bool:
    """Tell a number of a group that is that of the summary, as of the group of all."""
    return place[1] is not None and all(each.get((place[0], None), each) == each[place] for each in numbers)


def _estimate(numbers: Mapping[Place, Any], place: Place) -> Estimate:
    name, group = place
    value, low, high = (numbers.get((f"{name}{end}", group)) for end in ("", *ENDS))
    return Estimate(*(each if is_finite_number(each) else None for each in (value, low, high)))
