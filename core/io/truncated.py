"""The first numbers of every vector, as Matryoshka models are trained to be cut.

Accepted: any vectors (n, d), and a width of 1 to d.
Refused: a larger width, other ranks.
Lost: the other numbers; nothing makes the rest a unit vector again.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import ShapeError
from .vectors import Array, DerivedVectors, Vectors


@dataclass(frozen=True)
class TruncatedVectors(DerivedVectors):
    """The first `width` numbers of the rows of other vectors."""

    width: int

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, width)."""
        return (self.base.shape[0], self.width)

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive)."""
        return np.ascontiguousarray(self.base.read(start, stop)[:, : self.width])


def truncate(vectors: Vectors, width: int | None) -> Vectors:
    """Return the first `width` numbers of every row; all of them where it is None.

    Raises:
        ShapeError: the vectors are not (n, d), or have fewer numbers.

    Source:
        Kusupati et al. 2022, "Matryoshka Representation Learning".

    Example:
        >>> from simtool.io import as_vectors
        >>> truncate(as_vectors(np.eye(3)), 2).read(1, 2).tolist()
        [[0.0, 1.0]]
    """
    if width is None:
        return vectors
    if len(vectors.shape) != 2 or vectors.shape[1] < width:
        what = f"there are no {width} numbers to keep of each row: the shape is {vectors.shape}"
        raise ShapeError(what, vectors.name, "keep fewer")
    return TruncatedVectors(vectors, width)
