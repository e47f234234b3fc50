"""Exact scores of chosen pairs, in float64 on the host, the same bits wherever the pair was found."""

from dataclasses import dataclass

import numpy as np

from ..metrics import EPS, finish, magnitude, scales_of, terms
from ..results import Column

CHUNK = 1 << 19  # numbers of each side that are gathered and widened at a time


@dataclass(frozen=True)
class Pairs:
    """Scores pairs of rows of two host arrays.

    Args:
        metric: a name of the catalogue.
        a: (n, d) rows as they were read.
        b: (m, d) rows as they were read.
        scaled: whether squares of the inputs may leave float64.
        eps: the least norm that a cosine divides by.
    """

    metric: str
    a: Column
    b: Column
    scaled: bool
    eps: float = EPS

    def score(self, rows: Column, columns: Column) -> Column:
        """Return the float64 scores of the pairs (rows[i], columns[i])."""
        scores = np.empty(len(rows))
        step = max(1, CHUNK // self.a.shape[1])
        for start in range(0, len(rows), step):
            x = self.a[rows[start : start + step]].astype(np.float64)
            y = self.b[columns[start : start + step]].astype(np.float64)
            scales = (np.ones(len(x)), np.ones(len(x)))
            if self.scaled:
                scales = scales_of(self.metric, magnitude(x), magnitude(y))
                x, y = x / scales[0][:, None], y / scales[1][:, None]
            scores[start : start + step] = finish(self.metric, terms(self.metric, x, y), scales, self.eps)
        return scores


def best_of(rows: Column, columns: Column, scores: Column, k: int, *, larger_is_closer: bool) -> Column:
    """Return the places of the k best pairs of each row, rows ascending, then best first, ties by column."""
    order = np.lexsort((columns, -scores if larger_is_closer else scores, rows))
    ranked = rows[order]
    rank = np.arange(len(order)) - np.searchsorted(ranked, ranked)
    return order[rank < k]
