"""What `apply` projects, checked: to a file range by range, or into an array."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..engine import Budget
from ..errors import DataError, OutputError, ParameterError
from ..fitting.checkpoint import SavedHead
from ..fitting.heads import output_dtype
from ..io import Table, Vectors
from ..io.array_writers import ARRAYS
from ..io.origins import provenance
from ..io.output import output_format, replacing
from ..io.rewriting import open_rewritten
from ..io.vectors import name_rows
from ..results import Column, Columns, Progress, Result

PIECE_BYTES = 16 << 20  # of widened rows
PIECE_ROWS = 1 << 16


@dataclass(frozen=True)
class ApplyPlan:
    """What is projected: checked, and not yet read.

    Args:
        head: the file of the head.
        saved: what it holds.
        table: the file of the vectors.
        sides: the columns to project.
        rows: the numbers of those that were held out, where only they are wanted.
        nonfinite: `error` or `propagate`.
    """

    head: str
    saved: SavedHead
    table: Table
    sides: Mapping[str, Vectors]
    rows: Column | None
    nonfinite: str

    @property
    def count(self) -> int:
        """How many rows are written."""
        return self.table.rows if self.rows is None else len(self.rows)

    def write(self, output: str, *, force: bool, progress: Progress | None) -> None:
        """Read, project and write, range by range."""
        file_format, head = output_format(output), self.saved.head
        if file_format in ARRAYS and len(self.sides) > 1:
            what = f"{file_format} holds one array, and {' and '.join(self.sides)} are projected"
            hint = f"use .parquet, or name one column: {self.table.name}::{next(iter(self.sides))}"
            raise OutputError(what, output, hint)
        dtypes = {name: output_dtype(side.dtype) for name, side in self.sides.items()}
        with (
            replacing(output, force=force) as temporary,
            open_rewritten(temporary, file_format, self.table, dtypes, (self.count, head.rank), PIECE_ROWS) as write,
        ):
            for chosen, parts in self._pieces(progress):
                write(chosen, parts)

    def array(self, budget: Budget, progress: Progress | None) -> Column:
        """Return the (rows, rank) projected rows of the one column.

        Raises:
            ParameterError: there are several.
            ResourceError: they do not fit in the budget.
        """
        if len(self.sides) > 1:
            what = f"{' and '.join(self.sides)} are projected, and an array holds one of them"
            raise ParameterError(what, "«output»", "write .parquet, or pass one column")
        (side,) = self.sides.values()
        dtype, shape = output_dtype(side.dtype), (self.count, self.saved.head.rank)
        budget.check(self.count * shape[1] * dtype.itemsize, f"{self.count:,} projected rows", "«output» writes them")
        found, filled = np.empty(shape, dtype), 0
        for chosen, parts in self._pieces(progress):
            found[filled : filled + len(chosen)] = parts[0]
            filled += len(chosen)
        return found

    def _pieces(self, progress: Progress | None) -> Iterator[tuple[Column, list[Column]]]:
        """Yield the numbers of some rows and each column of them projected, range by range."""
        head, total = self.saved.head, self.table.rows
        step = max(1, min(PIECE_ROWS, PIECE_BYTES // (8 * max(head.width, head.rank))))
        for start in range(0, total, step):
            stop = min(start + step, total)
            chosen = np.arange(start, stop)
            if self.rows is not None:
                chosen = self.rows[(self.rows >= start) & (self.rows < stop)]
            yield chosen, [self._projected(side, start, stop, chosen) for side in self.sides.values()]
            if progress is not None:
                progress(stop, total)

    def _projected(self, side: Vectors, start: int, stop: int, chosen: Column) -> Column:
        rows = side.read(start, stop)[chosen - start]
        with np.errstate(all="ignore"):
            projected = self.saved.head.project(rows)
        if self.nonfinite == "error":
            _refuse_nonfinite(rows, projected, side, chosen)
        return projected

    def result(self, source: str, output: str | None = None, array: Column | None = None) -> Result:
        """Return what was done: what was written, or the projected rows."""
        head, sides = self.saved.head, list(self.sides.values())
        table = Columns(
            {
                "vectors": np.asarray([side.name for side in sides], dtype=object),
                "rows": np.full(len(sides), self.count),
                "width": np.full(len(sides), head.width),
                "rank": np.full(len(sides), head.rank),
                "dtype": np.asarray([output_dtype(side.dtype).name for side in sides], dtype=object),
            }
        )
        notes = []
        if not self.saved.is_complete:
            epoch, of = self.saved.about.get("epoch"), self.saved.about.get("plan", {}).get("epochs")
            notes.append(f"this head was interrupted after epoch {epoch} of {of}; fit with «resume» goes on")
        held_out = self.rows is not None
        return Result(
            command="apply",
            inputs={"head": self.head, "vectors": source},
            parameters={"head": head.kind, "held_out": held_out, "nonfinite": self.nonfinite},
            summary={"rows": self.count, "width": head.width, "rank": head.rank, "columns": len(sides)},
            rows=table,
            notes=tuple(notes),
            provenance=provenance({side.name: side for side in sides}),
            array=array,
            written={} if output is None else {output: f"{self.count:,} rows"},
        )


def _refuse_nonfinite(given: Column, projected: Column, side: Vectors, rows: Column) -> None:
    bad = rows[~np.isfinite(projected).all(axis=1)]
    if not len(bad):
        return
    ids = side.ids
    if np.isfinite(given).all():
        what = f"{name_rows(bad, ids)} leave the range of {projected.dtype.name} when projected"
        raise DataError(what, side.name, "scale the vectors down, or save them as float64")
    verb = "holds" if len(bad) == 1 else "hold"
    what = f"{name_rows(bad, ids)} {verb} NaN or infinity"
    raise DataError(what, side.name, "«nonfinite=propagate» keeps them as NaN")
