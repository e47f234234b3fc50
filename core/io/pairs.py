"""Examples as the losses take them: one vector per role, in a file for each or in one table with a column for each.

Accepted: one source of vectors per role, or one table with a vector column per role (`a`, `b`; `anchor`, `positive`,
`negative`); for a single role any file of vectors. Labels come from a source of their own, or from the table's column
`label`, `labels`, `class` or `target`; scores from `score`, `scores` or `similarity`.
Refused: any other number of sources, a table without the columns, several columns that may be labels.
Lost: every other column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

from ..argument_types import AnyPath, check_types, path_of
from ..errors import DataError, InputNotFoundError, ParameterError
from .named_columns import as_column, of_one_file
from .opening import open_table, open_vectors
from .paths import SEVERAL
from .row_values import read_values
from .selection import beside, of_selected
from .table import LABEL_NAMES, Table, join_name, pick_vectors
from .table_opening import split_source
from .vectors import Array, Vectors

SIDES = ("a", "b")


@dataclass(frozen=True)
class LabelledVectors:
    """Aligned inputs, one per role, and what labels them.

    Args:
        vectors: (n, d) each; row i of all of them is one example.
        labels: one label or score per row, or None.
        labels_name: the file and column of the labels, for messages.
        examples: the table of ids that they were looked up by, or nothing.
    """

    vectors: tuple[Vectors, ...]
    labels: Array | None
    labels_name: str
    examples: str = ""

    @property
    def a(self) -> Vectors:
        """The first of them, A of pairs."""
        return self.vectors[0]

    @property
    def b(self) -> Vectors:
        """The second of them, B of pairs."""
        return self.vectors[1]

    @property
    def named(self) -> dict[str, str]:
        """What a result names as an input beside the vectors."""
        return {"examples": self.examples} if self.examples else {}


def open_pairs(
    sources: AnyPath | Sequence[AnyPath],
    *,
    labels: Any = None,
    ids: Any = None,
    labelled: bool = True,
    nulls: bool = False,
    header: str = "auto",
    max_memory: str | int | None = None,
) -> LabelledVectors:
    """Open pairs from two files of vectors or one table.

    Args:
        sources: PATH[::NAME] of A and of B, or PATH of a table.
        labels: PATH[::NAME] of one label per row, or ::NAME for a column of the table.
        ids: PATH[::NAME] of one id per row, or ::NAME for a column of the table.
        labelled: whether labels are wanted at all; a label column is not looked for without.
        nulls: read vectors that are null or hold a null as rows of NaN.
        header: whether the first line of a CSV names its columns: `yes`, `no` or `auto`.
        max_memory: as for `open_vectors`.

    Raises:
        ParameterError: no source or more than two.
        DataError, InputNotFoundError, ResourceError, ShapeError: as `open_vectors`.
    """
    check_types(open_pairs, locals())
    wanted = LABEL_NAMES if labelled else ()
    paths = [path_of(each) for each in ([sources] if isinstance(sources, str | PathLike) else sources)]
    return open_examples(
        paths, SIDES, labels=labels, ids=ids, wanted=wanted, nulls=nulls, header=header, max_memory=max_memory
    )


def open_examples(
    sources: str | Sequence[str],
    roles: Sequence[str],
    *,
    labels: Any = None,
    ids: Any = None,
    wanted: Sequence[str] = LABEL_NAMES,
    or_one_set: bool = False,
    nulls: bool = False,
    header: str = "auto",
    max_memory: str | int | None = None,
) -> LabelledVectors:
    """Open examples from one file of vectors per role, or from one table with a column per role.

    Args:
        sources: PATH[::NAME] of each role, or PATH of a table.
        roles: the names of the table's columns; of a single role the table may call it as it likes.
        wanted: the names of a column that holds labels; none looks for no column.
        or_one_set: a single source with one column of vectors, or a named column, is one set of vectors.
        labels, ids, nulls, header, max_memory: as for `open_pairs`.

    Raises:
        ParameterError: another number of sources.
        DataError, InputNotFoundError, ResourceError, ShapeError: as `open_vectors`.
    """
    sources = [sources] if isinstance(sources, str) else sources
    reading: dict[str, Any] = {"header": header, "max_memory": max_memory}
    if len(sources) == len(roles) > 1:
        vectors = tuple(open_vectors(source, ids=ids, nulls=nulls, **reading, others=[labels]) for source in sources)
        labels = beside(of_one_file(labels, sources), sources[0])
        values = None if labels is None else read_values(labels, wanted=tuple(wanted), **reading)
        return LabelledVectors(vectors, values, of_selected(str(labels) if isinstance(labels, str) else "", sources[0]))
    if len(sources) != 1:
        number = {2: "two", 3: "three"}.get(len(roles), len(roles))
        counts = "one file of vectors" if len(roles) == 1 else f"one table or {number} files of vectors"
        raise ParameterError(f"expected {counts}, got {len(sources)}", " ".join(sources), SEVERAL)
    path, column = split_source(sources[0])
    if column is not None and len(roles) > 1 and not or_one_set:
        kind, others = ("pairs", "the other side") if len(roles) == 2 else ("triplets", "the other sides")
        raise ParameterError(f"one column is one side of the {kind} only", sources[0], f"name {others} too")
    table = open_table(path, nulls=nulls, **reading, others=[labels, ids])
    labels, ids = (beside(as_column(each, table), path) for each in (labels, ids))
    found = table.ids() if ids is None else read_values(ids, base=table, rows=table.rows, **reading)
    several = roles[0] in table.vector_columns or len(table.vector_columns) > 1
    if len(roles) == 1 or (or_one_set and (column is not None or not several)):
        columns = [pick_vectors(table, column)]
    else:
        columns = [_side(table, roles, role, or_one_set=or_one_set) for role in roles]
    sides = tuple(table.vectors(name, found) for name in columns)
    values, name = table_labels(table, labels, wanted, **reading)
    return LabelledVectors(sides, values, of_selected(name, path))


def table_labels(table: Table, labels: str | None, wanted: Sequence[str], **reading: Any) -> tuple[Array | None, str]:
    """Return the labels of a table's rows and what messages call them: what was typed, or a column of such a name."""
    if labels is not None:
        where = f"{table.name}{labels}" if labels.startswith("::") else labels
        return read_values(labels, base=table, wanted=tuple(wanted), **reading), where
    labelling = _label_column(table, wanted)
    return None if labelling is None else table.values(labelling), join_name(table.name, labelling or "")


def _side(table: Table, roles: Sequence[str], name: str, *, or_one_set: bool) -> str:
    if name in table.vector_columns:
        return name
    listed = ", ".join(column for column in table.columns if column)
    what, suffix = (f"its columns are {listed}", "::NAME") if listed else ("it holds one array", "")
    kind, sides = ("pairs", "both sides") if len(roles) == 2 else ("examples", "all sides")
    if "" in table.vector_columns and listed:
        numbered = ", ".join(f"{role}0, {role}1, ..." for role in roles)
        hint = f"name the columns {numbered}"
    else:
        named = [join_name(table.name, column) for column in table.vector_columns[: len(roles)] if column]
        others = f"{table.name}{suffix}{f' OTHER{suffix}' * (len(roles) - 1)}"
        hint = f"name {sides}: {' '.join(named) if len(named) == len(roles) else others}"
    if or_one_set:
        hint += f"; or one set and its classes: {table.name}{suffix} «labels» ..."
    raise InputNotFoundError(
        f"expected a table of {kind} with vector columns {', '.join(roles[:-1])} and {roles[-1]}, but {what}",
        table.name,
        hint,
    )


def _label_column(table: Table, wanted: Sequence[str]) -> str | None:
    choices = [column for column in table.value_columns if column.lower() in wanted]
    if len(choices) > 1:
        raise DataError(
            f"several columns may be labels: {', '.join(choices)}", table.name, f"type «labels» ::{choices[0]}"
        )
    return choices[0] if choices else None
