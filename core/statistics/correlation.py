"""Rank and linear correlations of two columns of numbers, in float64; None where one of them does not vary."""

from math import sqrt

import numpy as np

from ..results import Column
from .ranks import average_ranks

CLOSE = 1e-6  # numbers that differ by this share of the largest are close


def pearson(x: Column, y: Column) -> float | None:
    """Linear correlation of two columns.

    With x' and y' the deviations from the means::

        r = sum(x' y') / sqrt( sum(x'^2) sum(y'^2) )

    Args:
        x: (n,) finite numbers.
        y: (n,) finite numbers.

    Returns:
        A value in [-1, 1], None where a column is constant.

    Source:
        Pearson 1895.

    Example:
        >>> round(pearson(np.asarray([1.0, 2, 3]), np.asarray([1.0, 2, 4])), 6)
        0.981981
    """
    if len(x) < 2 or _is_constant(x) or _is_constant(y):
        return None
    x, y = (_deviations(np.asarray(column, dtype=np.float64)) for column in (x, y))
    norms = sqrt(np.sum(x * x)) * sqrt(np.sum(y * y))
    # deviations below the rounding of the mean are none
    return min(1.0, max(-1.0, float(np.sum(x * y)) / norms)) if norms > 0 else None


def spearman(x: Column, y: Column) -> float | None:
    """Pearson correlation of the ranks; equal numbers share the mean of their ranks.

    Args:
        x: (n,) finite numbers.
        y: (n,) finite numbers.

    Returns:
        A value in [-1, 1], None where a column is constant.

    Source:
        Spearman 1904.

    Example:
        >>> round(spearman(np.asarray([1.0, 2, 3]), np.asarray([1.0, 8, 4])), 6)
        0.5
    """
    return pearson(average_ranks(x), average_ranks(y))


def kendall(x: Column, y: Column) -> float | None:
    """Kendall's tau-b: pairs in order less pairs out of order, among those that neither column ties.

    With n0 all pairs of items, n1 and n2 those that x and y tie::

        tau = (concordant - discordant) / sqrt( (n0 - n1) (n0 - n2) )

    Args:
        x: (n,) finite numbers.
        y: (n,) finite numbers.

    Returns:
        A value in [-1, 1], None where a column is constant.

    Source:
        Kendall 1945; the count of discordant pairs by merging, after Knight 1966. scipy.stats.kendalltau is the same,
        and takes longer to import than small jobs take.

    Example:
        >>> round(kendall(np.asarray([1.0, 2, 3]), np.asarray([1.0, 8, 4])), 6)
        0.333333
    """
    if len(x) < 2 or _is_constant(x) or _is_constant(y):
        return None
    x, y = (np.unique(column, return_inverse=True)[1].astype(np.int64) for column in (x, y))
    everything = len(x) * (len(x) - 1) // 2
    tied = [_tied(x), _tied(y), _tied(x * (int(y.max()) + 1) + y)]
    discordant = inversions(y[np.lexsort((y, x))])
    difference = everything - tied[0] - tied[1] + tied[2] - 2 * discordant
    tau = difference / sqrt(everything - tied[0]) / sqrt(everything - tied[1])
    return min(1.0, max(-1.0, tau))


def inversions(x: Column) -> int:
    """Count the pairs i < j with x[i] > x[j], by merging sorted runs.

    Args:
        x: (n,) integers from 0.

    Example:
        >>> inversions(np.asarray([2, 0, 1]))
        2
    """
    keys, count, width = np.asarray(x, dtype=np.int64), 0, 1
    top = int(keys.max()) + 1
    place = np.arange(len(keys))
    while width < len(keys):
        # the number of a run in front of the value: sorted keys are sorted runs
        run = place // (2 * width)
        is_left = place % (2 * width) < width
        keys = keys + run * top
        right = keys[~is_left]
        count += int((np.searchsorted(right, keys[is_left]) - run[is_left] * width).sum())
        keys = np.sort(keys, kind="stable") - run * top
        width *= 2
    return count


def _tied(x: Column) -> int:
    count = np.unique(x, return_counts=True)[1]
    return int((count * (count - 1) // 2).sum())


def _is_constant(x: Column) -> bool:
    return bool(np.max(x) == np.min(x))


def _deviations(x: Column) -> Column:
    largest = np.max(np.abs(x))
    if np.max(np.abs(x / 2 - x[0] / 2)) < CLOSE * largest:
        x = x - x[0]  # exact, where the mean of all would be rounded by as much as they differ
        largest = np.max(np.abs(x))
    x = x / largest  # squares of large numbers would leave the range
    deviations: Column = x - x.mean()
    return deviations
