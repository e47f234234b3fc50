"""Pairs as the losses take them: two files of vectors, or one table with a column for each side.

Accepted: two sources of vectors, or one table with vector columns `a` and `b`; labels from a source of their own, or
from the table's column `label`, `labels`, `class` or `target`.
Refused: one file of plain vectors, a table without `a` and `b`, several columns that may be labels.
Lost: every other column.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import DataError, InputNotFoundError, ParameterError
from .source import open_table, open_vectors, read_values, split_source
from .vectors import LABEL_NAMES, Array, Table, Vectors, join_name

SIDES = ("a", "b")


@dataclass(frozen=True)
class Pairs:
    """Two aligned inputs and what labels them.

    Args:
        a: (n, d) vectors.
        b: (n, d) vectors; row i belongs to row i of a.
        labels: one per row, or None.
        labels_name: the file and column of the labels, for messages.
    """

    a: Vectors
    b: Vectors
    labels: Array | None
    labels_name: str


def open_pairs(
    sources: Sequence[str],
    *,
    labels: str | None = None,
    ids: str | None = None,
    labelled: bool = True,
    nulls: bool = False,
) -> Pairs:
    """Open pairs from two files of vectors or one table.

    Args:
        sources: PATH[::NAME] of A and of B, or PATH of a table.
        labels: PATH[::NAME] of one label per row, or ::NAME for a column of the table.
        ids: PATH[::NAME] of one id per row, or ::NAME for a column of the table.
        labelled: whether labels are wanted at all; a label column is not looked for without.
        nulls: read vectors that are null or hold a null as rows of NaN.

    Raises:
        ParameterError: no source or more than two.
        DataError, InputNotFoundError, ShapeError: as `open_vectors`.
    """
    sources = [sources] if isinstance(sources, str) else sources
    if len(sources) == 2:
        a, b = (open_vectors(source, ids=ids, nulls=nulls) for source in sources)
        values = None if labels is None else read_values(labels, wanted=LABEL_NAMES)
        return Pairs(a, b, values, labels or "")
    if len(sources) != 1:
        raise ParameterError(f"expected one table or two files of vectors, got {len(sources)}", " ".join(sources))
    if split_source(sources[0])[1] is not None:
        raise ParameterError("one column is one side of the pairs only", sources[0], "name the other side too")
    table = open_table(sources[0], nulls=nulls)
    found = table.ids() if ids is None else read_values(ids, base=table, rows=table.rows)
    a, b = (table.vectors(_side(table, name), found) for name in SIDES)
    if labels is not None:
        where = f"{table.name}{labels}" if labels.startswith("::") else labels
        return Pairs(a, b, read_values(labels, base=table, wanted=LABEL_NAMES), where)
    column = _label_column(table) if labelled else None
    values = None if column is None else table.values(column)
    return Pairs(a, b, values, join_name(table.name, column or ""))


def _side(table: Table, name: str) -> str:
    if name in table.vector_columns:
        return name
    listed = ", ".join(table.columns) if table.columns != ("",) else ""
    what, suffix = (f"its columns are {listed}", "::NAME") if listed else ("it holds one array", "")
    raise InputNotFoundError(
        f"expected a table of pairs with vector columns a and b, but {what}",
        table.name,
        f"name both sides: {table.name}{suffix} OTHER{suffix}",
    )


def _label_column(table: Table) -> str | None:
    choices = [column for column in table.value_columns if column.lower() in LABEL_NAMES]
    if len(choices) > 1:
        raise DataError(
            f"several columns may be labels: {', '.join(choices)}", table.name, f"type --labels ::{choices[0]}"
        )
    return choices[0] if choices else None
