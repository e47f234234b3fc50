"""Vectors of several files, one after another, and the tokens of items that all have as many."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .ragged import RaggedVectors
from .vectors import Array, Vectors


@dataclass(frozen=True)
class ShardedVectors:
    """Vectors of several files, one after another."""

    name: str
    parts: tuple[Vectors, ...]
    dtype: np.dtype[Any]
    ids: Array | None
    provenance: str = ""

    @cached_property
    def starts(self) -> Array:
        """(parts + 1,) the first row of each file, and the number of rows."""
        return np.cumsum([0, *(part.shape[0] for part in self.parts)])

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, ...)."""
        return (int(self.starts[-1]), *self.parts[0].shape[1:])

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive)."""
        stop = min(stop, self.shape[0])
        found = [part.read(low, high) for part, low, high in self._cut(start, stop)]
        if len(found) == 1:
            return found[0].astype(self.dtype, copy=False)
        return np.concatenate([np.empty((0, *self.shape[1:]), self.dtype), *found], dtype=self.dtype, casting="unsafe")

    def origin(self, row: int) -> tuple[Vectors, int]:
        """Return the vectors of the file that a row is in, and its number there."""
        place = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.parts[place], row - int(self.starts[place])

    def _cut(self, start: int, stop: int) -> Iterator[tuple[Vectors, int, int]]:
        for part, first in zip(self.parts, self.starts[:-1].tolist(), strict=True):
            low, high = max(start - first, 0), min(stop - first, part.shape[0])
            if low < high:
                yield part, low, high


@dataclass(frozen=True)
class TokensOfItems:
    """The tokens of items that all have as many, one after another."""

    items: Vectors
    ids: None = None

    @property
    def name(self) -> str:
        """The name of the items."""
        return self.items.name

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the items."""
        return self.items.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """(tokens, d)."""
        items, each, width = self.items.shape
        return (items * each, width)

    def read(self, start: int, stop: int) -> Array:
        """Return tokens `start` to `stop` (exclusive)."""
        each = self.items.shape[1]
        first = start // each
        rows = self.items.read(first, -(-stop // each)).reshape(-1, self.shape[1])
        return rows[start - first * each : stop - first * each]


def as_items(vectors: Vectors) -> RaggedVectors:
    """Return vectors (items, tokens, d) as items of tokens."""
    items, each = vectors.shape[:2]
    return RaggedVectors(TokensOfItems(vectors), np.arange(items + 1) * each, vectors.ids)
