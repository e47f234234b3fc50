"""What is drawn together where held-out examples are resampled, so that an interval covers what it says.

Examples that share a vector or an id are not independent. While they form enough groups, whole groups are drawn, which
is exact. Where they hang together more closely, as pairs of a few items do, the items that several examples share are
drawn, and an example counts as often as all of them: the pigeonhole bootstrap, whose intervals are rather too wide
than too narrow. With few of either no interval is honest, and there is none.
"""

import numpy as np

from ..results import Column
from .split import components

LEAST = 20  # with fewer independent ones, percentile intervals of 95 % hold the truth in less than 90 % of cases


def units_of(nodes: Column) -> Column:
    """Return what is drawn together, as numbers: each example is there as often as its different units, multiplied.

    Args:
        nodes: (n, k) what each example touches, as `vector_nodes` gives it.

    Returns:
        (n, 1) or (n, k) int64 from 0, each row ascending.

    Source:
        Owen 2007, "The pigeonhole bootstrap", for examples that share items.

    Example:
        >>> units_of(np.asarray([[0, 3], [0, 4], [1, 5]])).tolist()
        [[1, 1], [1, 1], [0, 0]]
    """
    groups = components(nodes)[:, None]
    if effective(groups) >= LEAST:
        return groups
    # items of the same examples are one: what they touch adds up to the same sum
    touched = np.ascontiguousarray(nodes.T)
    first = [~(column == touched[:number]).any(axis=0) for number, column in enumerate(touched)]
    marks = np.random.default_rng(0).integers(1 << 62, size=len(nodes))
    sums, counts = np.zeros((2, int(nodes.max()) + 1), dtype=np.int64)
    for column, new in zip(touched, first, strict=True):
        np.add.at(sums, column[new], marks[new])
        np.add.at(counts, column[new], 1)
    shared = counts[nodes] > 1
    others = np.where(shared.any(axis=1), np.where(shared, sums[nodes], np.iinfo(np.int64).min).max(axis=1), marks)
    units = np.where(shared, sums[nodes], others[:, None])
    numbered: Column = np.unique(units, return_inverse=True)[1].reshape(nodes.shape)
    return np.sort(numbered, axis=1)


def effective(units: Column) -> float:
    """Return how many units of one size would be as good: (sum of sizes)^2 / sum of their squares.

    Args:
        units: (n, k) what is drawn together.

    Example:
        >>> effective(np.asarray([[0], [0], [0], [1]]))
        1.6
    """
    sizes = np.bincount(units[_new(units)]).astype(np.float64) if units.size else np.zeros(1)
    return float(sizes.sum() ** 2 / max(1.0, (sizes**2).sum()))


def weights_of(units: Column, index: Column, count: int) -> Column:
    """Return (n,) how often each example is there where the units of an index were drawn."""
    often = np.bincount(index, minlength=count).astype(np.float64)
    weights: Column = np.where(_new(units), often[units], 1.0).prod(axis=1)
    return weights


def _new(units: Column) -> Column:
    """Return which units of ascending rows are not the one before."""
    new: Column = np.diff(units, axis=1, prepend=-1) != 0
    return new
