"""`apply`: every vector of a file through a head, range by range.

Accepted: any source of vectors of the head's width; a table with the columns that the head was learnt from (`a` and
`b`, or `anchor`, `positive` and `negative`) has all of them projected. Parquet and Arrow tables keep their other
columns, to Parquet or Arrow; npy holds the projected rows alone.
Refused: vectors of another width, rows that are not finite unless they are asked for, several columns of vectors of
which none is named.
Lost: of text and npz tables columns that are neither values nor the vectors; the order of memory.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from .. import checks
from ..delivery import delivery
from ..errors import DataError, OutputError, ParameterError, ShapeError
from ..fitting.checkpoint import SavedHead, fingerprint, read_head
from ..fitting.heads import output_dtype
from ..io import Table, Vectors, open_table, pick_vectors, select, split_source
from ..io.array_writers import ARRAYS, open_matrix
from ..io.output import output_format, replacing
from ..io.source import Source, watch_source
from ..io.vectors import check_column, name_rows, provenance
from ..io.writers import open_rows
from ..results import Column, Columns, Progress, Result

PIECE_BYTES = 16 << 20  # of widened rows
PIECE_ROWS = 1 << 16
UNNAMED = "embedding"  # what a table calls the vectors of a file that names no column
KEYS = ("rows", "width", "rank", "columns")

Write = Callable[[Column, list[Column]], None]  # the numbers of the rows, and their projections by column


def apply(
    head: str,
    source: str,
    *,
    output: str,
    force: bool = False,
    held_out: bool = False,
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
        max_memory: as for `pairwise`.
        nonfinite: `error`, or `propagate` rows with NaN or infinity.
        header: whether the first line of a CSV names its columns: `yes`, `no` or `auto`.
        progress: called with the rows that are done and their total.
        require_keys: keys that the summary must have, checked before any input is read.

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
    checks.check_outputs(output, force=force, inputs=[head, source])
    if output_format(output) not in (*ARRAYS, "parquet", "arrow"):
        hint = f"use a path that ends in {', '.join(f'.{name}' for name in ARRAYS)}, .parquet or .arrow"
        raise OutputError("projected vectors are arrays", output, hint)
    with delivery():
        saved = read_head(head)
        watch_source(Source(head, "safetensors", size=0, most=0))
        path, column = split_source(source)
        table = open_table(path, nulls=nonfinite == "propagate", header=header, max_memory=max_memory)
        job = _Job(head, saved, table, _columns(table, column, saved), held_out)
        job.write(output, nonfinite, force=force, progress=progress)
        return job.result(source, output, nonfinite)


def _columns(table: Table, column: str | None, saved: SavedHead) -> list[str]:
    """Return the columns to project: the named one, those of the head's roles, or the only one."""
    roles = list(saved.about.get("inputs", {}))
    if column is None and len(roles) > 1 and set(roles) <= set(table.vector_columns):
        return roles
    return [pick_vectors(table, column)]


@dataclass(frozen=True)
class _Job:
    """What is projected: checked, and not yet read.

    Args:
        head: the file of the head.
        saved: what it holds.
        table: the file of the vectors.
        names: the columns to project.
        held_out: only the rows that were held out.
    """

    head: str
    saved: SavedHead
    table: Table
    names: list[str]
    held_out: bool

    @cached_property
    def sides(self) -> list[Vectors]:
        """The vectors, of the width of the head."""
        sides = [self.table.vectors(name) for name in self.names]
        for side in sides:
            if len(side.shape) != 2:
                raise ShapeError(f"expected one vector per row, shape (n, d), got {side.shape}", side.name)
            if side.shape[1] != self.saved.head.width:
                what = f"the head takes vectors of {self.saved.head.width} dims, and these have {side.shape[1]}"
                raise ShapeError(what, f"{side.name}, {self.head}", "apply it to vectors of the model it was fitted to")
        return sides

    @cached_property
    def rows(self) -> Column | None:
        """The rows that were held out, where only they are wanted."""
        if not self.held_out:
            return None
        saved, side = self.saved, self.sides[0]
        if not len(saved.held_out):
            raise ParameterError("nothing was held out when this head was fitted", self.head, "leave «held_out» out")
        fitted = saved.about.get("rows")
        hint = "name the file that the head was fitted to"
        if fitted != self.table.rows:
            what = f"the head was fitted to {fitted} examples, and there are {self.table.rows}"
            raise ParameterError(what, f"«held_out», {self.table.name}", hint)
        found = fingerprint(select(side, saved.held_out).read(0, len(saved.held_out)))
        if found not in saved.about.get("fingerprints", ()):
            what = "the rows that were held out have other vectors here"
            raise ParameterError(what, f"«held_out», {side.name}", hint)
        return saved.held_out

    @property
    def count(self) -> int:
        """How many rows are written."""
        return self.table.rows if self.rows is None else len(self.rows)

    def write(self, output: str, nonfinite: str, *, force: bool, progress: Progress | None) -> None:
        """Read, project and write, range by range."""
        file_format, head, total = output_format(output), self.saved.head, self.sides[0].shape[0]
        count = self.count
        if file_format in ARRAYS and len(self.names) > 1:
            what = f"{file_format} holds one array, and {' and '.join(self.names)} are projected"
            raise OutputError(what, output, f"use .parquet, or name one column: {self.table.name}::{self.names[0]}")
        step = max(1, min(PIECE_ROWS, PIECE_BYTES // (8 * max(head.width, head.rank))))
        with (
            replacing(output, force=force) as temporary,
            _writer(temporary, file_format, self.table, self.names, self.saved, count) as write,
        ):
            for start in range(0, total, step):
                stop = min(start + step, total)
                chosen = np.arange(start, stop)
                if self.rows is not None:
                    chosen = self.rows[(self.rows >= start) & (self.rows < stop)]
                write(chosen, [self._projected(side, start, stop, chosen, nonfinite) for side in self.sides])
                if progress is not None:
                    progress(stop, total)

    def _projected(self, side: Vectors, start: int, stop: int, chosen: Column, nonfinite: str) -> Column:
        rows = side.read(start, stop)[chosen - start]
        with np.errstate(all="ignore"):
            projected = self.saved.head.project(rows)
        if nonfinite == "error":
            _refuse_nonfinite(rows, projected, side, chosen)
        return projected

    def result(self, source: str, output: str, nonfinite: str) -> Result:
        """Return what was done."""
        head, count, rows = self.saved.head, len(self.sides), self.count
        table = Columns(
            {
                "vectors": np.asarray([side.name for side in self.sides], dtype=object),
                "rows": np.full(count, rows),
                "width": np.full(count, head.width),
                "rank": np.full(count, head.rank),
                "dtype": np.asarray([output_dtype(side.dtype).name for side in self.sides], dtype=object),
            }
        )
        notes = []
        if not self.saved.is_complete:
            epoch, of = self.saved.about.get("epoch"), self.saved.about.get("plan", {}).get("epochs")
            notes.append(f"this head was interrupted after epoch {epoch} of {of}; fit with «resume» goes on")
        return Result(
            command="apply",
            inputs={"head": self.head, "vectors": source},
            parameters={"head": head.kind, "held_out": self.held_out, "nonfinite": nonfinite},
            summary={"rows": rows, "width": head.width, "rank": head.rank, "columns": count},
            rows=table,
            notes=tuple(notes),
            provenance=provenance({side.name: side for side in self.sides}),
            written={output: f"{rows:,} rows"},
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


@contextmanager
def _writer(
    path: str, file_format: str, table: Table, names: list[str], saved: SavedHead, count: int
) -> Iterator[Write]:
    """Yield what takes the projected rows, in order."""
    if file_format in ARRAYS:
        dtype = output_dtype(table.vectors(names[0]).dtype)
        with open_matrix(path, (count, saved.head.rank), dtype, file_format) as matrix:
            done = 0

            def write(chosen: Column, parts: list[Column]) -> None:
                nonlocal done
                matrix.write(done, parts[0])
                done += len(chosen)

            yield write
    elif hasattr(table, "batches"):
        with _whole_table(path, file_format, table, names, saved) as keep:
            yield keep
    else:
        with open_rows(path, file_format) as output:
            others = {name: table.values(name) for name in table.value_columns if name not in names}

            def write(chosen: Column, parts: list[Column]) -> None:
                kept = {name: values[chosen] for name, values in others.items()}
                output.write(kept | {name or UNNAMED: part for name, part in zip(names, parts, strict=True)})

            yield write


@contextmanager
def _whole_table(path: str, file_format: str, table: Any, names: list[str], saved: SavedHead) -> Iterator[Write]:
    """Yield what writes the table with its vectors projected and all other columns as they are."""
    import pyarrow as pa
    from pyarrow.ipc import new_file
    from pyarrow.parquet import ParquetWriter

    from ..io.arrow import Cursor, damage

    for name in table.columns:
        check_column(table, name)
    types = {
        name: pa.list_(pa.from_numpy_dtype(output_dtype(table.vectors(name).dtype)), saved.head.rank) for name in names
    }
    stored = getattr(table.batches, "stored", table.batches)
    fields = [field.with_type(types[field.name]) if field.name in types else field for field in stored.schema]
    fields += [pa.field(name, types[name]) for name in names if name not in stored.schema.names]
    schema = pa.schema(fields, stored.schema.metadata)
    cursors = {name: Cursor(stored, name, PIECE_ROWS) for name in stored.schema.names if name not in types}

    def column(field: Any, chosen: Column, parts: dict[str, Column]) -> Any:
        if field.name in parts:
            values = pa.array(parts[field.name].ravel())
            return pa.FixedSizeListArray.from_arrays(values, type=field.type)
        with damage(table.name):
            first, last = int(chosen[0]), int(chosen[-1]) + 1
            pieces = pa.chunked_array(cursors[field.name].read(first, last), field.type)
            return pieces if len(pieces) == len(chosen) else pieces.take(pa.array(chosen - first))

    opened = partial(ParquetWriter, write_page_checksum=True) if file_format == "parquet" else new_file
    with open(path, "wb") as file, opened(file, schema) as writer:

        def write(chosen: Column, parts: list[Column]) -> None:
            if len(chosen):
                projected = dict(zip(names, parts, strict=True))
                arrays = [column(field, chosen, projected) for field in schema]
                writer.write_table(pa.table(arrays, schema=schema))

        yield write
