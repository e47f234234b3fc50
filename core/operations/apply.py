"""`apply`: every vector of a file through a head, range by range.

Accepted: any source of vectors of the head's width; a table with the columns that the head was learnt from (`a` and
`b`, or `anchor`, `positive` and `negative`) has all of them projected. Parquet and Arrow tables keep their other
columns, to Parquet or Arrow; npy holds the projected rows alone.
Refused: vectors of another width, rows that are not finite unless they are asked for, several columns of vectors of
which none is named.
Lost: of text and npz tables columns that are neither values nor the vectors; the order of memory.
"""

from collections.abc import Collection
from typing import Any, Unpack

from .. import checks
from ..addresses import is_address
from ..argument_types import AnyPath, check_types, path_of
from ..delivery import delivery
from ..engine import budget_of
from ..errors import OutputError, ParameterError, ShapeError
from ..fitting.checkpoint import SavedHead, fingerprint, read_head
from ..io import SelectingBySeed, Table, Vectors, as_table, open_table, pick_vectors, select, selects, split_source
from ..io.array_writers import ARRAYS
from ..io.named_columns import columns_named
from ..io.output import output_format
from ..io.source import Source, watch_source
from ..io.table import check_column
from ..results import Column, Progress, Result
from .apply_plan import ApplyPlan

KEYS = ("rows", "width", "rank", "columns")


@selects("source")
def apply(
    head: AnyPath,
    source: Any,
    *,
    output: AnyPath | None = None,
    force: bool = False,
    held_out: bool = False,
    labels: str | None = None,
    ids: str | None = None,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    header: str = "auto",
    progress: Progress | None = None,
    require_keys: Collection[str] = (),
    **select: Unpack[SelectingBySeed],
) -> Result:
    """Project every vector of a file with a head, in bounded memory.

    Args:
        head: the file that `fit` wrote.
        source: PATH, PATH::NAME, or `-` for standard input.
        output: .npy, .safetensors, .fbin or .fvecs for the projected rows alone, .parquet or .arrow for the table; by
            default the result holds the rows.
        force: an existing output may be replaced.
        held_out: only the examples that the head was not learnt from, of the file that it was learnt from.
        labels: a column of the file that is no part of its vectors, as in `::label`; it is kept like all others.
        ids: another.
        nonfinite: `error`, or `propagate` rows with NaN or infinity.
        max_memory, header, progress, require_keys: as for `pairwise`.
        **select: rows and columns of the inputs, by the names that the options of the shell have; as `Selection`
            takes them.

    Returns:
        A result whose summary has `rows`, `width`, `rank` and `columns`, with a row per projected column. The vectors
        are float32 where they were float32 or narrower, else float64; they are computed in float64. Without an output
        `array` holds the (n, rank) projected rows.

    Raises:
        ShapeError: the vectors have another width than the head.
        DataError: rows that are not finite, or no head in the file.
        OutputError: the output may not be written.
        ParameterError: several columns are projected, and there is no output for them.
        ResourceError: without an output, the projected rows do not fit.

    Example:
        >>> import os, tempfile
        >>> import numpy as np
        >>> from simtool.fitting.checkpoint import write_head
        >>> from simtool.fitting.heads import Head
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "h.safetensors")
        ...     write_head(path, SavedHead(Head("linear", np.asarray([[1.0, 2.0]])), {}, np.asarray([])), force=False)
        ...     apply(path, np.asarray([[3.0, 4.0]])).array.tolist()
        [[11.0]]
    """
    check_types(apply, locals())
    head, output = path_of(head), path_of(output)
    checks.check_keys(require_keys, KEYS)
    checks.check_choice("nonfinite", nonfinite, ("error", "propagate"))
    source = as_table(source, "vectors")
    checks.check_outputs(output, force=force, inputs=[head, source])
    if output is not None and output_format(output) not in (*ARRAYS, "parquet", "arrow"):
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
        if output is None:
            budget = budget_of(max_memory, *plan.sides.values())
            return plan.result(source, array=plan.array(budget, progress))
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
) -> ApplyPlan:
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
