"""Retrieval by class: every row asks for the others of its class, and is left out of its own answer.

With R the other rows of the class, hits(k) those among the k closest, and P(k) = hits(k) / k:

    precision@k = P(k)                    recall@k = hits(k) / R            hit@k = 1 if hits(k) > 0 else 0
    r_precision = P(R)                    map@r = sum over hits at rank i <= R of P(i), / R
    mrr = 1 / rank of the first hit       ndcg@k = sum over hits at rank i <= k of 1 / log2(i + 1), / its largest

Each is the mean over the rows with R > 0. Equal scores rank by row number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..engine import PairwiseJob
from ..results import Column, Progress
from .hit_ranks import HitRanks, Sweep

KS = (1, 5, 10)
MOST_HITS = 200_000_000  # ranked rows after which whole classes are too many to rank
OF_K = ("precision", "recall", "hit", "ndcg")
WHOLE = ("map@r", "r_precision", "mrr")


@dataclass(frozen=True)
class Retrieval:
    """Measures of every row that has others of its class.

    Args:
        queries: (q,) row numbers.
        values: name -> (q,) in [0, 1]; measures of whole classes are missing where those are too large.
    """

    queries: Column
    values: dict[str, Column]

    def means(self) -> dict[str, float | None]:
        """Return the mean of each measure over the queries; None without any."""
        return self._means(slice(None), len(self.queries))

    def resampled(self, rows: Column, n: int) -> dict[str, float | None]:
        """Return the means over the queries among some of the n rows, each as often as it is named."""
        place = np.full(n, -1)
        place[self.queries] = np.arange(len(self.queries))
        asked = place[rows]
        asked = asked[asked >= 0]
        return self._means(asked, len(asked))

    def _means(self, index: Column | slice, count: int) -> dict[str, float | None]:
        return {name: float(np.mean(column[index])) if count else None for name, column in self.values.items()}


def retrieval_names(ks: Sequence[int] = KS) -> list[str]:
    """Return the names of the measures.

    Example:
        >>> retrieval_names([1])
        ['precision@1', 'recall@1', 'hit@1', 'ndcg@1', 'map@r', 'r_precision', 'mrr']
    """
    return [f"{name}@{k}" for name in OF_K for k in sorted(set(ks))] + list(WHOLE)


def retrieval(
    job: PairwiseJob,
    classes: Column,
    numbers: Column,
    *,
    ks: Sequence[int] = KS,
    progress: Progress | None = None,
    triangle: Sweep | None = None,
) -> Retrieval:
    """Rank the rows of a set around each of them.

    Args:
        job: a set with itself.
        classes: (n,) the class of each row, integers from 0.
        numbers: (n,) the number of each row.
        ks: numbers of 1 or more.
        progress: called with the rows that are done and their total.
        triangle: takes a reducer through all pairs i < j of the set, as somebody else has to do anyway.

    Source:
        Musgrave et al. 2020, "A Metric Learning Reality Check", section 4.3, for MAP@R and R-precision; Järvelin and
        Kekäläinen 2002 for nDCG.
    """
    relevant = np.bincount(classes)[classes] - 1
    whole = int(relevant.max(initial=0)) * len(classes) <= MOST_HITS
    # ranks beyond the largest k tell of a query no more than its own relevant rows can
    depth = np.maximum(relevant if whole else 0, min(max(ks), len(classes) - 1)) * (relevant > 0)
    place = np.argsort(numbers)
    sums = _Sums(relevant[place], sorted(set(ks)))
    queries = np.flatnonzero(sums.relevant)
    if len(queries):
        ranks = HitRanks(job, classes, numbers, depth)
        ranks.give(sums.take, progress, triangle)
        left = queries[sums.first[queries] == 0]
        if len(left):
            sums.first[left] = ranks.first(place[left], progress)
    return Retrieval(queries, {name: column[queries] for name, column in sums.measures(whole=whole).items()})


@dataclass
class _Sums:
    """Takes the ranks of hits and keeps what the measures need of each query.

    Args:
        relevant: (n,) R.
        ks: ascending.
    """

    relevant: Column
    ks: list[int]

    def __post_init__(self) -> None:
        n = len(self.relevant)
        self.hits = {k: np.zeros(n) for k in self.ks}
        self.gains = {k: np.zeros(n) for k in self.ks}
        self.first, self.precise, self.at_r = np.zeros(n), np.zeros(n), np.zeros(n)

    def take(self, query: Column, rank: Column) -> None:
        """Take the hits of some queries, those of a query together, in order."""
        size = len(self.relevant)
        starts = np.flatnonzero(np.diff(query, prepend=-1))
        found = np.arange(len(query)) - np.repeat(starts, np.diff(np.append(starts, len(query)))) + 1
        for k in self.ks:
            inside = rank <= k
            self.hits[k] += np.bincount(query[inside], minlength=size)
            self.gains[k] += np.bincount(query[inside], 1 / np.log2(rank[inside] + 1.0), minlength=size)
        inside = rank <= self.relevant[query]
        self.at_r += np.bincount(query[inside], minlength=size)
        self.precise += np.bincount(query[inside], found[inside] / rank[inside], minlength=size)
        self.first[query[starts]] = rank[starts]

    def measures(self, *, whole: bool) -> dict[str, Column]:
        """Return the measures of all rows; those without others of their class mean nothing."""
        others = np.maximum(self.relevant, 1)
        ideal = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(1, min(max(self.ks), len(others)) + 1) + 1.0))])
        columns: dict[str, Column] = {}
        for k in self.ks:
            columns[f"precision@{k}"] = self.hits[k] / k
            columns[f"recall@{k}"] = self.hits[k] / others
            columns[f"hit@{k}"] = (self.hits[k] > 0).astype(np.float64)
            columns[f"ndcg@{k}"] = self.gains[k] / ideal[np.minimum(others, k)]
        if whole:
            columns |= {"map@r": self.precise / others, "r_precision": self.at_r / others}
        return {**columns, "mrr": 1 / np.maximum(self.first, 1)}
