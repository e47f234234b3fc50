"""Weights of the rows of a set: idf and the like."""

from math import fsum

import numpy as np

from ..errors import DataError, ShapeError
from ..results import Column


def shares(weights: Column | None, rows: int, option: str) -> Column | None:
    """Return weights as shares that sum to 1; None, where every row counts the same, stays None.

    Args:
        weights: (n,) finite numbers, at least 0, not all 0.
        rows: n.
        option: the option that they came with, for the errors.

    Raises:
        ShapeError: not one weight for each row.
        DataError: a weight that is negative or not finite, or all are 0.

    Example:
        >>> shares(np.asarray([1, 3]), 2, "«weights_a»").tolist()
        [0.25, 0.75]
    """
    if weights is None:
        return None
    given = np.asarray(weights)
    if given.shape != (rows,):
        raise ShapeError(f"expected {rows} weights, one for each row, got shape {given.shape}", option)
    if given.dtype.kind not in "biuf":
        raise DataError(f"expected numbers, got dtype {given.dtype}", option)
    wide: Column = given.astype(np.float64)
    bad = np.flatnonzero(~(np.isfinite(wide) & (wide >= 0)))
    if len(bad):
        what = f"weight {bad[0]} is {given[bad[0]]}, expected a finite number, at least 0"
        raise DataError(what, option)
    largest = wide.max()
    if largest == 0:
        raise DataError("all weights are 0", option, "at least one row has to count")
    wide = wide / largest  # their sum cannot overflow now
    normed: Column = wide / fsum(wide.tolist())
    return normed


def both_shares(
    weights_a: Column | None, n: int, weights_b: Column | None, m: int
) -> tuple[Column | None, Column | None]:
    """Return the weights of n rows of A and of m rows of B as shares."""
    return shares(weights_a, n, "«weights_a»"), shares(weights_b, m, "«weights_b»")


def mean_of(values: Column, share: Column | None) -> float:
    """Return the mean of (n,) values, weighted by (n,) shares if there are any, within the extremes of the values."""
    total = fsum(values.tolist()) / len(values) if share is None else fsum((values * share).tolist())
    # a mean lies between its extremes, which the rounded sum of equal values may leave
    return min(max(total, float(values.min())), float(values.max()))


def harmonic_mean(precision: Column, recall: Column) -> Column:
    """Return the harmonic mean of every precision and recall, 0 unless both are positive, within the two; of NaN, NaN.

    Example:
        >>> harmonic_mean(np.asarray([0.1, 0.5]), np.asarray([0.1, -0.5])).tolist()
        [0.1, 0.0]
    """
    positive = (precision > 0) & (recall > 0)
    mean = 2 * precision * recall / np.where(positive, precision + recall, 1.0)
    # rounding may take the mean of two equal numbers beyond them
    within = np.clip(mean, np.minimum(precision, recall), np.maximum(precision, recall))
    return np.where(positive, within, np.where(np.isnan(precision + recall), np.nan, 0.0))
