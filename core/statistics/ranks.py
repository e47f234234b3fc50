"""Ranks with ties: equal numbers share the mean of their ranks."""

import numpy as np

from ..results import Column


def average_ranks(x: Column) -> Column:
    """Return ranks from 1, equal numbers sharing the mean of theirs.

    Example:
        >>> average_ranks(np.asarray([3.0, 1.0, 3.0])).tolist()
        [2.5, 1.0, 2.5]
    """
    values = np.array(x, dtype=np.float64)
    return centre_ranks(values) + (len(values) + 1) / 2


def centre_ranks(values: Column) -> Column:
    """Put the ranks around their mean in the place of (n,) float64 values, and return them."""
    order = np.argsort(values)
    ordered = values[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    first = np.append(0, last[:-1] + 1)
    values[order] = np.repeat((first + last - (len(values) - 1)) / 2, last - first + 1)
    return values
