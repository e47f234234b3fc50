"""A JSON document becomes a result again; whatever should not be there is refused with its key."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..documents import read_document
from ..errors import DataError
from .document import SCHEMA
from .records import Column, Columns, Histogram
from .result import Result
from .values import json_text

INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
FLOATS = ("float16", "float32", "float64")
# dtype -> what its values are in JSON; object takes all
KINDS = {"bool": (bool,), "str": (str,)} | dict.fromkeys(INTEGERS, (int,)) | dict.fromkeys(FLOATS, (int, float))


def read_result(text: str | bytes, source: str) -> Result:
    """Return the result that a document holds; see `Result.from_json`."""
    try:
        content = read_document(text if isinstance(text, str) else text.decode())
    except ValueError as error:  # a UnicodeDecodeError is one
        raise DataError(f"expected a result as JSON: {error}", source, "Result.to_json writes one") from None
    return _Reader(source).result(content)


class _Reader:
    """Takes a document apart, and names the key of whatever should not be there.

    Args:
        source: what errors call the document.
    """

    def __init__(self, source: str) -> None:
        self.source = source

    def refusal(self, key: str, expected: str, found: Any) -> DataError:
        """Return the error for a key that holds something else."""
        shown = json_text(found) if isinstance(found, str | int | float | None) else _named(type(found))
        shown = shown if len(shown) < 80 else f"{shown[:80]}…"
        where = f"{self.source}, {key}" if self.source else key
        return DataError(f"expected {expected}, got {shown}", where, "write the result anew")

    def result(self, content: Any) -> Result:
        """Return the result."""
        if not isinstance(content, dict):
            raise self.refusal("the document", "an object", content)
        if content.get("schema") != SCHEMA:
            raise self.refusal("schema", str(SCHEMA), content.get("schema"))
        if not isinstance(content.get("command"), str):
            raise self.refusal("command", "the name of a command", content.get("command"))
        for number, path in enumerate(self.list_of(content, "nonfinite", list)):
            self.restore(content, path, f"nonfinite[{number}]")
        rows = self.list_of(content, "rows", dict)
        history = self.list_of(content, "history", dict)
        return Result(
            command=content["command"],
            inputs=self.mapping(content, "inputs", str),
            parameters=self.mapping(content, "parameters"),
            summary=self.mapping(content, "summary", int, float, str, type(None)),
            rows=self.columns(rows, self.mapping(content, "types", str), "rows"),
            histograms=tuple(map(self.histogram, self.list_of(content, "histograms", dict))),
            history=self.columns(history, {}, "history", gaps="float64") if "history" in content else None,
            notes=tuple(self.list_of(content, "notes", str)),
            provenance=self.mapping(content, "provenance", str),
        )

    def restore(self, content: dict[str, Any], path: list[Any], key: str) -> None:
        """Put a number that JSON lacks back in the place of its null."""
        holder: Any = content
        try:
            *way, last, number = path
            for step in way:
                holder = holder[step]
            if holder[last] is not None or number not in ("nan", "inf", "-inf"):
                raise self.refusal(key, "the path of a null, and nan, inf or -inf", json_text(path))
            holder[last] = float(number)
        except (LookupError, TypeError, ValueError) as error:
            if isinstance(error, DataError):
                raise
            raise self.refusal(key, "the path of a null, and nan, inf or -inf", json_text(path)) from None

    def mapping(self, content: dict[str, Any], key: str, *kinds: type) -> dict[str, Any]:
        """Return an object whose members are of some kinds, or of any; one that is not there is empty."""
        found = content.get(key, {})
        if not isinstance(found, dict):
            raise self.refusal(key, "an object", found)
        for name, value in found.items():
            if kinds and type(value) not in kinds:
                raise self.refusal(f"{key}.{name}", " or ".join(map(_named, kinds)), value)
        return found

    def list_of(self, content: dict[str, Any], key: str, kind: type) -> list[Any]:
        """Return a list whose members are of one kind; one that is not there is empty."""
        found = content.get(key, [])
        if not isinstance(found, list):
            raise self.refusal(key, "a list", found)
        for number, value in enumerate(found):
            if type(value) is not kind:
                raise self.refusal(f"{key}[{number}]", _named(kind), value)
        return found

    def columns(self, rows: list[dict[str, Any]], types: Mapping[str, str], key: str, *, gaps: str = "") -> Columns:
        """Return rows as columns.

        Args:
            rows: each with the same members.
            types: name -> dtype; one that is not there is guessed.
            key: what the rows are called.
            gaps: the dtype of a guessed column that has gaps.
        """
        names = tuple(types or (rows[0] if rows else ()))
        for number, row in enumerate(rows):
            if tuple(row) != names:
                raise self.refusal(f"{key}[{number}]", f"the members {', '.join(names)}", ", ".join(row))
        values = {name: [row[name] for row in rows] for name in names}
        return Columns(
            {
                name: self.column(each, types.get(name) or _guess(each, gaps), f"{key}.{name}")
                for name, each in values.items()
            }
        )

    def column(self, values: list[Any], dtype: str, key: str) -> Column:
        """Return values as an array of a type that holds all of them."""
        if dtype == "object":
            return _objects(values)
        if dtype not in KINDS:
            raise self.refusal(key, "a type that columns have", dtype)
        for row, value in enumerate(values):
            if type(value) not in KINDS[dtype] and not (dtype in FLOATS and value is None):
                raise self.refusal(f"{key}, row {row}", dtype, value)
        filled = [float("nan") if value is None else value for value in values]
        try:
            with np.errstate(over="ignore"):
                column = np.array(filled, dtype=dtype)
            fits = dtype not in FLOATS or bool((np.isinf(column) == np.isinf(np.array(filled, dtype=float))).all())
        except OverflowError:
            fits = False
        if not fits:
            raise self.refusal(key, f"numbers that fit {dtype}", max(filled, key=abs))
        return column

    def histogram(self, content: dict[str, Any]) -> Histogram:
        """Return a histogram."""
        name, edges = content.get("name"), content.get("edges")
        if not isinstance(name, str):
            raise self.refusal("histograms", "a name", name)
        counts = self.mapping(content, "counts", list)
        if not isinstance(edges, list) or any(len(each) != len(edges) - 1 for each in counts.values()):
            raise self.refusal(f"histograms.{name}", "edges, and a count between each two of them", edges)
        return Histogram(
            name,
            self.column(edges, "float64", f"histograms.{name}.edges"),
            {group: self.column(each, "int64", f"histograms.{name}.{group}") for group, each in counts.items()},
            self.mapping(content, "marks", int, float),
        )


def _named(kind: type) -> str:
    words = {dict: "an object", list: "a list", str: "text", int: "a whole number", float: "a number"}
    return words.get(kind, "null")


def _objects(values: list[Any]) -> Column:
    column = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        column[row] = tuple(value) if isinstance(value, list) else value
    return column


def _guess(values: list[Any], gaps: str) -> str:
    """Return the dtype of values that came without one."""
    kinds = {type(value) for value in values}
    if gaps and kinds <= {int, float, type(None)} and kinds != {int}:
        return gaps
    if kinds == {int}:
        return "int64" if all(-(2**63) <= value < 2**63 for value in values) else "object"
    if kinds and kinds <= {int, float}:
        return "float64"
    return {frozenset([bool]): "bool", frozenset([str]): "str"}.get(frozenset(kinds), "object")
