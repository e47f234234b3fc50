"""`apply`: every vector of a file through a head, range by range.

Accepted: any source of vectors of the head's width; a table with the columns that the head was learnt from (`a` and
`b`, or `anchor`, `positive` and `negative`) has all of them projected. Parquet and Arrow tables keep their other
columns, to Parquet or Arrow; npy holds the projected rows alone.
Refused: vectors of another width, rows that are not finite unless they are asked for, several columns of vectors of
which none is named.
Lost: of text and npz tables columns that are neither values nor the vectors; the order of memory.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import checks
from ..addresses import is_address
from ..delivery import delivery
from ..errors import DataError, OutputError, ParameterError, ShapeError
from ..fitting.checkpoint import SavedHead, fingerprint, read_head
from ..fitting.heads import output_dtype
from ..io import Table, Vectors, as_table, open_table, pick_vectors, select, split_source
from ..io.array_writers import ARRAYS
from ..io.opening import columns_named
from ..io.origins import provenance
from ..io.output import output_format, replacing
from ..io.rewriting import open_rewritten
from ..io.source import Source, watch_source
from ..io.table import check_column
from ..io.vectors import name_rows
from ..results import Column, Columns, Progress, Result

PIECE_BYTES = 16 << 20  # of widened rows
PIECE_ROWS = 1 << 16
KEYS = ("rows", "width", "rank", "columns")


def apply(
    head: str,
    source: Any,
    *,
    output: str,
    force: bool = False,
    held_out: bool = False,
    labels: str | None = None,
    ids: str | None = None,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    header: str = "auto",
    progress: Progress | None = None,
    require_keys: Collection[str] = (),
) -> Result:
    """Project every vector of a file with a head, in bounded memory.

    Args:
        head: the file that `fit` wrote.
        source: PATH, PATH::NAME, or `-` for standard input.
        output: .npy, .safetensors, .fbin or .fvecs for the projected rows alone, .parquet or .arrow for the table.
        force: an existing output may be replaced.
        held_out: only the examples that the head was not learnt from, of the file that it was learnt from.
        labels: a column of the file that is no part of its vectors, as in `::label`; it is kept like all others.
        ids: another.
        nonfinite: `error`, or `propagate` rows with NaN or infinity.
        max_memory, header, progress, require_keys: as for `pairwise`.

    Returns:
        A result whose summary has `rows`, `width`, `rank` and `columns`, with a row per projected column. The vectors
        are float32 where they were float32 or narrower, else float64; they are computed in float64.

    Raises:
        ShapeError: the vectors have another width than the head.
        DataError: rows that are not finite, or no head in the file.
        OutputError: the output may not be written.

    Example:
        >>> import os, tempfile
        >>> from simtool.fitting.checkpoint import write_head
        >>> from simtool.fitting.heads import Head
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path, vectors, output = (os.path.join(folder, name) for name in ("h.safetensors", "x.npy", "y.npy"))
        ...     saved = SavedHead(Head("linear", np.asarray([[1.0, 2.0]])), {}, np.asarray([]))
        ...     write_head(path, saved, force=False)
        ...     np.save(vectors, np.asarray([[3.0, 4.0]]))
        ...     found = apply(path, vectors, output=output)
        ...     np.load(output).tolist()
        [[11.0]]
    """
    checks.check_keys(require_keys, KEYS)
    checks.check_choice("nonfinite", nonfinite, ("error", "propagate"))
    source = as_table(source, "vectors")
    checks.check_outputs(output, force=force, inputs=[head, source])
    if output_format(output) not in (*ARRAYS, "parquet", "arrow"):
        hint = f"use a path that ends in {', '.join(f'.{name}' for name in ARRAYS)}, .parquet or .arrow"
        raise OutputError("projected vectors are arrays", output, hint)
    with delivery():
        saved = read_head(head)
        if not is_address(head):  # which is watched since it was opened
            watch_source(Source(head, "safetensors", size=0, most=0))
        path, column = split_source(source)
        others = {"labels": labels, "ids": ids}
        reading: dict[str, Any] = {"nulls": nonfinite == "propagate", "header": header, "max_memory": max_memory}
        table = open_table(path, others=list(others.values()), **reading)
        for name, other in others.items():
            _check_beside(table, path, name, other)
        plan = _plan(head, saved, table, column, nonfinite, held_out=held_out)
        plan.write(output, force=force, progress=progress)
        return plan.result(source, output)


def _check_beside(table: Table, path: str, option: str, source: str | None) -> None:
    """Refuse what names no column beside the vectors."""
    if source is None:
        return
    if not (names := columns_named(path, source)):
        raise ParameterError(
            f"{source} is no column of this file", f"«{option}»", f"«{option}=::NAME», or leave it out"
        )
    check_column(table, names[0])


def _plan(
    head: str, saved: SavedHead, table: Table, column: str | None, nonfinite: str, *, held_out: bool
) -> "ApplyPlan":
    """Return what is projected: the named column, those of the head's roles, or the only one."""
    roles = list(saved.about.get("inputs", {}))
    of_roles = column is None and len(roles) > 1 and set(roles) <= set(table.vector_columns)
    sides = {name: table.vectors(name) for name in (roles if of_roles else [pick_vectors(table, column)])}
    for side in sides.values():
        checks.check_rows(side)
        if side.shape[1] != saved.head.width:
            what = f"the head takes vectors of {saved.head.width} dims, and these have {side.shape[1]}"
            raise ShapeError(what, f"{side.name}, {head}", "apply it to vectors of the model it was fitted to")
    chosen = _held_out(head, saved, table, next(iter(sides.values()))) if held_out else None
    return ApplyPlan(head, saved, table, sides, chosen, nonfinite)


def _held_out(head: str, saved: SavedHead, table: Table, side: Vectors) -> Column:
    """Return the rows that were held out, if these are the vectors that the head was fitted to."""
    if not len(saved.held_out):
        raise ParameterError("nothing was held out when this head was fitted", head, "leave «held_out» out")
    fitted, hint = saved.about.get("rows"), "name the file that the head was fitted to"
    if fitted != table.rows:
        what = f"the head was fitted to {fitted} examples, and there are {table.rows}"
        raise ParameterError(what, f"«held_out», {table.name}", hint)
    found = fingerprint(select(side, saved.held_out).read(0, len(saved.held_out)))
    if found not in saved.about.get("fingerprints", ()):
        what = "the rows that were held out have other vectors here"
        raise ParameterError(what, f"«held_out», {side.name}", hint)
    return saved.held_out


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
        file_format, head, total = output_format(output), self.saved.head, self.table.rows
        if file_format in ARRAYS and len(self.sides) > 1:
            what = f"{file_format} holds one array, and {' and '.join(self.sides)} are projected"
            hint = f"use .parquet, or name one column: {self.table.name}::{next(iter(self.sides))}"
            raise OutputError(what, output, hint)
        step = max(1, min(PIECE_ROWS, PIECE_BYTES // (8 * max(head.width, head.rank))))
        dtypes = {name: output_dtype(side.dtype) for name, side in self.sides.items()}
        with (
            replacing(output, force=force) as temporary,
            open_rewritten(temporary, file_format, self.table, dtypes, (self.count, head.rank), PIECE_ROWS) as write,
        ):
            for start in range(0, total, step):
                stop = min(start + step, total)
                chosen = np.arange(start, stop)
                if self.rows is not None:
                    chosen = self.rows[(self.rows >= start) & (self.rows < stop)]
                write(chosen, [self._projected(side, start, stop, chosen) for side in self.sides.values()])
                if progress is not None:
                    progress(stop, total)

    def _projected(self, side: Vectors, start: int, stop: int, chosen: Column) -> Column:
        rows = side.read(start, stop)[chosen - start]
        with np.errstate(all="ignore"):
            projected = self.saved.head.project(rows)
        if self.nonfinite == "error":
            _refuse_nonfinite(rows, projected, side, chosen)
        return projected

    def result(self, source: str, output: str) -> Result:
        """Return what was done."""
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
            written={output: f"{self.count:,} rows"},
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
