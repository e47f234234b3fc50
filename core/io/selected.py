"""A table with some of its rows, and with the columns that a listing carries."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ShapeError
from .ragged import MayBeRagged, RaggedVectors
from .selected_vectors import SelectedVectors
from .table import Table
from .vectors import Array, IdentifiedVectors, Vectors, check_ids

if TYPE_CHECKING:
    from .carried import Carried


@dataclass(frozen=True)
class SelectedTable:
    """Some rows of a table, in their order.

    Args:
        index: the numbers of the rows, ascending; None for all.
        said: which rows these are, in a sentence.
        keep: the columns that a listing carries.
        most: bytes that may be held.
    """

    base: Table
    index: Array | None
    said: str
    keep: tuple[str, ...]
    most: int

    @property
    def name(self) -> str:
        """The name of the base."""
        return self.base.name

    @property
    def format(self) -> str:
        """The format of the base."""
        return self.base.format

    @property
    def rows(self) -> int:
        """Number of selected rows."""
        return self.base.rows if self.index is None else len(self.index)

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the base."""
        return self.base.columns

    @property
    def vector_columns(self) -> tuple[str, ...]:
        """Those of the base."""
        return self.base.vector_columns

    @property
    def value_columns(self) -> tuple[str, ...]:
        """Those of the base."""
        return self.base.value_columns

    @property
    def batches(self) -> Any:
        """The selected rows of the base by row group, where it has any."""
        batches = self.base.batches  # type: ignore[attr-defined]
        return batches if self.index is None else SelectedBatches(batches, self.index)

    @cached_property
    def carried(self) -> "Carried | None":
        """The columns that a listing carries."""
        if not self.keep:
            return None
        from .carried import Carried

        return Carried(self.base, self.keep, self.index, self.most)

    def vectors(self, column: str, ids: Array | None = None) -> Vectors:
        """Return one column as vectors; rows without ids are called by their numbers in the base."""
        if self.index is None:
            return IdentifiedVectors(self.base.vectors(column, ids), ids, self.carried)
        vectors = SelectedVectors(self.base.vectors(column, self._base_ids), self.index, self.said)
        numbered = ids is None and bool(self.said)
        own = self.index if numbered else check_ids(ids, self.rows, vectors.name)
        return IdentifiedVectors(vectors, own, self.carried, numbered)

    def ragged(self, column: str | None) -> RaggedVectors | None:
        """Return the selected items of a column of items of different numbers of tokens, if it is one."""
        found = self.base.ragged(column) if isinstance(self.base, MayBeRagged) else None
        if found is None or self.index is None:
            return found
        lengths = found.lengths[self.index]
        offsets = np.cumsum([0, *lengths])
        tokens = np.repeat(found.offsets[self.index] - offsets[:-1], lengths) + np.arange(offsets[-1])
        ids = self.index if found.ids is None else found.ids[self.index]
        return RaggedVectors(SelectedVectors(found.tokens, tokens, self.said), offsets, ids, self.index)

    def values(self, column: str) -> Array:
        """Return one column of values."""
        return self.taken(self.base.values(column))

    def ids(self) -> Array | None:
        """Return the column that is named like an id."""
        return None if self._base_ids is None else self.taken(self._base_ids)

    def taken(self, values: Array) -> Array:
        """Return those of one value per row of the base that belong to selected rows."""
        return values if self.index is None else values[self.index]

    def check_rows(self, rows: int, where: str) -> None:
        """Refuse what has not one value for each row of the base."""
        if rows != self.base.rows:
            what = f"expected {self.base.rows:,} rows, as in {self.name}, of which some are selected; got {rows:,}"
            raise ShapeError(what, where)

    @cached_property
    def _base_ids(self) -> Array | None:
        return self.base.ids()


class SelectedBatches:
    """Some rows of row groups; a group without any is not read."""

    def __init__(self, base: Any, index: Array) -> None:
        """Select rows by their numbers, ascending."""
        self._base, self._index = base, index
        self._starts = np.cumsum([0, *base.counts])
        self.schema, self.vectors = base.schema, getattr(base, "vectors", {})
        if hasattr(base, "stored"):  # the columns of the file as they lie in it
            self.stored = SelectedBatches(base.stored, index)
        self.counts: list[int] = np.diff(np.searchsorted(index, self._starts)).tolist()

    def read(self, group: int, column: str, rows: int) -> Any:
        """Yield one column from the start of a group on, some `rows` at a time."""
        first = int(self._starts[group])
        last = int(self._index[-1]) + 1 if len(self._index) else 0
        for piece in self._base.read(group, column, rows):
            if first >= last:
                return
            low, high = np.searchsorted(self._index, (first, first + len(piece)))
            yield piece.take(self._index[low:high] - first)
            first += len(piece)

    def may_hold_nulls(self, column: str) -> bool:
        """Say whether a null anywhere in the column cannot be ruled out."""
        return bool(self._base.may_hold_nulls(column))
