"""`inspect`: what a file holds: shapes, dtypes, norms, and rows that will make trouble."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..argument_types import check_types
from ..delivery import delivery
from ..io import SelectingBySeed, Table, as_source, pick_vectors, selects
from ..io.several import open_several
from ..io.table import ROLES, made_of, members_of, pick_ids
from ..results import Result
from ..settings import Settings
from .inspect_plan import NORMS, TROUBLE, InspectPlan, shape_text

KEYS = ("rows", "columns", *TROUBLE, *NORMS, "files", "width")
HASHED = 48  # bytes of a row: its hash, its order, and its numbers among those that are told


@selects("sources", keeps=True)
def inspect(
    *sources: Any,
    list_rows: Collection[str] = (),
    header: str = "auto",
    max_memory: str | int | None = None,
    require_keys: Collection[str] = (),
    **select: Unpack[SelectingBySeed],
) -> Result:
    """Describe the columns of a file, or one of them, in one pass over its vectors.

    Args:
        *sources: PATH for all columns, PATH::NAME for one, `-` for standard input; several are one input, row after
            row, and a `Selection` in the first place selects of all of them. Or vectors or an array.
        list_rows: list rows instead of columns: any of `zero`, `nonfinite` and `duplicates`.
        header, max_memory, require_keys: as for `pairwise`.
        **select: rows and columns of the inputs, by the names that the options of the shell have; as `Selection`
            takes them.

    Returns:
        A result with one row per column: `column`, `kind` (vectors, values or other), `dtype`, `shape`, `role`,
        what the column is taken for where nothing else is said, `zero`, `nonfinite`, `duplicates`, `norm_min`,
        `norm_mean` and `norm_max`. The columns that a vector is put together from are one row. The summary counts
        `rows`, the `columns` of the file, and over all vector columns `zero`, `nonfinite`, `duplicates` and the norms;
        it has the number of `files` and the `width` of the vectors. The parameter `format` says what they are. A
        duplicate equals an earlier row.
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
    columns = len({*table.columns, *members_of(table)} - {*made_of(table)}) if column is None else 1
    return InspectPlan(" ".join(sources), table.rows, sides, files, others, columns, list_rows)


def _others(table: Table, chosen: Collection[str]) -> list[dict[str, Any]]:
    """Return what is known of the columns that are no vectors and in none, without reading those of known types."""
    members = members_of(table)
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
        known = {"column": name, "kind": "values" if is_value else "other", "dtype": dtype, "shape": shape_text(shape)}
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
