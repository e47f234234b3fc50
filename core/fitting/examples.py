"""What a head is trained with: rows on the host, and what labels them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Self

import numpy as np

from ..results import Column


@dataclass(frozen=True)
class Examples:
    """Rows to train with or to evaluate; checked by the caller.

    Args:
        form: what an example is. `pairs` and `triplets`: row i of every side. `views`: the same, with the other rows
            of the second side as negatives. `classes`: one row with a class, whose pairs are those with all others.
        sides: (n, d) finite rows each.
        numbers: (n,) float64 labels or scores as a loss takes them, or None.
        similar: (n,) bool of binary labels, or None.
        codes: (n,) numbers of the classes, or None.
        classes: how many classes there are, in whatever part.
    """

    form: str
    sides: tuple[Column, ...]
    numbers: Column | None = None
    similar: Column | None = None
    codes: Column | None = None
    classes: int = 0

    def __len__(self) -> int:
        return len(self.sides[0])

    @property
    def width(self) -> int:
        """d."""
        return int(self.sides[0].shape[1])

    def part(self, rows: Column) -> Self:
        """Return some examples."""
        sides = tuple(side[rows] for side in self.sides)
        labels = (None if each is None else each[rows] for each in (self.numbers, self.similar, self.codes))
        numbers, similar, codes = labels
        return replace(self, sides=sides, numbers=numbers, similar=similar, codes=codes)

    def with_sides(self, sides: Sequence[Column]) -> Self:
        """Return the same examples in another space."""
        return replace(self, sides=tuple(sides))

    def vectors(self) -> Column:
        """Return the (m, d) rows of all sides, one under the other."""
        return np.concatenate(self.sides)

    def digest(self) -> str:
        """Return the SHA-256 of all numbers, which tells other data from the same."""
        found = sha256(self.form.encode())
        for array in (*self.sides, self.numbers, self.similar, self.codes):
            found.update(b"-" if array is None else f"{array.dtype.str}{array.shape}".encode())
            if array is not None:
                found.update(np.ascontiguousarray(array).data)
        return found.hexdigest()
