"""`inspect`: what a file holds: shapes, dtypes, norms, and rows that will make trouble."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, prod
from typing import Any

import numpy as np

from .. import checks
from ..argument_types import check_types
from ..delivery import delivery
from ..engine import READ_BYTES, occurrences, row_hashes
from ..io import Table, Vectors, as_source, pick_vectors
from ..io.listed_columns import carried_beside, source_rows
from ..io.origins import provenance
from ..io.several import open_several
from ..io.table import ROLES, pick_ids
from ..io.vectors import name_rows
from ..metrics import magnitude, needs_scale
from ..results import Column, Columns, Result
from ..settings import Settings

TROUBLE = ("zero", "nonfinite", "duplicates")
KEYS = ("rows", "columns", *TROUBLE, "files", "width")
HASHED = 48  # bytes of a row: its hash, its order, and its numbers among those that are told


def inspect(
    *sources: Any,
    list_rows: Collection[str] = (),
    header: str = "auto",
    max_memory: str | int | None = None,
    require_keys: Collection[str] = (),
) -> Result:
    """Describe the columns of a file, or one of them, in one pass over its vectors.

    Args:
        *sources: PATH for all columns, PATH::NAME for one, `-` for standard input; several are one input, row after
            row, and a `Selection` in the first place selects of all of them. Or vectors or an array.
        list_rows: list rows instead of columns: any of `zero`, `nonfinite` and `duplicates`.
        header, max_memory, require_keys: as for `pairwise`.

    Returns:
        A result with one row per column: `column`, `kind` (vectors, values or other), `dtype`, `shape`, `role`,
        what the column is taken for where nothing else is said, `zero`, `nonfinite`, `duplicates`, `norm_min`,
        `norm_mean` and `norm_max`. The columns that a vector is put together from are one row. The summary counts
        `rows`, `columns`, `zero`, `nonfinite` and `duplicates` over all vector columns, and has the number of `files`
        and the `width` of the vectors; the parameter `format` says what they are. A duplicate equals an earlier row.
        With `list_rows` a row per row that is found: `found`, `column`, `row`, `id` where there are ids, `first`, the
        row that a duplicate equals, and columns that are kept.

    Raises:
        DataError, InputNotFoundError: the file or the column cannot be read.

    Example:
        >>> inspect("sample_data/wordsim_a.npy").summary["rows"]
        353
    """
    check_types(inspect, locals())
    checks.check_keys(require_keys, KEYS)
    for name in list_rows:
        checks.check_choice("list_rows", name, TROUBLE)
    settings = Settings(nonfinite="propagate", max_memory=max_memory, header=header)
    with delivery():
        taken = [as_source(source, "A") for source in sources]
        return _plan(taken, list_rows, settings).run()


@dataclass(frozen=True)
class InspectPlan:
    """What is looked at: opened, and not yet read.

    Args:
        name: of the file.
        rows: how many it has.
        sides: its columns of vectors by name.
        files: their format, and how many there are.
        others: what is known of its other columns, where they are listed.
        values: how many columns of values there are.
        list_rows: the kinds of rows that are listed instead of the columns.
    """

    name: str
    rows: int
    sides: dict[str, Vectors]
    files: tuple[str, int]
    others: list[dict[str, Any]] = field(default_factory=list)
    values: int = 0
    list_rows: Collection[str] = ()

    def run(self) -> Result:
        """Read every column of vectors once."""
        described = [_describe(column, vectors) for column, vectors in self.sides.items()]
        totals = {key: sum(getattr(facts, key) for facts in described) for key in TROUBLE}
        widths = {facts.shape[-1] for facts in described if len(facts.shape) > 1}
        width = next(iter(widths)) if len(widths) == 1 else None
        columns = len(described) + self.values
        return Result(
            command="inspect",
            inputs={"a": self.name},
            parameters={"format": self.files[0]},
            summary={"rows": self.rows, "columns": columns, **totals, "files": self.files[1], "width": width},
            rows=self._rows(described),
            notes=tuple(note for facts in described for note in facts.notes),
            provenance=provenance({column or "a": vectors for column, vectors in self.sides.items()}),
        )

    def _rows(self, described: list["_Facts"]) -> Columns:
        listed = [facts.listed(kind, self.sides[facts.name]) for kind in self.list_rows for facts in described]
        if listed:
            return Columns({key: np.concatenate([part[key] for part in listed]) for key in listed[0]})
        return _columns([*(facts.record() for facts in described), *self.others])


def _plan(sources: Sequence[Any], list_rows: Collection[str], settings: Settings) -> InspectPlan:
    if len(sources) == 1 and not isinstance(sources[0], str):
        vectors = settings.open(sources[0], "array")
        return InspectPlan(vectors.name, vectors.shape[0], {"": vectors}, ("array", 0), list_rows=list_rows)
    table, column = open_several(sources, **settings.reading)
    chosen = [pick_vectors(table, column)] if column is not None else list(table.vector_columns)
    settings.budget().check(table.rows * HASHED, f"looking for duplicates among {table.rows:,} rows")
    ids = table.ids() if list_rows else None
    sides = {name: table.vectors(name, ids) for name in chosen}
    files = table.format, len(getattr(getattr(table, "base", table), "parts", (table,)))
    others = [] if column is not None or list_rows else _others(table, chosen)
    values = len(set(table.value_columns) - set(chosen)) if column is None else 0
    return InspectPlan(" ".join(sources), table.rows, sides, files, others, values, list_rows)


def _others(table: Table, chosen: Collection[str]) -> list[dict[str, Any]]:
    """Return what is known of the columns that are no vectors and in none, without reading those of known types."""
    parts = getattr(getattr(table, "batches", None), "vectors", {}).values()
    members = {name for names in parts for name in names}
    types: Mapping[str, Any] = {}
    if hasattr(table, "batches"):
        types = dict(zip(table.columns, table.batches.schema.types, strict=True))
    ids, found = pick_ids(table), []
    for name in table.columns if types else table.value_columns:
        if name in chosen or name in members:
            continue
        is_value = name in table.value_columns
        dtype = _type_name(types[name], is_value=is_value) if types else _dtype_name(table.values(name).dtype)
        shape = (table.rows,) if types else table.values(name).shape
        role = next((role for role, names in ROLES.items() if is_value and name.lower() in names), None)
        known = {"column": name, "kind": "values" if is_value else "other", "dtype": dtype, "shape": _text(shape)}
        found.append({**known, "role": None if role == "ids" and name != ids else role})
    return found


def _type_name(kind: Any, *, is_value: bool) -> str:
    """Return an Arrow type of values as numpy calls it, any other as Arrow does."""
    if not is_value:
        return str(kind)[:40]
    kind = kind.value_type if str(kind).startswith("dictionary") else kind
    return "bool" if str(kind) == "bool" else _dtype_name(np.dtype(kind.to_pandas_dtype()))


def _dtype_name(dtype: np.dtype[Any]) -> str:
    return "string" if dtype.kind == "O" else dtype.name


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
        known = {"column": self.name, "kind": "vectors", "dtype": self.dtype, "shape": _text(self.shape)}
        known["role"] = "vectors"
        counts = {"zero": self.zero, "nonfinite": self.nonfinite, "duplicates": self.duplicates}
        norms = dict(zip(("norm_min", "norm_mean", "norm_max"), self.norms, strict=True))
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
        facts.norms = (least, total / count, largest)
    none = [np.empty(0, dtype=np.int64)]
    facts.first, before = occurrences(np.concatenate(hashes)) if hashes else (none[0], none[0])
    repeated = np.flatnonzero(before)
    facts.duplicates = len(repeated)
    facts.rows = dict(zip(TROUBLE, map(np.concatenate, (zero or none, nonfinite or none, [repeated])), strict=True))
    for what, found in facts.rows.items():
        if len(found):
            facts.notes.append(f"{what} in {vectors.name}: {name_rows(found, vectors.ids)}")
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
