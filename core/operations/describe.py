"""`describe`: the catalogue as a table, or one row of it in full."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from .. import checks
from ..argument_types import check_types
from ..catalogue import KINDS, Entry, Variant, search
from ..results import Columns, Result

KEYS = ("entries",)
_COUNTED = {
    "all": "",
    "positives": "those with positives",
    "negatives": "those with negatives",
    "both": "those with positives and negatives",
}


def describe(name: str | None = None, *, require_keys: Collection[str] = ()) -> Result:
    """Show the catalogue, the rows of a kind, or one row in full.

    Args:
        name: `metrics`, `aggregates`, `losses`, a name or an alias; None for everything.
        require_keys: keys that the summary must have.

    Returns:
        A result with rows `name`, `meaning`, `range`, `closer`, `labels`, `parameters`, `formula`, `kind`, or for
        one name rows `property`, `value`; the summary counts `entries`.

    Raises:
        ParameterError: no such name; the error offers the closest one.

    Example:
        >>> describe("losses").rows.read(0, 1)["name"].tolist()
        ['contrastive']
    """
    check_types(describe, locals())
    checks.check_keys(require_keys, KEYS)
    entries = search(name) if name is not None else tuple(entry for rows in KINDS.values() for entry in rows)
    is_one = name is not None and all(name in (entry.name, *entry.aliases) for entry in entries)
    return DescribePlan(name, entries, in_full=is_one).run()


@dataclass(frozen=True)
class DescribePlan:
    """Which rows of the catalogue are shown, each in a line or in full."""

    name: str | None
    entries: tuple[Entry, ...]
    in_full: bool

    def run(self) -> Result:
        """Lay out the rows."""
        records = [_in_short(entry) for entry in self.entries]
        if self.in_full:
            records = [record for entry in self.entries for record in _in_full(entry)]
        columns = {key: np.asarray([record[key] for record in records], dtype=object) for key in records[0]}
        return Result("list", {}, {"name": self.name}, {"entries": len(self.entries)}, Columns(columns))


def _in_short(entry: Entry) -> dict[str, str]:
    return {
        "name": entry.name,
        "meaning": entry.meaning,
        "range": entry.range,
        "closer": _direction(entry),
        "labels": entry.labels,
        "parameters": _parameters(entry),
        "formula": entry.formula,
        "kind": entry.kind,
    }


def _in_full(entry: Entry) -> list[dict[str, str]]:
    more = {
        "aliases": ", ".join(entry.aliases),
        "takes": entry.inputs,
        "item": entry.item,
        "anchors": _COUNTED[entry.counted],
        "distance": entry.metric,
        "or distance": ", ".join(entry.metrics),
        "reduction": entry.reduction if entry.kind == "loss" else "",
        **{f"variant {name}": _variant(each) for name, each in entry.variants.items()},
        "laws": ", ".join(entry.laws),
        "peers": entry.peers,
        "source": entry.source,
        "function": entry.function,
    }
    facts = {"name": entry.name, "kind": entry.kind, **_in_short(entry), **more}
    return [{"property": key, "value": value} for key, value in facts.items() if value]


def _variant(variant: Variant) -> str:
    """Return a variant as its source and what it changes."""
    changes = [f"{name} {value:g}" for name, value in variant.parameters.items()]
    changes += [f"distance {variant.metric}"] if variant.metric else []
    changes += [f"reduction {variant.reduction}"] if variant.reduction != "mean" else []
    changes += [f"every item times {variant.factor:g}"] if variant.factor != 1 else []
    return ": ".join([variant.source, ", ".join(changes)] if changes else [variant.source])


def _direction(entry: Entry) -> str:
    if entry.kind == "loss":
        return ""
    return "larger" if entry.larger_is_closer else "smaller"


def _parameters(entry: Entry) -> str:
    return ", ".join(f"{key} {value:g}" for key, value in entry.parameters.items())
