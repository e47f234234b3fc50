"""`inspect`: what a file holds: shapes, dtypes, norms, and rows that will make trouble."""

from collections.abc import Collection
from dataclasses import dataclass, field
from math import inf, prod
from typing import Any

import numpy as np

from .. import checks
from ..delivery import delivery
from ..engine import READ_BYTES, budget_of, occurrences, row_hashes
from ..io import Vectors, open_table, pick_vectors, split_source
from ..io.vectors import name_rows, provenance
from ..metrics import magnitude, needs_scale
from ..results import Column, Columns, Result

KEYS = ("rows", "columns", "zero", "nonfinite", "duplicates")
HASHED = 48  # bytes of a row: its hash, its order, and its numbers among those that are told


def inspect(
    source: Any, *, header: str = "auto", max_memory: str | int | None = None, require_keys: Collection[str] = ()
) -> Result:
    """Describe the columns of a file, or one of them, in one pass over its vectors.

    Args:
        source: PATH for all columns, PATH::NAME for one, `-` for standard input; or vectors or an array.
        header: whether the first line of a CSV names its columns: `yes`, `no` or `auto`.
        max_memory: as for `pairwise`.
        require_keys: keys that the summary must have, checked before any input is read.

    Returns:
        A result with one row per column: `column`, `kind` (vectors or values), `dtype`, `shape`, `zero`,
        `nonfinite`, `duplicates`, `norm_min`, `norm_mean`, `norm_max`. The summary counts `rows`, `columns`,
        `zero`, `nonfinite` and `duplicates` over all vector columns. A duplicate equals an earlier row.

    Raises:
        DataError, InputNotFoundError: the file or the column cannot be read.

    Example:
        >>> inspect("sample_data/wordsim_a.npy").summary["rows"]
        353
    """
    checks.check_keys(require_keys, KEYS)
    with delivery():
        return _inspected(source, header, max_memory)


def _inspected(source: Any, header: str, max_memory: str | int | None) -> Result:
    if not isinstance(source, str):
        vectors = checks.given(source, "array")
        return _result(vectors.name, {"": vectors}, vectors.shape[0], [], "array")
    path, column = split_source(source)
    table = open_table(path, nulls=True, header=header, max_memory=max_memory)
    chosen = [pick_vectors(table, column)] if column is not None else list(table.vector_columns)
    budget_of(max_memory).check(table.rows * HASHED, f"looking for duplicates among {table.rows:,} rows")
    sides = {name: table.vectors(name) for name in chosen}
    others = [name for name in table.value_columns if name not in chosen] if column is None else []
    return _result(source, sides, table.rows, [_plain(name, table.values(name)) for name in others], table.format)


def _plain(name: str, values: Column) -> dict[str, Any]:
    dtype = "string" if values.dtype == object else values.dtype.name
    return {"column": name, "kind": "values", "dtype": dtype, "shape": _text(values.shape)}


def _result(name: str, sides: dict[str, Vectors], rows: int, others: list[dict[str, Any]], format: str) -> Result:
    described = [_describe(column, vectors) for column, vectors in sides.items()]
    records = [*(facts.record() for facts in described), *others]
    totals = {key: sum(getattr(facts, key) for facts in described) for key in ("zero", "nonfinite", "duplicates")}
    return Result(
        command="inspect",
        inputs={"a": name},
        parameters={"format": format},
        summary={"rows": rows, "columns": len(records), **totals},
        rows=_columns(records),
        notes=tuple(note for facts in described for note in facts.notes),
        provenance=provenance({column or "a": vectors for column, vectors in sides.items()}),
    )


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
    notes: list[str] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        known = {"column": self.name, "kind": "vectors", "dtype": self.dtype, "shape": _text(self.shape)}
        counts = {"zero": self.zero, "nonfinite": self.nonfinite, "duplicates": self.duplicates}
        return {**known, **counts, **dict(zip(("norm_min", "norm_mean", "norm_max"), self.norms, strict=True))}


def _describe(name: str, vectors: Vectors) -> _Facts:
    facts = _Facts(name, vectors.shape, vectors.dtype.name)
    width = vectors.shape[-1] if len(vectors.shape) > 1 else 1
    step = max(1, READ_BYTES // max(1, prod(vectors.shape[1:]) * 8))
    zero, nonfinite, hashes = [], [], []
    least, largest, total, count = inf, -inf, 0.0, 0
    for start in range(0, vectors.shape[0], step):
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
        facts.norms = (least, total / count, largest)
    repeated = np.flatnonzero(occurrences(np.concatenate(hashes))[1]) if hashes else np.empty(0, dtype=np.int64)
    facts.duplicates = len(repeated)
    found = {"zero": zero, "nonfinite": nonfinite, "duplicates": [repeated]}
    for what, parts in found.items():
        rows = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
        if len(rows):
            facts.notes.append(f"{what} in {vectors.name}: {name_rows(rows, vectors.ids)}")
    return facts


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


def _text(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
