"""Columns of numbers put together as vectors, in files of typed columns: Parquet, Arrow, JSON.

Accepted: columns that are numbered alike, `dim_0`, `dim_1`, ..., in a file without a column of lists; or those that
`«columns»` picks. They are read side by side, in one pass over the file.
Refused: as `wide` says.
Lost: nothing; the numbers take the type that holds those of every column.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from .arrow import Batches, is_number, is_vector
from .source import Reading
from .wide import describe_columns, picked_columns, wide_vectors


def stacked(batches: Batches, where: str, reading: Reading) -> tuple[Batches, dict[str, str]]:
    """Return a file with the vectors that are made of its columns, and what to say of each; often there are none.

    Args:
        batches: the file.
        where: its name.
        reading: which columns have another role, and which are picked.

    Raises:
        InputNotFoundError, DataError: a pattern fits no column, or one that holds no numbers.
    """
    types = dict(zip(batches.schema.names, batches.schema.types, strict=True))
    numeric = [name for name, kind in types.items() if is_number(kind)]
    if reading.columns:
        vectors = {"": picked_columns(list(types), numeric, reading.columns, reading.apart, where)}
    elif "" in types or any(map(is_vector, types.values())):
        return batches, {}
    else:
        vectors = wide_vectors(list(types), numeric, reading.apart, numbered=True)
    return (StackedBatches(batches, vectors) if vectors else batches), describe_columns(where, vectors, numeric)


class StackedBatches:
    """A file with more columns, each of which is made of several."""

    def __init__(self, base: Batches, vectors: Mapping[str, Sequence[str]]) -> None:
        """Take the columns of each vector by its name."""
        self._base, self.vectors = base, vectors
        self.counts = base.counts
        self.schema = base.schema
        for name, members in vectors.items():
            kinds = (base.schema.field(member).type.to_pandas_dtype() for member in members)
            kind = pa.from_numpy_dtype(np.result_type(*kinds))
            self.schema = self.schema.append(pa.field(name, pa.list_(kind, len(members))))

    def read(self, group: int, column: str, rows: int) -> Iterator[pa.Array]:
        """Yield one column from the start of a group to the end of the file, some `rows` at a time."""
        if column not in self.vectors:
            yield from self._base.read(group, column, rows)
            return
        kind = self.schema.field(column).type
        for members in read_together(self._base, group, self.vectors[column], rows):
            yield as_lists(members, kind)

    def may_hold_nulls(self, column: str) -> bool:
        """Say whether a null anywhere in the column cannot be ruled out."""
        return any(map(self._base.may_hold_nulls, self.vectors.get(column, [column])))


def read_together(batches: Any, group: int, columns: Sequence[str], rows: int) -> Iterator[Sequence[pa.Array]]:
    """Yield some columns side by side, in one pass where the file can do so."""
    if hasattr(batches, "read_together"):
        yield from batches.read_together(group, columns, rows)
    else:
        yield from zip(*(batches.read(group, column, rows) for column in columns), strict=True)


def as_lists(members: Sequence[pa.Array], kind: Any) -> pa.Array:
    """Return columns of numbers as one column of lists of a fixed size."""
    values = np.empty((len(members[0]), len(members)), kind.value_type.to_pandas_dtype())
    missing = np.zeros(values.shape, bool) if any(member.null_count for member in members) else None
    for place, member in enumerate(members):
        values[:, place] = member.fill_null(0).to_numpy(zero_copy_only=False)
        if missing is not None:
            missing[:, place] = member.is_null().to_numpy(zero_copy_only=False)
    flat = pa.array(values.ravel(), mask=None if missing is None else missing.ravel())
    return pa.FixedSizeListArray.from_arrays(flat, type=kind)
