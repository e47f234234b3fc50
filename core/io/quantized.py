"""Vectors in fewer bytes per number, as sentence-transformers' `quantize_embeddings` defines them.

Accepted: vectors (n, d) of floats. Ranges of int8 and uint8 are those of all rows, found in one pass.
Refused: integers; for int8 and uint8 a single row, which has no range; for integers and bits rows that are not finite.
Lost: of int8 and uint8 what lies between 256 steps of each dim; of bits all but the sign.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError, ShapeError
from .origins import place_of
from .recast import recast_dtype, unit_rows
from .vectors import Array, DerivedVectors, Vectors, name_rows

WRITTEN = {"float32": "float32", "float16": "float16", "int8": "int8", "uint8": "uint8"}
WRITTEN |= {"binary": "int8", "ubinary": "uint8"}  # precision -> the dtype that holds it
PIECE_BYTES = 8 << 20  # of rows in float64


@dataclass(frozen=True)
class UnitVectors(DerivedVectors):
    """The rows of other vectors with length 1; zero rows stay zero."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the base where that is a float."""
        return recast_dtype(self.base.dtype, None, normalize=True)

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive)."""
        return unit_rows(self.base.read(start, stop)).astype(self.dtype)


@dataclass(frozen=True)
class QuantizedVectors(DerivedVectors):
    """The rows of other vectors in another precision.

    Args:
        precision: a key of `WRITTEN`.
        ranges: (2, d) float32 least and largest number of each dim, for int8 and uint8.
        restored: give int8 and uint8 as the numbers they stand for, q · step + least.
    """

    precision: str
    ranges: Array | None = None
    restored: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, width); of bits the bytes that hold them."""
        rows, width = self.base.shape
        return (rows, (width + 7) // 8 if self.precision.endswith("binary") else width)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of what is read."""
        return np.dtype("float64" if self.restored and self.ranges is not None else WRITTEN[self.precision])

    def read(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` (exclusive).

        Raises:
            DataError: a row is not finite, or leaves the range of float16.
        """
        rows = self.base.read(start, stop)
        with np.errstate(over="ignore"):
            made = rows.astype(self.dtype) if self.precision.startswith("float") else rows
        _check_finite(made, self.base, start, self.precision)
        if self.ranges is not None:
            return self._scaled(rows)
        if not self.precision.endswith("binary"):
            return made
        bits = np.packbits(rows > 0, axis=-1)
        return bits if self.precision == "ubinary" else (bits ^ 0x80).view(np.int8)

    def _scaled(self, rows: Array) -> Array:
        assert self.ranges is not None
        least, largest = self.ranges
        steps = (largest - least) / 255
        steps = np.where(steps == 0, 1, steps)
        counts = np.clip(np.floor((rows - least) / steps), 0, 255)
        if self.restored:
            return np.asarray(counts.astype(np.float64) * steps + least)
        return np.asarray(counts if self.precision == "uint8" else counts - 128, self.dtype)


def quantize(vectors: Vectors, precision: str, *, restored: bool = False) -> Vectors:
    """Return vectors in another precision: `float32`, `float16`, `int8`, `uint8`, `binary` or `ubinary`.

    Args:
        vectors: (n, d) of floats.
        precision: a key of `WRITTEN`.
        restored: give int8 and uint8 as the numbers they stand for.

    Raises:
        ShapeError: the vectors are not (n, d), or int8 and uint8 of one row.
        DataError: integers, or rows that are not finite.

    Source:
        sentence-transformers, `quantize_embeddings`; `float16` is numpy's.

    Example:
        >>> from simtool.io import as_vectors
        >>> quantize(as_vectors(np.asarray([[1.0, -1.0], [0.5, 0.0]])), "ubinary").read(0, 2).tolist()
        [[128], [128]]
    """
    if len(vectors.shape) != 2:
        raise ShapeError(f"expected one vector per row, shape (n, d), got {vectors.shape}", vectors.name)
    if vectors.dtype.kind != "f":
        what = f"floats are quantized, and these are {vectors.dtype.name}"
        raise DataError(what, vectors.name, "leave «quantize» out")
    ranges = _ranges(vectors, precision) if precision in ("int8", "uint8") else None
    return QuantizedVectors(vectors, precision, ranges, restored)


def _ranges(vectors: Vectors, precision: str) -> Array:
    """Return the least and the largest number of each dim, (2, d) float32."""
    rows, width = vectors.shape
    if rows < 2:
        raise ShapeError(f"one row has no range to divide into the steps of {precision}", vectors.name, "add rows")
    found, step = [], max(1, PIECE_BYTES // (8 * max(1, width)))
    for start in range(0, rows, step):
        piece = vectors.read(start, min(start + step, rows))
        _check_finite(piece, vectors, start, precision)
        found += [piece.min(axis=0), piece.max(axis=0)]
    return np.stack([np.min(found, axis=0), np.max(found, axis=0)]).astype(np.float32)


def _check_finite(rows: Array, vectors: Vectors, start: int, precision: str) -> None:
    bad = start + np.flatnonzero(~np.isfinite(rows).all(axis=-1))
    if len(bad):
        what = f"{name_rows(bad, vectors.ids)}: not finite, or beyond the range of {precision}"
        raise DataError(what, place_of(vectors, int(bad[0])), "leave these rows out, or «normalize»")
