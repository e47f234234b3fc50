"""The door of `simtool.aggregates.NAME(a, b)`: two arrays, checked before the function sees them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..backend import is_given_tensor, tensor_values
from ..catalogue import Entry
from ..errors import DataError, ShapeError
from ..given_inputs import rows_of
from ..results import Column
from .moments import check_same_items, check_same_space
from .record import record_of


def checked(entry: Entry) -> Callable[..., Any]:
    """Return the function of an aggregate, which takes what numpy makes two sets of rows of."""
    function, record = entry.load(), record_of(entry.name)

    @wraps(function)
    def aggregate(a: Any, b: Any, **options: Any) -> Any:
        x, y = _rows(a, "A"), _rows(b, "B")
        if not record.any_dims:
            check_same_space(entry.name, x, y)
        if record.same_items:
            check_same_items(entry.name, x, y)
        return function(x, y, **options)

    return aggregate


def _rows(given: Any, side: str) -> Column:
    """Return (n, d) finite numbers."""
    found = rows_of(given, side)
    rows: Column = tensor_values(found) if is_given_tensor(found) else found
    if rows.ndim != 2 or not rows.size:
        raise ShapeError(f"expected a set of rows (n, d), got shape {rows.shape}", side)
    if rows.dtype.kind not in "iuf":
        raise DataError(f"expected real numbers, got dtype {rows.dtype}", side)
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise DataError(f"row {bad[0]} holds NaN or infinity", side, "leave these rows out")
    return rows
