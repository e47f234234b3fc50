"""Whether arguments are of the types that the signature of a public function names, which each asks first."""

from collections import abc
from collections.abc import Callable, Mapping
from functools import cache
from inspect import Parameter, signature
from numbers import Integral, Real
from os import PathLike, fspath
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints, overload

from .errors import ParameterError

WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    NoneType: "None",
    PathLike: "a path",
}

AnyPath = str | PathLike[str]


@overload
def path_of(path: AnyPath) -> str: ...


@overload
def path_of(path: AnyPath | None) -> str | None: ...


def path_of(path: AnyPath | None) -> str | None:
    """Return a path as text; what is text stays the same object."""
    return None if path is None else fspath(path)


def check_types(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Refuse arguments of other types than a signature names.

    Args:
        function: with annotations, of which Any takes everything.
        given: name -> argument, as `locals()` has them where the function begins.

    Raises:
        ParameterError: the first that is of another type.

    Example:
        >>> def take(top_k: int) -> None: ...
        >>> check_types(take, {"top_k": 3})
    """
    for name, kind, parameter in _kinds(function):
        arguments = {name: given[name]}
        if parameter == Parameter.VAR_KEYWORD:
            arguments = given[name]
        elif parameter == Parameter.VAR_POSITIONAL:
            arguments = {f"{name}[{number}]": value for number, value in enumerate(given[name])}
        for argument, value in arguments.items():
            check_argument(argument, value, kind)


def check_argument(name: str, value: Any, kind: Any) -> None:
    """Refuse an argument of another type than the one named."""
    if not _fits(value, kind):
        raise ParameterError(f"expected {_said(kind)}, got {_shown(value)}", f"«{name}»")


@cache
def _kinds(function: Callable[..., Any]) -> tuple[tuple[str, Any, Any], ...]:
    hints, parameters = get_type_hints(function), signature(function).parameters.values()
    return tuple((each.name, hints[each.name], each.kind) for each in parameters if each.name in hints)


def _fits(value: Any, kind: Any) -> bool:
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(kind, UnionType):
        return any(_fits(value, part) for part in parts)
    if kind in (bool, int, float):
        return _is_scalar(value, kind)
    if origin is abc.Mapping:
        key, each = parts
        return isinstance(value, Mapping) and all(_fits(k, key) and _fits(v, each) for k, v in value.items())
    if origin in (abc.Sequence, abc.Collection):
        is_several = isinstance(value, abc.Collection) and not isinstance(value, str | bytes | Mapping)
        return is_several and getattr(value, "ndim", 1) == 1 and all(_fits(each, parts[0]) for each in value)
    if origin is abc.Callable:
        return callable(value)
    return kind is Any or isinstance(value, origin or kind)


def _is_scalar(value: Any, kind: type) -> bool:
    is_bool = type(value).__name__ in ("bool", "bool_")
    if kind is bool:
        return is_bool or (type(value) is int and value in (0, 1))
    if kind is float:
        return isinstance(value, Real) and not is_bool
    # an integer of few bits, as numpy has them, would overflow where bytes are counted
    return isinstance(value, Integral) and not is_bool and getattr(value, "itemsize", 8) >= 4


def _said(kind: Any) -> str:
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(kind, UnionType):
        return " or ".join(_said(part) for part in parts if part is not NoneType)
    if origin is abc.Callable:
        return "a function"
    if origin is abc.Mapping:
        return f"a dict of names, each with {_said(parts[1])}"
    if origin in (abc.Sequence, abc.Collection):
        return f"a list, each item {_said(parts[0])}"
    return WORDS.get(origin or kind) or f"a {(origin or kind).__name__}"


def _shown(value: Any) -> str:
    is_short = isinstance(value, str | int | float | NoneType)
    return repr(value)[:60] if is_short else type(value).__name__
