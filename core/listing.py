"""`describe`: the catalogue as a table, or one row of it in full."""

import numpy as np

from .catalogue import KINDS, Entry, search
from .results import Columns, Result


def describe(name: str | None = None) -> Result:
    """Show the catalogue, the rows of a kind, or one row in full.

    Args:
        name: `metrics`, `aggregates`, `losses`, a name or an alias; None for everything.

    Returns:
        A result with rows `name`, `kind`, `meaning`, `formula`, `range`, `closer`, `labels`, `parameters`, or for
        one name rows `property`, `value`; the summary counts `entries`.

    Raises:
        ParameterError: no such name; the error offers the closest one.

    Example:
        >>> describe("losses").rows.read(0, 1)["name"].tolist()
        ['contrastive']
    """
    entries = search(name) if name is not None else tuple(entry for rows in KINDS.values() for entry in rows)
    if name is not None and all(name in (entry.name, *entry.aliases) for entry in entries):
        records = [record for entry in entries for record in _in_full(entry)]
    else:
        records = [_in_short(entry) for entry in entries]
    columns = {key: np.asarray([record[key] for record in records], dtype=object) for key in records[0]}
    return Result("list", {}, {"name": name}, {"entries": len(entries)}, Columns(columns))


def _in_short(entry: Entry) -> dict[str, str]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "meaning": entry.meaning,
        "formula": entry.formula,
        "range": entry.range,
        "closer": _direction(entry),
        "labels": entry.labels,
        "parameters": _parameters(entry),
    }


def _in_full(entry: Entry) -> list[dict[str, str]]:
    more = {
        "aliases": ", ".join(entry.aliases),
        "on": entry.metric,
        "laws": ", ".join(entry.laws),
        "peers": entry.peers,
        "source": entry.source,
        "function": entry.function,
    }
    facts = {**_in_short(entry), **more}
    return [{"property": key, "value": value} for key, value in facts.items() if value]


def _direction(entry: Entry) -> str:
    if entry.kind == "loss":
        return ""
    return "larger" if entry.larger_is_closer else "smaller"


def _parameters(entry: Entry) -> str:
    return ", ".join(f"{key} {value:g}" for key, value in entry.parameters.items())
