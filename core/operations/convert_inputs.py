"""What `convert` takes: one input of one file or several, with its ids and the columns that are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import checks, nonfinite
from ..errors import DataError, OutputError
from ..io import Selection, Table, Vectors, beside, pick_vectors, read_values, split_source, with_ids
from ..io.named_columns import as_column
from ..io.ragged import MayBeRagged, PaddedVectors
from ..io.rewriting import UNNAMED
from ..io.several import open_several
from ..io.table import ID_NAMES, check_column, members_of, pick_ids
from ..io.vectors import Carries
from ..io.written_vectors import Form
from ..results import Column
from ..settings import Settings

NAMED = 6  # columns of a note


@dataclass(frozen=True)
class ConvertInput:
    """What is converted.

    Args:
        table: all of it.
        column: what its vectors are called.
        vectors: its rows, those that are left; items of different numbers of tokens with zero rows after them.
        lengths: how many tokens each item has, where they differ; or None.
        rows: their numbers in the table.
        ids: of the rows, under the name of their column; or nothing.
        kept: other columns that are written.
        carried: their values.
        notes: what was left out already.
    """

    table: Table
    column: str
    vectors: Vectors
    lengths: Column | None
    rows: Column
    ids: Mapping[str, Column]
    kept: tuple[str, ...]
    carried: Carries | None
    notes: tuple[str, ...]

    def others(self, numbers: Column) -> dict[str, Column]:
        """Return the ids and the columns that are kept, of some rows."""
        ids = {name: values[numbers] for name, values in self.ids.items()}
        return ids if self.carried is None else ids | self.carried.take(self.rows[numbers])

    def groups(self, by: str | None) -> Column | None:
        """Return what keeps rows together: the values of a column, or else the ids."""
        if by is None:
            return next(iter(self.ids.values()), None)
        check_column(self.table, by)
        return self.table.values(by)[self.rows]

    def left_out(self, form: Form) -> list[str]:
        """Return what to say of columns that are not written."""
        notes = []
        if self.ids and not form.has_columns:
            notes.append(
                f"{form.file_format} holds no ids, which are left out; .parquet, .arrow, .jsonl and .csv hold them"
            )
        known = {self.column, *self.kept, *self.ids, *members_of(self.table)}
        columns = dict.fromkeys([*self.table.value_columns, *self.table.vector_columns])
        others = [name for name in columns if name and name not in known]
        if others:
            more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
            hint = "; «keep_columns» keeps columns of values" if form.has_columns else ""
            notes.append(f"columns left out: {', '.join(others[:NAMED])}{more}{hint}")
        return notes


def open_input(sources: Sequence[str], ids: str | None, by: str | None, form: Form, settings: Settings) -> ConvertInput:
    """Open sources as one input.

    Args:
        sources: as `convert` takes them.
        ids: a source of ids, or None.
        by: a column that is no part of the vectors, or None.
        form: of the output.
        settings: of the door.

    Raises:
        ParameterError: sources that name different columns, or none.
        OutputError: columns are to be kept, and there is no place for them.
        DataError, InputNotFoundError, ShapeError: as `open_vectors`.
    """
    first = next(iter(sources), "")
    kept = first.keep.names if isinstance(first, Selection) else ()
    if kept and not form.has_columns:
        what = f"a file of one array holds no columns, and {', '.join(kept)} were to be kept"
        raise OutputError(what, "«keep_columns»", "write .parquet, .arrow, .jsonl or .csv")
    others = [ids, None if by is None else f"::{by}"]
    table, column = open_several(sources, others=others, **settings.reading)
    if by is not None:
        check_column(table, by)
    items = table.ragged(column) if isinstance(table, MayBeRagged) else None
    picked = pick_vectors(table, column) if items is None or column is not None else _only_vectors(table)
    own = _ids(table, ids, first, settings)
    if items is None:
        vectors = table.vectors(picked, next(iter(own.values()), None))
    else:
        form.check_ragged(table.name)
        vectors = with_ids(PaddedVectors(items), next(iter(own.values()), None))
    form.check(vectors)
    checks.check_not_empty(vectors)
    notes: list[str] = []
    rows = np.arange(vectors.shape[0])
    if settings.nonfinite == "drop":
        (vectors,), rows = nonfinite.drop_rows((vectors,), "row", notes)
    name = picked or UNNAMED
    if name in own or name in kept:
        raise DataError(f"two columns would be called {name!r}", table.name, "leave one out, or rename it")
    extra = tuple(other for other in kept if other not in own)
    carried = getattr(table, "carried", None) if extra else None
    lengths = None if items is None else items.lengths[rows]
    of_rows = {key: values[rows] for key, values in own.items()}
    return ConvertInput(table, name, vectors, lengths, rows, of_rows, extra, carried, tuple(notes))


def _only_vectors(table: Table) -> str:
    """Return the column of items, or no name where each item is a member of its own."""
    return table.vector_columns[0] if len(table.vector_columns) == 1 else ""


def _ids(table: Table, source: str | None, first: str, settings: Settings) -> dict[str, Column]:
    """Return the ids under the name of their column, or nothing."""
    if source is None:
        found = table.ids()
        return {} if found is None else {pick_ids(table) or ID_NAMES[0]: found}
    reading: dict[str, Any] = {"header": settings.header, "max_memory": settings.max_memory}
    source = as_column(source, table)
    found = read_values(beside(source, first), base=table, wanted=ID_NAMES, rows=table.rows, **reading)
    return {split_source(source)[1] or ID_NAMES[0]: found}
