"""Several files as one table: row i of the second comes after the last row of the first.

Accepted: files of any formats with the same columns and vectors of one width; ids that differ between files. Numbers
are read in a type that holds those of every file, and a column of integers here and text there is one of text, as it
would be in the concatenation.
Refused: a file that lacks a column or has one more, vectors of another width or of other columns, ids here and none
there, an id that an earlier file has, values of two kinds.
Lost: nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..errors import DataError, ShapeError
from ..memory import check_held
from .origins import provenance
from .ragged import MayBeRagged, RaggedVectors
from .sharded_vectors import ShardedVectors, as_items
from .table import Table, join_name, pick_vectors
from .vectors import Array, Vectors, check_ids
from .wide import LEFT_OUT

VALUE = 128  # bytes of a short string as Python holds it


@runtime_checkable
class Holds(Protocol):
    """A table that holds a column in memory as long as it is read."""

    def held(self, column: str) -> int:
        """Return the bytes of it."""


@dataclass(frozen=True)
class ShardedTable:
    """The columns of several files.

    Args:
        name: what the user typed.
        parts: the tables, in order; at least two.
        most: bytes that may be held.
    """

    name: str
    parts: tuple[Table, ...]
    most: int

    def __post_init__(self) -> None:
        """Refuse files of other columns than the first."""
        first = self.parts[0]
        for part in self.parts[1:]:
            missing = next((name for name in first.columns if name not in part.columns), None)
            more = next((name for name in part.columns if name not in first.columns), None)
            if missing is not None or more is not None:
                # a file of one array has a column without a name
                differs = f"has no {_called(missing)}" if missing is not None else f"has a {_called(more)} too"
                what = f"the files of {self.name} differ in their columns: this one {differs}"
                names = ", ".join(name or "unnamed" for name in first.columns[:20])
                raise DataError(what, part.name, f"the columns of {first.name}: {names}")

    @property
    def format(self) -> str:
        """The formats of the files."""
        return ", ".join(dict.fromkeys(part.format for part in self.parts))

    @property
    def rows(self) -> int:
        """Number of rows of all files."""
        return sum(part.rows for part in self.parts)

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the first file."""
        return self.parts[0].columns

    @property
    def vector_columns(self) -> tuple[str, ...]:
        """Those of the first file."""
        return self.parts[0].vector_columns

    @property
    def value_columns(self) -> tuple[str, ...]:
        """Columns with one value per row in any file; in another one they may be empty."""
        found = {name for part in self.parts for name in part.value_columns}
        return tuple(name for name in self.columns if name in found)

    @property
    def batches(self) -> Any:
        """The row groups of all files, where they have any."""
        from .shard_batches import ShardBatches

        return ShardBatches(self.name, [(part.name, part.batches) for part in self.parts])  # type: ignore[attr-defined]

    def vectors(self, column: str, ids: Array | None = None) -> Vectors:
        """Return one column of all files as vectors."""
        where = join_name(self.name, column)
        ids = check_ids(ids, self.rows, where)
        held = sum(part.held(column) for part in self.parts if isinstance(part, Holds))
        check_held(held, self.most, "what is unpacked of all files", where, "or save them without compressing them")
        ends = np.cumsum([0, *(part.rows for part in self.parts)])
        parts = tuple(
            part.vectors(column, None if ids is None else ids[ends[number] : ends[number + 1]])
            for number, part in enumerate(self.parts)
        )
        formed = [provenance({"": part}).get("", "") for part in parts]
        said = [text.replace(part.name, self.name) for text, part in zip(formed, self.parts, strict=True)]
        first = parts[0]
        for part, text in zip(parts, said, strict=True):
            if part.shape[1:] != first.shape[1:]:
                what = f"expected vectors of shape {_shown(first)} as in {first.name}, got {_shown(part)}"
                raise ShapeError(what, part.name, "all files need vectors of one width")
            if text.partition(LEFT_OUT)[0] != said[0].partition(LEFT_OUT)[0]:
                raise DataError(f"{text}, but in {first.name} {said[0].partition(' are ')[2]}", part.name)
        dtype = np.result_type(*(part.dtype for part in parts))
        # a column that holds numbers in some files alone holds none in all
        return ShardedVectors(where, parts, dtype, ids, min(said, key=len))

    def ragged(self, column: str | None) -> RaggedVectors | None:
        """Return a column of items of different numbers of tokens; None where all have as many, or it has none."""
        found = [part.ragged(column) if isinstance(part, MayBeRagged) else None for part in self.parts]
        if all(each is None for each in found):
            shapes = {part.vectors(pick_vectors(part, column)).shape[1:] for part in self.parts}
            if len(shapes) == 1 or any(len(shape) != 2 for shape in shapes):
                return None
        items = [
            each or as_items(part.vectors(pick_vectors(part, column)))
            for each, part in zip(found, self.parts, strict=True)
        ]
        tokens = tuple(each.tokens for each in items)
        lengths = np.concatenate([each.lengths for each in items])
        ids = [each.ids for each in items]
        own = None if any(each is None for each in ids) else np.concatenate([each for each in ids if each is not None])
        name = join_name(self.name, column or "")
        dtype = np.result_type(*(each.dtype for each in tokens))
        return RaggedVectors(ShardedVectors(name, tokens, dtype, None), np.cumsum([0, *lengths]), own)

    def values(self, column: str) -> Array:
        """Return one column of values of all files."""
        check_held(self.rows * VALUE, self.most, "this column", join_name(self.name, column))
        parts = [part for part in self.parts if part.rows]
        return joined_values([part.values(column) for part in parts], column, [part.name for part in parts])

    def ids(self) -> Array | None:
        """Return the column that is named like an id, whose ids no two files share."""
        found = [part.ids() for part in self.parts]
        without = next((part for part, ids in zip(self.parts, found, strict=True) if ids is None), None)
        if without is not None:
            named = next((part for part, ids in zip(self.parts, found, strict=True) if ids is not None), None)
            if named is not None:
                raise DataError(f"this file has no ids, and {named.name} has", without.name)
            return None
        seen: dict[str, int] = {}
        for number, ids in enumerate(found):
            own = list(map(str, ids.tolist())) if ids is not None else []
            twice = next((row for row, name in enumerate(own) if seen.get(name, number) != number), None)
            if twice is not None:
                earlier = self.parts[seen[own[twice]]].name
                what = f"row {twice} has the id {own[twice]!r}, and so has a row of {earlier}"
                raise DataError(what, self.parts[number].name, "ids must differ between files; or name others: «ids_a»")
            seen.update(dict.fromkeys(own, number))
        return joined_values([ids for ids in found if ids is not None], "", [part.name for part in self.parts])


def _called(column: str | None) -> str:
    return f"column {column!r}" if column else "unnamed column"


def joined_table(name: str, tables: Sequence[Table], most: int) -> Table:
    """Return tables as one; a single one as it is.

    Args:
        name: what the user typed for all of them.
        most: how many bytes the reader of them all may hold.

    Raises:
        DataError: they differ in their columns.
    """
    return tables[0] if len(tables) == 1 else ShardedTable(name, tuple(tables), most)


def joined_values(found: Sequence[Array], column: str, files: Sequence[str]) -> Array:
    """Return the values of all files as one array, in a type that takes them all.

    Raises:
        DataError: they are of two kinds.
    """
    kinds = {_kind(values) for values in found}
    if len(found) == 1 or len(kinds) == 1:
        return found[0] if len(found) == 1 else np.concatenate(found)
    if kinds == {"integers", "text"}:
        return np.concatenate([values.astype(str).astype(object) for values in found])
    if kinds == {"integers", "numbers"}:
        return np.concatenate(found, dtype=np.float64)
    other = next(place for place, values in enumerate(found) if _kind(values) != _kind(found[0]))
    what = f"expected {_kind(found[0])} as in {files[0]}, got {_kind(found[other])}"
    raise DataError(what, join_name(files[other], column))


def _kind(values: Array) -> str:
    """Return what an array holds, in one word."""
    return {"O": "text", "b": "bools", "f": "numbers"}.get(values.dtype.kind, "integers")


def _shown(vectors: Vectors) -> str:
    return " x ".join(["n", *map(str, vectors.shape[1:])])
