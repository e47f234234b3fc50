"""Rows in another element type, or of length 1, and what that changes.

Accepted: rows of any numbers; zero rows stay zero.
Refused: a number that leaves the range of the new type.
Lost: digits that the new type does not hold; the rows that lose any are counted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from ..errors import DataError
from ..metrics import is_rounded
from .origins import place_of
from .vectors import Array, Vectors, name_rows


@dataclass
class Recast:
    """Turns rows into what is written, piece by piece, and counts.

    Args:
        rounded: rows so far with a number that `dtype` does not hold; where rows are normalized none is counted.
        vanished: rows so far that were not zero, and became zero.
        zero: rows so far that are zero.
    """

    dtype: np.dtype[np.generic]
    normalize: bool = False
    rounded: int = 0
    vanished: int = 0
    zero: int = 0

    def rows(self, vectors: Vectors, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive) as they are written, (stop - start, ..., d).

        Raises:
            DataError: a finite number becomes infinity.
        """
        given = vectors.read(start, stop)
        lengths = unit_rows(given) if self.normalize else given
        with np.errstate(all="ignore"):
            made: Array = lengths.astype(self.dtype, copy=False)
        if made.dtype != lengths.dtype:
            self._look(lengths, made, vectors, start)
        self.zero += int((~_any(made)).sum())
        return made

    def _look(self, given: Array, made: Array, vectors: Vectors, start: int) -> None:
        """Refuse what leaves the range, and count what is rounded."""
        lost = _any(np.isinf(made) & np.isfinite(given))
        if lost.any():
            rows = start + np.flatnonzero(lost)
            largest = float(np.abs(given[rows[0] - start].astype(np.float64)).max())
            verb = "holds" if len(rows) == 1 else "hold"
            what = f"{name_rows(rows, vectors.ids)} {verb} numbers that leave the range of {self.dtype.name}"
            hint = "«dtype=float32» or «dtype=float64» holds them, or «normalize» makes unit vectors"
            raise DataError(f"{what}: {largest:g}", place_of(vectors, int(rows[0])), hint)
        self.vanished += int((_any(given) & ~_any(made)).sum())
        if not self.normalize:
            self.rounded += int(_any(((made != given) & ~np.isnan(made)) | is_rounded(given)).sum())


def recast_dtype(given: np.dtype[np.generic], wanted: DTypeLike | None, *, normalize: bool) -> np.dtype[np.generic]:
    """Return the type of what is written: the wanted one, else that of the rows; unit vectors need a type of floats."""
    if wanted is not None:
        return np.dtype(wanted)
    if normalize and given.kind != "f":
        return np.dtype(np.float32 if np.can_cast(given, np.float32) else np.float64)
    return given


def _any(rows: Array) -> Array:
    """Say of each row, (n, ..., d), whether it holds anything."""
    return np.asarray(rows.any(axis=tuple(range(1, rows.ndim))))


def unit_rows(given: Array) -> Array:
    """Return float64 vectors of length 1; zero vectors stay zero."""
    rows = given.astype(np.float64)
    with np.errstate(all="ignore"):
        # scaled first: the square of a large number overflows, that of a small one is zero
        rows /= _or_one(np.abs(rows).max(axis=-1, keepdims=True))
        rows /= _or_one(np.sqrt((rows * rows).sum(axis=-1, keepdims=True)))
    return rows


def _or_one(lengths: Array) -> Array:
    """Return what rows are divided by: 1 for zero rows."""
    return np.where(lengths == 0, 1, lengths)
