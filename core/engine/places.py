"""Places of tiles that may matter, with the bounds of their scores."""

from typing import NamedTuple, Self

import numpy as np

from ..results import Column

SPARSE = 1 << 22  # places of a table of rows by rank that may be empty for the most part
Hits = tuple[Column, Column, Column]  # query, neighbour and what belongs to the pair


class Found(NamedTuple):
    """Places that may matter.

    Args:
        query: (n,) int64.
        neighbour: (n,) int64.
        least: (n,) float64 lower bounds of their exact proxy score.
        most: (n,) upper bounds.
    """

    query: Column
    neighbour: Column
    least: Column
    most: Column

    @classmethod
    def of(cls, parts: list["Found"]) -> Self:
        """Return the places of all parts, one part after the other."""
        if not parts:
            return cls(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def where(self, keep: Column) -> Self:
        """Return the places that are kept."""
        return type(self)(*(column[keep] for column in self))


def kth_largest(queries: Column, values: Column, count: int, k: int) -> Column:
    """Return the k-th largest value of each of `count` queries; -inf for one with fewer, or where few have nearly all.

    Args:
        queries: (n,) numbers below `count`, in any order.
        values: (n,) float64.
        count: how many queries there are.
        k: at least 1.
    """
    each = np.bincount(queries, minlength=count)
    width = int(each.max(initial=0))
    if width < k or count * width > max(8 * len(queries), SPARSE):
        return np.full(count, -np.inf)
    order = np.argsort(queries.astype(np.min_scalar_type(count)), kind="stable")  # numpy is fast at 16 bits
    rank = np.arange(len(order)) - np.repeat(np.cumsum(each) - each, each)
    table = np.full((count, width), -np.inf)
    table[queries[order], rank] = values[order]
    table.sort(axis=1)  # a partition takes ten times as long where most are -inf
    return table[:, width - k]
