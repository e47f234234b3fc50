"""A result as a JSON document.

JSON knows neither the types of columns nor NaN and the infinities, which are null in it. So `types` has the dtype of
each column, and `nonfinite` the path of every null that is not a gap, nor NaN in a column of floats, as in
`["summary", "max", "inf"]`.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite, isnan
from typing import Any

import numpy as np

from ..placeholders import Spell
from .baseline import Baseline
from .records import Column, in_batches
from .result import Result
from .values import json_rows, json_text, scalar_to_python, to_python

SCHEMA = 1
Path = tuple[str | int, ...]


def document(result: Result, gates: Sequence[Mapping[str, Any]], spell: Spell) -> Iterator[str]:
    """Yield the parts of the document; see `Result.document`."""
    head = _head(result)
    lost = list(_nonfinite(head, ()))
    yield "{\n"
    for key, value in head.items():
        yield f'  "{key}": {json_text(value)},\n'
    yield '  "rows": ['
    types: dict[str, str] = {}
    count = 0
    for columns in in_batches(result.rows):
        types = types or {name: "str" if each.dtype.kind == "U" else each.dtype.name for name, each in columns.items()}
        lost += _nonfinite_cells(columns, count)
        for line in json_rows(columns):
            yield f"{',' if count else ''}\n    {line}"
            count += 1
    yield "\n  ],\n" if count else "],\n"
    tail = {"gates": gates, "notes": result.spelled_notes(spell), "types": types, "nonfinite": lost}
    kept = {key: value for key, value in tail.items() if value or key in ("gates", "notes")}
    yield ",\n".join(f'  "{key}": {json_text(value)}' for key, value in kept.items())
    yield "\n}\n"


def _head(result: Result) -> dict[str, Any]:
    """Return what stands before the rows."""
    head = {
        "schema": SCHEMA,
        "command": result.command,
        "inputs": result.inputs,
        "parameters": result.parameters,
        "summary": result.summary,
    }
    if result.provenance:
        head["provenance"] = result.provenance
    if result.histograms:
        head["histograms"] = [
            {"name": each.name, "edges": each.edges, "counts": dict(each.counts), "marks": dict(each.marks)}
            for each in result.histograms
        ]
    if result.history is not None:
        epochs = zip(*map(to_python, result.history.columns.values()), strict=True)
        head["history"] = [dict(zip(result.history.names, epoch, strict=True)) for epoch in epochs]
    if result.baseline is not None:
        head["baseline"] = _of_baseline(result, result.baseline)
    return {key: scalar_to_python(value) for key, value in head.items()}


def _of_baseline(result: Result, baseline: Baseline) -> dict[str, Any]:
    moved = baseline.differences(result)
    rows = zip(*map(to_python, moved.columns.values()), strict=True)
    changed = {name: {"before": was, "now": is_} for name, (was, is_) in baseline.changed(result).items()}
    numbers = [dict(zip(moved.names, row, strict=True)) for row in rows]
    return {"source": baseline.source, "parameters": changed, "numbers": numbers}


def _nonfinite(value: Any, path: Path) -> Iterator[Path]:
    """Yield the path of each number that becomes null, and the number; NaN in a history is what it lacks."""
    if isinstance(value, float) and not isfinite(value) and not (isnan(value) and path[0] == "history"):
        yield (*path, str(value))
    elif isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _nonfinite(member, (*path, key))


def _nonfinite_cells(columns: Mapping[str, Column], start: int) -> Iterator[Path]:
    for name, column in columns.items():
        if column.dtype.kind == "f":
            for row in np.flatnonzero(np.isinf(column)).tolist():
                yield ("rows", start + row, name, str(float(column[row])))
        elif column.dtype.kind == "O":
            for row, value in enumerate(column):
                yield from _nonfinite(scalar_to_python(value), ("rows", start + row, name))
