"""JSON documents of simtool's own, which may come from anywhere."""

import json
from typing import Any

MOST = 1.7976931348623157e308  # of float64; an integer of JSON may be larger, and NaN compares with nothing


def read_document(text: str) -> Any:
    """Return what JSON holds.

    Raises:
        ValueError: it is no JSON, nested too deep, or has a number of too many digits.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def is_finite_number(value: object) -> bool:
    """Tell numbers that a float holds from all else."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MOST
