"""The head of a table: the command, its inputs, shapes, and what of its parameters is not the default."""

from collections.abc import Iterator, Mapping, Sequence
from inspect import signature
from textwrap import wrap
from typing import Any

from rich.cells import cell_len
from rich.text import Text

import simtool
from simtool.catalogue import find
from simtool.errors import printable
from simtool.results import Result, scalar_to_python

from .cells import summary_text
from .fitted_columns import clipped

# what became of a choice, rather than a choice; JSON has it
_FOUND = {"scan", "percent_of", "items", "cosine_eps"}


def header(result: Result, width: int) -> Iterator[Text]:
    """Yield the lines above a table, none longer than `width` where words allow it."""
    head, *more = _lines([result.command, *_members(result.inputs)], width)
    command = printable(result.command)
    yield Text.assemble((command, "bold"), head.removeprefix(command))
    yield from map(Text, more)
    shapes = result.parameters.get("shapes")
    if shapes is not None:
        yield Text("\n".join(wrap(printable(shapes), width)), style="dim")
    for line in _lines(list(_members(_chosen(result))), width):
        yield Text(line, style="dim")


def _chosen(result: Result) -> dict[str, Any]:
    """Return the parameters that differ from their defaults, or have none."""
    defaults = _defaults(result)
    return {
        name: value
        for name, value in result.parameters.items()
        if value is not None and name not in (*_FOUND, "shapes") and defaults.get(name) != value
    }


def _defaults(result: Result) -> dict[str, Any]:
    """Return the defaults of the library's function, of the loss, and of the aggregates by their names."""
    door = getattr(simtool, result.parameters.get("command", result.command), None)  # a report is of another command
    defaults = {} if door is None else {name: each.default for name, each in signature(door).parameters.items()}
    if "exclude_self" in defaults:  # of which that of one set is another one
        one_set = "b" not in result.inputs
        defaults |= {"exclude_self": one_set, "excluded_by": "row" if one_set else None}
    kind = result.parameters.get("kind")
    if isinstance(kind, str):
        entry = find("loss", kind)
        defaults |= {**entry.parameters, "distance": entry.metric, "reduction": entry.reduction}
    for name in result.parameters:
        aggregate, _, parameter = name.rpartition(".")
        if aggregate:
            defaults[name] = find("aggregate", aggregate).parameters.get(parameter)
    return defaults


def _members(members: Mapping[str, Any]) -> Iterator[str]:
    for name, value in members.items():
        if value is not None:
            yield f"{name}={summary_text(name, scalar_to_python(value))}"


def _lines(words: Sequence[str], width: int) -> Iterator[str]:
    """Yield the words two spaces apart, on as many lines as they need."""
    line = ""
    for word in (clipped(printable(word), width) for word in words):
        if line and cell_len(line) + 2 + cell_len(word) > width:
            yield line
            line = ""
        line = f"{line}  {word}" if line else word
    if line:
        yield line
