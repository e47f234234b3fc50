"""The catalogue: one frozen row per metric, aggregate and loss. Imports neither numpy nor torch."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..argument_types import check_types
from ..errors import ParameterError
from ..suggestions import closest
from .aggregates import AGGREGATES as SET_AGGREGATES
from .devices import DEVICE as DEVICE
from .devices import DEVICES as DEVICES
from .devices import USED as USED
from .devices import gpu_hours as gpu_hours
from .entry import ROLES as ROLES
from .entry import Entry as Entry
from .entry import Variant as Variant
from .libraries import LIBRARY_LOSSES, library_loss
from .losses import LOSSES as LOSSES
from .metrics import METRICS
from .percentages import PERCENTAGES as PERCENTAGES
from .space_aggregates import SPACE_AGGREGATES

AGGREGATES = SET_AGGREGATES + SPACE_AGGREGATES
OPTIONS = {"metric": "«metric»", "aggregate": "«aggregates»", "loss": "«kind»"}
KINDS = {"metric": METRICS, "aggregate": AGGREGATES, "loss": LOSSES}
MOST_SHOWN = 40  # names that a message lists


def names(kind: str) -> tuple[str, ...]:
    """Return the names of all rows of a kind, in order."""
    return tuple(entry.name for entry in KINDS[kind])


def find(kind: str, name: str) -> Entry:
    """Return the row of that kind with that name or alias; a library's name of a loss gives it as there.

    Raises:
        ParameterError: no such name, and the error offers the closest one; or one of several libraries.
    """
    check_types(find, locals())
    if kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    for entry in KINDS[kind]:
        if name in (entry.name, *entry.aliases):
            return entry
    if kind == "loss" and (named := library_loss(name)):
        return replace(find(kind, named.loss), variant=named.variant)
    known = [spelling for entry in KINDS[kind] for spelling in (entry.name, *entry.aliases)]
    spellings = [spelling for each in LIBRARY_LOSSES for spelling in (each.name, each.full_name)]
    of_libraries = spellings if kind == "loss" else []
    raise unknown_name(kind, name, known, of_libraries)


def search(name: str) -> tuple[Entry, ...]:
    """Return all rows with that name, alias or kind (`metrics`, `aggregates`, `losses`).

    Raises:
        ParameterError: no such name; the error offers the closest one.
    """
    check_types(search, locals())
    everything = [entry for rows in KINDS.values() for entry in rows]
    plurals = {"metrics": "metric", "aggregates": "aggregate", "losses": "loss"}
    kind = plurals.get(name, name)
    found = tuple(entry for entry in everything if kind == entry.kind or name in (entry.name, *entry.aliases))
    if not found and library_loss(name):
        return (find("loss", name),)
    if not found:
        known = [*plurals, *(spelling for entry in everything for spelling in (entry.name, *entry.aliases))]
        raise unknown_name("name", name, known)
    return found


def unknown_name(kind: str, name: str, known: Iterable[str], others: Sequence[str] = ()) -> ParameterError:
    """Return the error for a misspelt name, with the closest of the known ones, which it may list, and of others."""
    known = list(dict.fromkeys(known))
    guess = closest(name, [*known, *others])
    shown = f"one of: {', '.join(known)}" if len(known) <= MOST_SHOWN else "simtool list shows all names"
    hint = f"did you mean {guess}?" if guess else shown
    parts = [part.strip() for part in name.split(",")]
    if len(parts) > 1 and set(parts) <= {*known, *others}:
        hint = f"name them one by one: {' and '.join(parts)}"
    return ParameterError(f"unknown {kind} {name!r}", OPTIONS.get(kind, ""), hint)


def check_parameter(entries: Sequence[Entry], name: str, where: str = "") -> None:
    """Refuse a parameter that none of the losses has."""
    known = dict.fromkeys(parameter for entry in entries for parameter in entry.parameters)
    if name in known:
        return
    names = ", ".join(entry.name for entry in entries)
    what = f"the loss {names} has no {name}" if len(entries) == 1 else f"none of {names} has a parameter {name}"
    hint = f"it has {', '.join(known)}" if known and len(entries) == 1 else "leave it out"
    raise ParameterError(what, where or f"«{name}»", hint)
