"""Ranks of hits against a sort of exact scores: equal rows, classes of every size, any metric, both ways of a sweep."""

import numpy as np
import pytest

from simtool.backend import choose_backend
from simtool.engine import Exclusion, Input, PairwiseJob, budget_of, reduce_pairs
from simtool.evaluation import hit_ranks as module
from simtool.evaluation.hit_ranks import HitRanks
from simtool.metrics import metric_of


def space(kind, seed=0, n=400):
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, {"few": 2, "many": 180, "one of each": n}.get(kind, 12), n)
    x = rng.normal(size=(classes.max() + 1, 6))[classes] + rng.normal(size=(n, 6))
    if kind == "equal":
        x[50:150] = x[0]
    if kind == "close":
        x = np.ones(6) + 1e-7 * x
    return x.astype(np.float32 if kind in ("usual", "few") else np.float64), classes


def job_of(x, metric, backend="numpy"):
    side, none = Input.of_rows(x), Exclusion.of_rows(len(x), len(x))
    return PairwiseJob(side, side, metric_of(metric), none, True, "auto", choose_backend(backend), budget_of("1G"))


def by_sort(job, classes, numbers):
    """The ranks of the hits of each row, from all exact scores."""
    x = job.a.rows
    n = len(x)
    far = job.pairs(x, x).score(*np.divmod(np.arange(n * n), n)).reshape(n, n)
    far = -far if job.metric.larger_is_closer else far
    ranks = {}
    for query in range(n):
        order = np.lexsort((numbers, far[query]))
        order = order[order != query]
        ranks[numbers[query]] = np.flatnonzero(classes[order] == classes[query]) + 1
    return ranks


def found_by(ranks, triangle=None):
    found = {}
    ranks.give(lambda query, rank: found.update({q: rank[query == q] for q in np.unique(query)}), None, triangle)
    return found


CASES = [
    *((kind, "cosine", "numpy") for kind in ("usual", "few", "many", "equal", "close", "one of each")),
    *(("usual", metric, "numpy") for metric in ("euclidean", "dot", "manhattan", "angular", "snr")),
    ("equal", "euclidean", "torch"),
]


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("depth", [3, 60, 399])
@pytest.mark.parametrize(("kind", "metric", "backend"), CASES)
def test_ranks_are_those_of_a_sort(kind, metric, backend, depth, bidirectional, monkeypatch):
    monkeypatch.setattr(module, "SAMPLE", 100)
    monkeypatch.setattr(module, "QUERIES", 150)
    x, classes = space(kind)
    numbers = np.random.default_rng(1).permutation(len(x))
    job = job_of(x, metric, backend)
    depths = np.where(np.arange(len(x)) % 7 == 0, 0, depth)
    ranks = HitRanks(job, classes, numbers, depths)
    swept = []

    def triangle(reducer):
        swept.append(reducer)
        reduce_pairs(x, x, ranks.kernel, reducer, budget=job.budget)

    found = found_by(ranks, triangle if bidirectional else None)
    assert len(swept) == (bidirectional and metric != "snr")  # what is not symmetric is read one way
    expected = by_sort(job, classes, numbers)
    for row in np.flatnonzero(depths):
        own = expected[numbers[row]]
        assert found.get(numbers[row], np.empty(0)).tolist() == own[own <= depth].tolist()
    assert not set(found) & set(numbers[depths == 0].tolist())


@pytest.mark.parametrize(("kind", "metric"), [("many", "cosine"), ("equal", "euclidean"), ("many", "angular")])
def test_the_first_hit_is_found_however_far_it_is(kind, metric):
    x, classes = space(kind)
    numbers = np.random.default_rng(2).permutation(len(x))
    job = job_of(x, metric)
    expected = by_sort(job, classes, numbers)
    queries = np.asarray([row for row in range(len(x)) if len(expected[numbers[row]])])
    found = HitRanks(job, classes, numbers, np.ones(len(x), dtype=int)).first(queries)
    assert found.tolist() == [expected[numbers[row]][0] for row in queries]
    assert found.max() > 40


def test_progress_counts_queries(monkeypatch):
    monkeypatch.setattr(module, "QUERIES", 150)
    x, classes = space("usual")
    seen = []
    ranks = HitRanks(job_of(x, "cosine"), classes, np.arange(400), np.full(400, 5))
    ranks.give(lambda *hits: None, lambda *counts: seen.append(counts))
    assert seen == [(150, 400), (300, 400), (400, 400)]
