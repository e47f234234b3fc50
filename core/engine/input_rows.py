"""An input of a whole-set operation, laid out as rows of vectors and scanned once."""

from dataclasses import dataclass, replace

import numpy as np

from .. import checks
from ..io import Vectors
from ..io.listed_columns import carried_columns, has_ids, source_rows
from ..io.vectors import ArrayVectors
from ..nonfinite import NONFINITE_HINT, handled_rows, scan_rows
from ..results import Column
from .budget import Budget, gathered
from .resident_rows import resident

CHUNK = 1 << 20  # numbers that are looked at at a time


@dataclass(frozen=True)
class Input:
    """One input, its rows laid out as (..., n, d), and what is known of them.

    Args:
        vectors: the input.
        rows: (..., n, d) host rows, perhaps a view of a file.
        ids: (n,) ids or numbers of the rows.
        numbers: (n,) numbers of the rows in the input, of which some may be left out.
        places: (n,) numbers of the rows in the file, of which the input may be a selection.
        named: whether the rows have ids of their own.
        zero: (..., n) which rows are all zero.
        missing: (..., n) which rows are not finite and stay as NaN.
        largest: the largest magnitude.
        notes: what to tell the reader.
    """

    vectors: Vectors
    rows: Column
    ids: Column
    numbers: Column
    places: Column
    named: bool
    zero: Column
    missing: Column
    largest: float
    notes: tuple[str, ...]

    @classmethod
    def of_rows(cls, rows: Column) -> "Input":
        """Return (n, d) finite rows as an input without a name."""
        numbers, none = np.arange(len(rows)), np.zeros(len(rows), dtype=bool)
        return cls(ArrayVectors("rows", rows), rows, numbers, numbers, numbers, False, none, none, largest_of(rows), ())

    def carried(self, rows: Column, role: str) -> dict[str, Column]:
        """Return the columns that a listing carries of some rows; of row -1, which is none, without a value.

        The rows of a batch have none: what is carried belongs to the first dim.
        """
        if len(self.vectors.shape) != 2:
            return {}
        return carried_columns(self.vectors, np.where(rows < 0, rows, self.numbers[rows]), role)


def largest_of(rows: Column) -> float:
    """Return the largest magnitude in (n, d) finite rows."""
    step, largest = max(1, CHUNK // rows.shape[1]), 0.0
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        largest = max(largest, float(part.max()), -float(part.min()))
    return largest


def prepare_input(vectors: Vectors, dim: int, nonfinite: str, budget: Budget, hint: str = NONFINITE_HINT) -> Input:
    """Return an input of rank 2 or more with its vectors as the last dim.

    Args:
        vectors: any shape; `dim` becomes d, the last of the others n, what is left are batches.
        dim: the dim along which a vector lies.
        nonfinite: `error`, `propagate` (such rows become NaN throughout) or `drop` (2-D only).
        budget: what the job may take; an input that is larger than its share is put into a file and mapped.
        hint: what to type where rows are not finite.

    Raises:
        ShapeError: rank 1, no elements, or a dim out of range.
        DataError, ResourceError, ParameterError: as `without_nonfinite`.
    """
    checks.check_rank(vectors, 2)
    checks.check_not_empty(vectors)
    rank = len(vectors.shape)
    dim = checks.check_dim(dim, rank)
    scan = scan_rows(vectors, dim)
    # laid out anew where the vectors do not lie in one piece: the memory order of an input must not show
    turned = ArrayVectors(vectors.name, np.moveaxis(resident(vectors, budget.mapped), dim, -1))
    rows = resident(turned, budget.mapped)
    numbers = np.arange(rows.shape[-2])
    as_stored = rank == 2 and dim == 1  # its rows are the rows of a file
    ids = vectors.ids if as_stored else None
    ids = numbers if ids is None else ids
    places = source_rows(vectors, numbers) if as_stored else numbers
    named = as_stored and has_ids(vectors)
    side = Input(vectors, rows, ids, numbers, places, named, scan.zero, ~scan.finite, scan.largest, ())
    return _without_nonfinite(side, nonfinite, budget, hint)


def _without_nonfinite(side: Input, nonfinite: str, budget: Budget, hint: str) -> Input:
    """Return an input whose `missing` rows are dealt with: NaN throughout, or gone, with a note that names them."""
    rows, vectors, missing = side.rows, side.vectors, side.missing
    if not missing.any():
        return side
    kept, note = handled_rows(vectors, missing, nonfinite, hint)
    if kept is None:
        budget.check(rows.nbytes, f"{vectors.name} with NaN throughout its rows that are not finite")
        return replace(side, rows=np.where(missing[..., None], np.asarray(np.nan, dtype=rows.dtype), rows))
    return replace(
        side,
        rows=gathered(rows, kept, budget),
        ids=side.ids[kept],
        numbers=side.numbers[kept],
        places=side.places[kept],
        zero=side.zero[kept],
        missing=missing[kept],
        notes=(note,),
    )
