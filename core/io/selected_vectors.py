"""Some rows of other vectors, in any order, read by ranges of them."""

from dataclasses import dataclass

import numpy as np

from ..errors import ParameterError
from .vectors import Array, ArrayVectors, DerivedVectors, Vectors


@dataclass(frozen=True)
class SelectedVectors(DerivedVectors):
    """Some rows of other vectors, in the order of `index`; `said` tells which, where somebody asked for them."""

    index: Array
    said: str = ""

    # a read may fetch this many rows of the base per row asked for, rather than one range per row
    _stride = 4

    @property
    def shape(self) -> tuple[int, ...]:
        """(kept rows, ...)."""
        return (len(self.index), *self.base.shape[1:])

    @property
    def ids(self) -> Array | None:
        """The ids of the kept rows."""
        return None if self.base.ids is None else self.base.ids[self.index]

    def read(self, start: int, stop: int) -> Array:
        """Return the kept rows `start` to `stop` (exclusive)."""
        rows = self.index[start:stop]
        if isinstance(self.base, ArrayVectors):
            return np.ascontiguousarray(self.base.array[rows], dtype=self.dtype)
        order = np.argsort(rows, kind="stable")
        ascending = rows[order]
        result = np.empty((len(rows), *self.shape[1:]), self.dtype)
        breaks = np.flatnonzero(np.diff(ascending) > self._stride) + 1
        for places in np.split(np.arange(len(rows)), breaks):
            if len(places):
                low, high = int(ascending[places[0]]), int(ascending[places[-1]]) + 1
                result[order[places]] = self.base.read(low, high)[ascending[places] - low]
        return result


def select(vectors: Vectors, index: Array) -> Vectors:
    """Return some rows, in the order of `index`, with their ids.

    Args:
        index: (kept,) row numbers from 0; a row may come twice.

    Raises:
        ParameterError: a row number is outside the vectors.
    """
    index = np.asarray(index, dtype=np.int64)
    outside = (index < 0) | (index >= vectors.shape[0])
    if outside.any():
        raise ParameterError(f"row {index[outside][0]} is outside the {vectors.shape[0]} rows", vectors.name)
    return SelectedVectors(vectors, index)
