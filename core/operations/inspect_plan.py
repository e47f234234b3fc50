"""The columns of vectors of a file, each read once: what `inspect` counts and measures."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import inf, prod
from typing import Any

import numpy as np

from ..engine import READ_BYTES, occurrences, row_hashes
from ..io import Vectors
from ..io.listed_columns import carried_beside, source_rows
from ..io.origins import provenance
from ..io.vectors import name_rows
from ..metrics import magnitude, needs_scale
from ..results import Column, Columns, Result

TROUBLE = ("zero", "nonfinite", "duplicates")
NORMS = ("norm_min", "norm_mean", "norm_max")


@dataclass(frozen=True)
class InspectPlan:
    """What is looked at: opened, and not yet read.

    Args:
        name: of the file.
        rows: how many it has.
        sides: its columns of vectors by name.
        files: their format, and how many there are.
        others: what is known of its other columns, where they are listed.
        columns: how many columns are looked at, those that a vector is put together from one by one.
        list_rows: the kinds of rows that are listed instead of the columns.
    """

    name: str
    rows: int
    sides: dict[str, Vectors]
    files: tuple[str, int]
    others: list[dict[str, Any]] = field(default_factory=list)
    columns: int = 1
    list_rows: Collection[str] = ()

    def run(self) -> Result:
        """Read every column of vectors once."""
        described = [_describe(column, vectors) for column, vectors in self.sides.items()]
        totals = {key: sum(getattr(facts, key) for facts in described) for key in TROUBLE}
        widths = {facts.shape[-1] for facts in described if len(facts.shape) > 1}
        width = next(iter(widths)) if len(widths) == 1 else None
        return Result(
            command="inspect",
            inputs={"a": self.name},
            parameters={"format": self.files[0]},
            summary={
                "rows": self.rows,
                "columns": self.columns,
                **totals,
                **_norms_of_all(described),
                "files": self.files[1],
                "width": width,
            },
            rows=self._rows(described),
            headline=("rows", "columns", "files", "width") if len(described) == 1 and not self.list_rows else None,
            notes=tuple(note for facts in described for note in facts.notes),
            provenance=provenance({column or "a": vectors for column, vectors in self.sides.items()}),
        )

    def _rows(self, described: list["_Facts"]) -> Columns:
        listed = [facts.listed(kind, self.sides[facts.name]) for kind in self.list_rows for facts in described]
        if listed:
            return Columns({key: np.concatenate([part[key] for part in listed]) for key in listed[0]})
        return _columns([*(facts.record() for facts in described), *self.others])


@dataclass
class _Facts:
    """What one pass over a column of vectors finds."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    zero: int = 0
    nonfinite: int = 0
    duplicates: int = 0
    norms: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    finite: int = 0
    notes: list[str] = field(default_factory=list)
    rows: dict[str, Column] = field(default_factory=dict)
    first: Column = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def listed(self, kind: str, vectors: Vectors) -> dict[str, Column]:
        """List the rows of a kind: by number, by id where there are ids, and with the columns that are kept."""
        rows = self.rows[kind]
        found = {"found": np.full(len(rows), kind, dtype=object), "column": np.full(len(rows), self.name, dtype=object)}
        found["row"] = source_rows(vectors, rows)
        if vectors.ids is not None:
            found["id"] = vectors.ids[rows]
        first = source_rows(vectors, self.first[rows]).astype(object)
        found["first"] = first if kind == "duplicates" else np.full(len(rows), None, dtype=object)
        return found | carried_beside({"vectors": vectors}, rows, found)

    def record(self) -> dict[str, Any]:
        known = {"column": self.name, "kind": "vectors", "dtype": self.dtype, "shape": shape_text(self.shape)}
        known["role"] = "vectors"
        counts = {"zero": self.zero, "nonfinite": self.nonfinite, "duplicates": self.duplicates}
        norms = dict(zip(NORMS, self.norms, strict=True))
        return {**known, **counts, **norms}


def _describe(name: str, vectors: Vectors) -> _Facts:
    facts = _Facts(name, vectors.shape, vectors.dtype.name)
    width = vectors.shape[-1] if len(vectors.shape) > 1 else 1
    step = max(1, READ_BYTES // max(1, prod(vectors.shape[1:]) * 8))
    zero, nonfinite, hashes = [], [], []
    least, largest, total, count = inf, -inf, 0.0, 0
    for start in range(0, vectors.shape[0] if prod(vectors.shape[1:]) else 0, step):  # rows of no numbers show nothing
        rows = vectors.read(start, min(start + step, vectors.shape[0])).astype(np.float64)
        norms = _norms(rows.reshape(-1, width), scaled=needs_scale(vectors.dtype)).reshape(len(rows), -1)
        finite = np.isfinite(norms)
        zero.append(np.flatnonzero((norms == 0).any(axis=1)) + start)
        nonfinite.append(np.flatnonzero(~finite.all(axis=1)) + start)
        hashes.append(row_hashes(rows))
        facts.zero += int((norms == 0).sum())
        facts.nonfinite += int((~finite).sum())
        total, count = total + float(norms[finite].sum()), count + int(finite.sum())
        least = min(least, float(norms[finite].min(initial=inf)))
        largest = max(largest, float(norms[finite].max(initial=-inf)))
    if count:
        facts.norms, facts.finite = (least, total / count, largest), count
    none = [np.empty(0, dtype=np.int64)]
    facts.first, before = occurrences(np.concatenate(hashes)) if hashes else (none[0], none[0])
    repeated = np.flatnonzero(before)
    facts.duplicates = len(repeated)
    facts.rows = dict(zip(TROUBLE, map(np.concatenate, (zero or none, nonfinite or none, [repeated])), strict=True))
    for what, found in facts.rows.items():
        if len(found):
            facts.notes.append(f"{what} in {vectors.name}: {name_rows(found, vectors.ids)}")
    return facts


def _norms_of_all(described: Sequence[_Facts]) -> dict[str, float | None]:
    """Return the norms of the finite rows of all columns of vectors; None where there is none."""
    some = [facts for facts in described if facts.finite]
    if not some:
        return dict.fromkeys(NORMS)
    least, means, largest = zip(*(facts.norms for facts in some), strict=True)
    mean = np.average(means, weights=[facts.finite for facts in some])
    return dict(zip(NORMS, (min(least), float(mean), max(largest)), strict=True))


def _norms(rows: Column, *, scaled: bool) -> Column:
    scale = magnitude(rows) if scaled else np.ones(len(rows))
    rows = rows / scale[:, None]
    norms: Column = np.sqrt(np.vecdot(rows, rows)) * scale
    return norms


def _columns(records: list[dict[str, Any]]) -> Columns:
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = {name: [record.get(name) for record in records] for name in names}
    # None, for what does not apply to plain values, needs an object column
    return Columns({name: np.asarray(c, dtype=_dtype(c)) for name, c in columns.items()})


def _dtype(values: list[Any]) -> type | None:
    return object if any(value is None or isinstance(value, str) for value in values) else None


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as a person reads it: 353 x 384."""
    return " x ".join(map(str, shape))
