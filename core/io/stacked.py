"""Columns of numbers put together as vectors, in JSON.

Accepted: columns that are numbered alike, `dim_0`, `dim_1`, ..., in a file without a column of lists; or those that
`«columns»` picks. They are read side by side, in one pass over the file.
Refused: as `wide` says.
Lost: nothing; the numbers take the type that holds those of every column.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from .arrow_columns import list_of, lists_of
from .arrow_types import is_number, is_text, is_vector
from .odd_columns import Problem, problems_of
from .source import Reading
from .text_blocks import FormedBatches
from .wide import describe_columns, picked_columns, wide_vectors


def stacked(batches: FormedBatches, where: str, reading: Reading) -> FormedBatches:
    """Return a file with the vectors that are made of its columns; often there are none.

    Args:
        reading: which columns have another role, and which are picked.

    Raises:
        InputNotFoundError, DataError: a pattern fits no column, or one that holds no numbers.
    """
    types = dict(zip(batches.schema.names, batches.schema.types, strict=True))
    numeric = [name for name, kind in types.items() if is_number(kind) and name not in batches.problems]
    if reading.columns:
        vectors = {"": picked_columns(list(types), reading.columns, reading.apart, where)}
    elif "" in types or any(map(is_vector, types.values())):
        return batches
    else:
        mixed = [name for name in batches.problems if is_number(types[name]) or is_text(types[name])]
        vectors = wide_vectors(list(types), numeric, reading.apart, mostly=mixed, numbered=True)
    if not vectors:
        return batches

    def cells(name: str) -> Iterator[Any]:
        return (cell for piece in batches.read(0, name, 0) for cell in piece.to_pylist())

    problems = problems_of(vectors, list(types), numeric, cells, known=batches.problems, picked=bool(reading.columns))
    return StackedBatches(batches, vectors, describe_columns(where, vectors, list(types)), problems)


class StackedBatches:
    """A file with more columns, each of which is made of several."""

    def __init__(
        self,
        base: FormedBatches,
        vectors: Mapping[str, Sequence[str]],
        provenance: dict[str, str],
        problems: dict[str, Problem],
    ) -> None:
        """Take the columns of each vector by its name, what to say of it, and what is wrong with it."""
        self._base, self.vectors, self.provenance = base, vectors, provenance
        self.problems = base.problems | problems
        self.counts = base.counts
        self.schema = base.schema
        for name, members in vectors.items():
            kind = list_of([base.schema.field(member).type for member in members])
            self.schema = self.schema.append(pa.field(name, kind))

    def read(self, group: int, column: str, rows: int) -> Iterator[pa.Array]:
        """Yield one column from the start of a group to the end of the file, some `rows` at a time."""
        if column not in self.vectors:
            yield from self._base.read(group, column, rows)
            return
        kind = self.schema.field(column).type
        members = self.vectors[column]
        if hasattr(self._base, "read_columns"):
            pieces = self._base.read_columns(group, members)
        else:
            pieces = zip(*(self._base.read(group, member, rows) for member in members), strict=True)
        yield from (lists_of(piece, kind) for piece in pieces)

    def may_hold_nulls(self, column: str) -> bool:
        """Say whether a null anywhere in the column cannot be ruled out."""
        return any(map(self._base.may_hold_nulls, self.vectors.get(column, [column])))
