"""The row groups of several files of tables, one after another, in types that hold the values of all."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import pyarrow as pa

from ..errors import DataError
from .row_conditions import plain
from .table import join_name


class ShardBatches:
    """Several files of row groups, which have the same columns."""

    def __init__(self, name: str, parts: Sequence[tuple[str, Any]]) -> None:
        """Count the rows; `parts` are the names of the files and their batches."""
        self._name, self._parts = name, parts
        self.vectors = getattr(parts[0][1], "vectors", {})
        if all(hasattr(batches, "stored") for _, batches in parts):  # the columns of the files as they lie in them
            self.stored = ShardBatches(name, [(part, batches.stored) for part, batches in parts])
        self.counts: list[int] = [count for _, batches in parts for count in batches.counts]

    @cached_property
    def schema(self) -> pa.Schema:
        """Names and types of the columns, in the order of the first file."""
        schema = self._parts[0][1].schema
        fields = []
        for field in schema:
            kind = field.type
            for name, batches in self._parts[1:]:
                kind = _wider(kind, batches.schema.field(field.name).type, join_name(name, field.name))
            fields.append(field.with_type(kind))
        return pa.schema(fields, schema.metadata)

    def read(self, group: int, column: str, rows: int) -> Iterator[pa.Array]:
        """Yield one column from the start of a group to the end of the last file, some `rows` at a time."""
        kind = self.schema.field(column).type
        for _, batches in self._parts:
            if group < len(batches.counts):
                for piece in batches.read(group, column, rows):
                    yield piece if piece.type == kind else piece.cast(kind)
            group = max(0, group - len(batches.counts))

    def may_hold_nulls(self, column: str) -> bool:
        """Say whether a null anywhere in the column cannot be ruled out."""
        return any(batches.may_hold_nulls(column) for _, batches in self._parts)


def _wider(one: Any, other: Any, where: str) -> Any:
    """Return a type that takes the values of both."""
    if one == other:
        return one
    one, other = plain(one), plain(other)
    kinds = {one, other}
    if any(map(pa.types.is_integer, kinds)) and any(map(pa.types.is_string, kinds)):
        return pa.string()
    try:
        fields = (pa.schema([("", kind)]) for kind in (one, other))
        return pa.unify_schemas(list(fields), promote_options="permissive").field(0).type
    except pa.ArrowException:
        raise DataError(f"expected {one} as in the files before it, got {other}", where) from None
