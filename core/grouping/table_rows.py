"""The rows of a file with all their columns: opened as vectors, and some of them written again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ..errors import OutputError
from ..io import Table, Vectors, beside, open_table, pick_vectors, read_values, split_source
from ..io.array_writers import ARRAYS
from ..io.named_columns import as_column
from ..io.output import output_format, replacing
from ..io.rewriting import open_rewritten
from ..io.selected import SelectedTable
from ..io.table import ID_NAMES, LABEL_NAMES, check_column, join_name
from ..results import Column
from ..settings import Settings

PIECE_ROWS, PIECE_BYTES = 1 << 14, 16 << 20


@dataclass(frozen=True)
class TableRows:
    """A file, and its rows as vectors.

    Args:
        column: what the vectors are called there.
    """

    table: Table
    column: str
    vectors: Vectors

    @classmethod
    def open(cls, source: str, ids: str | None, others: Sequence[str | None], settings: Settings) -> Self:
        """Open a file.

        Args:
            others: columns with another role than vectors, or None.

        Raises:
            InputNotFoundError, DataError, ShapeError, ResourceError: as `open_vectors`.
        """
        path, name = split_source(source)
        named = [None if other is None else f"::{other}" for other in others]
        table = open_table(path, others=[ids, *named], **settings.reading)
        for other in others:
            if other is not None:
                check_column(table, other)
        column = pick_vectors(table, name)
        reading: dict[str, Any] = {"header": settings.header, "max_memory": settings.max_memory}
        own = table.ids() if ids is None else None
        if ids is not None:
            ids = beside(as_column(ids, table), path)
            own = read_values(ids, base=table, wanted=ID_NAMES, rows=table.rows, **reading)
        return cls(table, column, table.vectors(column, own))

    def some(self, vectors: Vectors, numbers: Column) -> Self:
        """Return some rows, of which the vectors are read already.

        Args:
            vectors: (k, d) of these rows.
            numbers: (k,) which rows.
        """
        return replace(self, table=SelectedTable(self.table, numbers, "", (), 0), vectors=vectors)

    @property
    def label(self) -> str | None:
        """The column that is named like a label, or None."""
        found = [name for name in self.table.value_columns if name.lower() in LABEL_NAMES]
        return found[0] if len(found) == 1 else None

    def values(self, column: str | None, numbers: Column) -> Column | None:
        """Return the values of some rows in a column; None for no column."""
        return None if column is None else self.table.values(column)[numbers]

    def named(self, column: str) -> str:
        """Return what messages call a column."""
        return join_name(self.table.name, column)

    def write(self, path: str, numbers: Column, *, force: bool, escape: bool) -> str:
        """Write some rows with all their columns, and return what was written.

        Args:
            path: its suffix says the format.
            numbers: (k,) of the rows, ascending.
            force: an existing file may be replaced.
            escape: in CSV, put ' before text that a spreadsheet would run as a formula.
        """
        vectors, file_format = self.vectors, output_format(path)
        dtypes = {self.column: vectors.dtype} if file_format in ARRAYS else {}
        shape, bytes_of_row = (len(numbers), vectors.shape[1]), vectors.shape[1] * vectors.dtype.itemsize
        step = max(1, min(PIECE_ROWS, PIECE_BYTES // max(1, bytes_of_row)))
        with (
            replacing(path, force=force) as temporary,
            open_rewritten(temporary, file_format, self.table, dtypes, shape, step, escape_formulas=escape) as write,
        ):
            for start in range(0, max(vectors.shape[0], 1), step):
                first, last = np.searchsorted(numbers, (start, start + step))
                chosen = numbers[first:last]
                parts = [vectors.read(start, start + step)[chosen - start]] if dtypes and len(chosen) else []
                if len(chosen):
                    write(chosen, parts)
        return f"{len(numbers):,} rows"


def check_form(path: str | None) -> None:
    """Refuse a file that holds no rows of a table."""
    if path is not None and output_format(path) not in (*ARRAYS, "parquet", "arrow", "arrow-stream", "csv", "jsonl"):
        raise OutputError("this format holds results, and no rows of a file", path, "write .parquet, .jsonl or .csv")
