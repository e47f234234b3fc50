"""Exact scores of chosen pairs, in float64 on the host, the same bits wherever the pair was found."""

from dataclasses import dataclass, field

import numpy as np

from ..backend import quiet
from ..metrics import EPS, finish, magnitude, scales_of, terms
from ..results import Column
from .overlap import overlapped, processors

CHUNK = 1 << 18  # numbers of each side that are gathered and widened at a time, small enough for a core's cache


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
    workers: int = field(default_factory=processors)

    def score(self, rows: Column, columns: Column) -> Column:
        """Return the float64 scores of the pairs (rows[i], columns[i])."""
        step = max(1, CHUNK // self.a.shape[1])
        parts = [(rows[start : start + step], columns[start : start + step]) for start in range(0, len(rows), step)]
        scores = list(overlapped(self._score, parts, self.workers))
        return np.concatenate(scores) if scores else np.empty(0)

    def _score(self, part: tuple[Column, Column]) -> Column:
        with quiet():
            x, y = self.a[part[0]].astype(np.float64), self.b[part[1]].astype(np.float64)
            scales = (np.ones(len(x)), np.ones(len(x)))
            if self.scaled:
                scales = scales_of(self.metric, magnitude(x), magnitude(y))
                x, y = x / scales[0][:, None], y / scales[1][:, None]
            scores: Column = finish(self.metric, terms(self.metric, x, y), scales, self.eps)
            return scores


def best_of(rows: Column, columns: Column, scores: Column, k: int, *, larger_is_closer: bool) -> Column:
    """Return the places of the k best pairs of each row, rows ascending, then best first, ties by column."""
    order = np.lexsort((columns, -scores if larger_is_closer else scores, rows))
    ranked = rows[order]
    rank = np.arange(len(order)) - np.searchsorted(ranked, ranked)
    return order[rank < k]
