"""What becomes of rows that are not finite: an error, NaN throughout, or left out. The policy of all pairs of rows."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .. import checks
from ..errors import ParameterError
from ..io.vectors import name_rows
from .budget import Budget, gathered

if TYPE_CHECKING:
    from .input_rows import Input


def without_nonfinite(side: "Input", nonfinite: str, budget: Budget, hint: str) -> "Input":
    """Return an input whose `missing` rows are dealt with: NaN throughout, or gone, with a note that names them.

    Args:
        side: the input as it was scanned.
        nonfinite: `error`, `propagate` (such rows become NaN throughout) or `drop` (2-D only).
        budget: what the job may take.
        hint: what to type where rows are not finite.

    Raises:
        DataError: rows that are not finite, or nothing else.
        ResourceError: the copy with those rows as NaN does not fit.
        ParameterError: rows to drop from a batch.
    """
    rows, vectors, missing = side.rows, side.vectors, side.missing
    if not missing.any():
        return side
    if nonfinite == "error":
        checks.refuse_nonfinite(vectors, hint)
    if nonfinite == "propagate":
        budget.check(rows.nbytes, f"{vectors.name} with NaN throughout its rows that are not finite")
        return replace(side, rows=np.where(missing[..., None], np.asarray(np.nan, dtype=rows.dtype), rows))
    if missing.all():
        checks.refuse_nonfinite(vectors, checks.NOTHING_LEFT)
    if rows.ndim > 2:
        raise ParameterError("only rows of a 2-D input can be left out", "«nonfinite=drop»", "use propagate")
    left, kept = np.flatnonzero(missing), np.flatnonzero(~missing)
    counted = checks.plural(len(left), "row")
    return replace(
        side,
        rows=gathered(rows, kept, budget),
        ids=side.ids[kept],
        numbers=side.numbers[kept],
        zero=side.zero[kept],
        missing=missing[kept],
        notes=(f"{counted} of {vectors.name} not finite, left out: {name_rows(left, vectors.ids)}",),
    )
