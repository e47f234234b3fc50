"""The order of listed pairs and of ties: by row, closest first, and of equal scores the smaller column first."""

import numpy as np

from ..results import Column


def best_of(rows: Column, columns: Column, scores: Column, k: int, *, larger_is_closer: bool) -> Column:
    """Return the places of the k best pairs of each row, rows ascending, then best first, ties by column."""
    narrow = rows.astype(np.min_scalar_type(int(rows.max(initial=0))))  # numpy is fast at 16 bits
    order = np.lexsort((columns, -scores if larger_is_closer else scores, narrow))
    ranked = rows[order]
    rank = np.arange(len(order)) - np.searchsorted(ranked, ranked)
    return order[rank < k]


def closest_of_all(rows: Column, columns: Column, scores: Column, count: int, *, larger_is_closer: bool) -> Column:
    """Return the places of the closest pairs of all, closest first, ties by row, then by column."""
    return np.lexsort((columns, rows, -scores if larger_is_closer else scores))[:count]
