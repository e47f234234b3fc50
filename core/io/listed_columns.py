"""The columns of inputs that a listing carries beside ids and scores, under names that tell whose they are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..results import Columns, Rows
from .ragged import RaggedVectors
from .selected_vectors import SelectedVectors
from .vectors import Array, Carries, DerivedVectors, IdentifiedVectors, Vectors


def carried_columns(vectors: Vectors, rows: Array, role: str) -> dict[str, Array]:
    """Return the carried columns of some rows, as `text_a` for the role a; often none.

    Args:
        rows: their numbers; of -1, which is no row, there is no value.
    """
    if isinstance(vectors, SelectedVectors):
        return carried_columns(vectors.base, np.where(rows < 0, rows, vectors.index[rows]), role)
    if not isinstance(vectors, DerivedVectors):
        return {}
    if not isinstance(vectors, IdentifiedVectors) or vectors.carried is None:
        return carried_columns(vectors.base, rows, role)
    found = vectors.carried.take(np.maximum(rows, 0))
    return {f"{name}_{role}": _without(values, rows < 0) for name, values in found.items()}


def carried_beside(sides: Mapping[str, Vectors], rows: Array, taken: Collection[str]) -> dict[str, Array]:
    """Return the carried columns of some examples, row i of each input.

    Columns of one table stand under their own names, unless the listing has such a column; those of several inputs
    stand under names with a role.

    Args:
        taken: the columns that the listing has already.
    """
    tables = [carries(side) for side in sides.values()]
    shared = all(table is tables[0] for table in tables)
    found: dict[str, Array] = {}
    for role, side in list(sides.items())[: 1 if shared else None]:
        for name, values in carried_columns(side, rows, role).items():
            own = name.removesuffix(f"_{role}")
            found[own if shared and own not in taken else name] = values
    return found


@dataclass(frozen=True)
class RowsBeside:
    """A listing of examples with the columns that it carries, which are taken as they are read."""

    listing: Columns
    sides: Mapping[str, Vectors]
    rows: Array

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return (*self.listing.names, *carried_beside(self.sides, self.rows[:0], self.listing.names))

    def __len__(self) -> int:
        return len(self.listing)

    def read(self, start: int, stop: int) -> dict[str, Array]:
        """Return rows `start` to `stop` (exclusive), a 1-D array per column."""
        beside = carried_beside(self.sides, self.rows[start:stop], self.listing.names)
        return self.listing.read(start, stop) | beside


def with_carried(listing: Columns, sides: Mapping[str, Vectors], rows: Array) -> Rows:
    """Return a listing of examples with the columns that it carries, if there are any; see `RowsBeside`."""
    return RowsBeside(listing, sides, rows) if any(map(carries, sides.values())) else listing


def source_rows(vectors: Vectors | RaggedVectors, rows: Array) -> Array:
    """Return the numbers that rows, or items, have in the input they are selected from."""
    if isinstance(vectors, RaggedVectors):
        return rows if vectors.index is None else vectors.index[rows]
    if isinstance(vectors, SelectedVectors):
        return source_rows(vectors.base, vectors.index[rows])
    return source_rows(vectors.base, rows) if isinstance(vectors, DerivedVectors) else rows


def has_ids(vectors: Vectors | RaggedVectors) -> bool:
    """Say whether rows, or items, have ids of their own, and are not just called by their numbers in the file."""
    if isinstance(vectors, RaggedVectors):
        return vectors.ids is not None and vectors.ids is not vectors.index
    if isinstance(vectors, IdentifiedVectors):
        return vectors.ids is not None and not vectors.numbered
    return has_ids(vectors.base) if isinstance(vectors, DerivedVectors) else vectors.ids is not None


def carries(vectors: Vectors) -> Carries | None:
    """Return the columns that a listing of these rows carries, if any."""
    if isinstance(vectors, IdentifiedVectors) and vectors.carried is not None:
        return vectors.carried
    return carries(vectors.base) if isinstance(vectors, DerivedVectors) else None


def _without(values: Array, missing: Array) -> Array:
    """Return values without some: NaN for a number, None for all else."""
    if not missing.any():
        return values
    values = values.astype(np.float64 if values.dtype.kind in "iuf" else object)
    values[missing] = np.nan if values.dtype.kind == "f" else None
    return values
