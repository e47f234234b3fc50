"""Rows that are not finite: found, refused, left out or kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from .checks import SURVEY_BYTES, check_same_rows, plural
from .errors import DataError, ParameterError
from .io import Vectors, select, with_ids
from .io.origins import place_of
from .io.vectors import ids_of, name_rows
from .results import Column

NONFINITE = ("error", "propagate", "drop")
NONFINITE_HINT = "«nonfinite=drop» leaves them out, «nonfinite=propagate» keeps them as NaN"
DROP_HINT = "«nonfinite=drop» leaves them out"
PROPAGATE_HINT = "«nonfinite=propagate» keeps them as NaN"
NOTHING_LEFT = "mend some of them: no row would be left"


@dataclass(frozen=True)
class RowScan:
    """The extremes of every vector of an input, which tell zero rows and rows that are not finite.

    Args:
        high: the largest number of each vector; the shape of the input without the vectors' dim.
        low: the smallest.
    """

    high: Column
    low: Column

    @property
    def finite(self) -> NDArray[np.bool]:
        """Which vectors hold neither NaN nor infinity."""
        finite: NDArray[np.bool] = np.isfinite(self.high) & np.isfinite(self.low)
        return finite

    @property
    def zero(self) -> NDArray[np.bool]:
        """Which vectors are all zero."""
        zero: NDArray[np.bool] = (self.high == 0) & (self.low == 0)
        return zero

    @property
    def largest(self) -> float:
        """The largest finite magnitude."""
        extremes: Column = np.maximum(np.abs(self.high.astype(np.float64)), np.abs(self.low.astype(np.float64)))
        return float(np.max(extremes, initial=0.0, where=np.isfinite(extremes)))


def scan_rows(vectors: Vectors, dim: int) -> RowScan:
    """Return the extremes of the vectors along `dim`, in one pass over the rows."""
    step = max(1, SURVEY_BYTES // max(1, prod(vectors.shape[1:]) * vectors.dtype.itemsize))
    highs, lows = [], []
    for start in range(0, vectors.shape[0], step):
        rows = vectors.read(start, min(start + step, vectors.shape[0]))
        if rows.dtype == np.float16:  # whose own comparisons are slow
            rows = rows.astype(np.float32)
        highs.append(rows.max(axis=dim))
        lows.append(rows.min(axis=dim))
    if dim:
        return RowScan(np.concatenate(highs), np.concatenate(lows))
    return RowScan(np.max(highs, axis=0), np.min(lows, axis=0))


def nonfinite_rows(vectors: Vectors) -> Column:
    """Return the numbers of the rows that hold NaN or infinity."""
    if vectors.dtype.kind != "f" or vectors.shape[0] == 0:
        return np.empty(0, dtype=np.int64)
    if len(vectors.shape) == 1:
        return np.flatnonzero(~np.isfinite(vectors.read(0, vectors.shape[0])))
    finite = scan_rows(vectors, len(vectors.shape) - 1).finite
    return np.flatnonzero(~finite.reshape(len(finite), -1).all(axis=1))


def drop_nonfinite(sides: Sequence[Vectors], noun: str, notes: list[str]) -> Column:
    """Return the numbers of the rows that are finite on every side, and note those that are not.

    Args:
        sides: aligned inputs.
        noun: what a row of all of them is, as in `pair`.
    """
    bad = np.unique(np.concatenate([nonfinite_rows(side) for side in sides]))
    keep = np.setdiff1d(np.arange(sides[0].shape[0]), bad)
    if not len(bad):
        return keep
    for side in sides[1:]:
        check_same_rows(sides[0], side)
    notes.append(f"{plural(len(bad), noun)} not finite, left out: {name_rows(bad, ids_of(*sides))}")
    if not len(keep):
        for side in sides:
            refuse_nonfinite(side, NOTHING_LEFT)
    return keep


def drop_rows(sides: Sequence[Vectors], noun: str, notes: list[str]) -> tuple[tuple[Vectors, ...], Column]:
    """Return aligned inputs without the rows that `drop_nonfinite` leaves out, and the numbers of the others."""
    keep = drop_nonfinite(sides, noun, notes)
    if len(keep) == sides[0].shape[0]:
        return tuple(sides), keep
    ids = ids_of(*sides)
    kept_ids = keep if ids is None else ids[keep]
    return tuple(with_ids(select(side, keep), kept_ids) for side in sides), keep


def handled_rows(vectors: Vectors, missing: Column, nonfinite: str, hint: str) -> tuple[Column | None, str]:
    """Return the rows of an input that stay where some are not finite, None where all do, and the note about it.

    Args:
        missing: (..., n) which vectors are not finite; some are.
        nonfinite: `error`, `propagate` or `drop`.

    Raises:
        DataError: `error`; `drop` would leave no row.
        ParameterError: `drop` of an input of more than two dims.
    """
    if nonfinite == "error":
        refuse_nonfinite(vectors, hint)
    if nonfinite == "propagate":
        return None, ""
    if missing.all():
        refuse_nonfinite(vectors, NOTHING_LEFT)
    if missing.ndim > 1:
        raise ParameterError("only rows of a 2-D input can be left out", "«nonfinite=drop»", "use propagate")
    left = np.flatnonzero(missing)
    note = f"{plural(len(left), 'row')} of {vectors.name} not finite, left out: {name_rows(left, vectors.ids)}"
    return np.flatnonzero(~missing), note


def refuse_nonfinite(vectors: Vectors, hint: str = NONFINITE_HINT) -> None:
    """Raise the error that names the rows with NaN or infinity, if there are any."""
    refuse_rows(vectors, nonfinite_rows(vectors), hint)


def refuse_rows(vectors: Vectors, rows: Column, hint: str = NONFINITE_HINT) -> None:
    """Raise the error that names some rows, which hold NaN or infinity, if there are any."""
    if len(rows):
        verb = "holds" if len(rows) == 1 else "hold"
        raise DataError(
            f"{name_rows(rows, vectors.ids)} of {vectors.shape[0]} {verb} NaN or infinity",
            place_of(vectors, rows[0]),
            hint,
        )
