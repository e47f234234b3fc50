"""Vectors that are made of others: of their rows, with other numbers, or of some of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .vectors import Array, Vectors


@dataclass(frozen=True)
class DerivedVectors:
    """Vectors that are made of others; what changes is overridden, and `read` always is."""

    base: Vectors

    @property
    def name(self) -> str:
        """The name of the base."""
        return self.base.name

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, width)."""
        return self.base.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of what is read."""
        return self.base.dtype

    @property
    def ids(self) -> Array | None:
        """The ids of the base."""
        return self.base.ids

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive)."""
        raise NotImplementedError
