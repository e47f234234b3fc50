"""Rows that reach a threshold, and rows closer than one, by tiles of every size, against the whole matrix."""

import numpy as np
import pytest

from simtool.backend import choose_backend
from simtool.engine import Exclusion, Input, Kernel, PairwiseJob, budget_of, reduce_pairs
from simtool.engine import plan as tiles
from simtool.evaluation.reached import Closer, Reaching
from simtool.metrics import metric_of

X = np.random.default_rng(0).normal(size=(90, 5))
UNIT = X / np.linalg.norm(X, axis=1, keepdims=True)
COSINES = UNIT @ UNIT.T


@pytest.fixture(params=[(1024, 4096), (16, 32), (7, 9)])
def tiled(request, monkeypatch):
    monkeypatch.setattr(tiles, "QUERY_BLOCK", request.param[0])
    monkeypatch.setattr(tiles, "CORPUS_BLOCK", request.param[1])


def kernel(dtype="float64", backend="numpy"):
    return Kernel("cosine", dtype, False, choose_backend(backend))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_what_reaches_a_threshold_comes_closest_first(tiled, bidirectional, backend):
    queries = np.arange(90) if bidirectional else np.asarray([3, 40, 89])
    thresholds = np.where(queries % 5 == 0, np.inf, np.where(queries % 3 == 0, -np.inf, 0.4))
    reaching = Reaching(queries, thresholds, np.full(len(queries), 90.0), bidirectional)
    reduce_pairs(X[queries], X, kernel(backend=backend), reaching, budget=budget_of("1G"))
    found = reaching.sorted()
    for place, query in enumerate(queries):
        others = np.argsort(-COSINES[query])
        expected = [row for row in others if row != query and COSINES[query, row] >= thresholds[place]]
        own = found.query == place
        assert found.row[own].tolist() == expected
        assert found.rank[own].tolist() == list(range(1, len(expected) + 1))
        np.testing.assert_allclose(found.proxy[own], COSINES[query, expected], rtol=0, atol=1e-9 + found.step[place])


def test_a_query_that_too_many_reach_is_given_up(tiled):
    reaching = Reaching(np.asarray([0, 1]), np.asarray([-1.0, 0.5]), np.asarray([10.0, 90.0]))
    reduce_pairs(X[:2], X, kernel(), reaching, budget=budget_of("1G"))
    assert reaching.count[0] > 10
    assert set(reaching.sorted().query.tolist()) == {1}


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_closer_rows_are_counted_and_equals_by_their_number(tiled, metric, backend):
    x = np.concatenate([X[:60], X[:30]])  # equal rows
    side, none = Input.of_rows(x), Exclusion.of_rows(90, 90)
    job = PairwiseJob(side, side, metric_of(metric), none, True, "auto", choose_backend(backend), budget_of("1G"))
    far = job.pairs(x, x).score(*np.divmod(np.arange(8100), 90)).reshape(90, 90)
    far = -far if metric == "cosine" else far
    numbers = np.random.default_rng(3).permutation(90)
    queries, row = np.asarray([0, 35, 61, 89]), np.asarray([60, 7, 2, 40])
    closer = Closer(job, numbers, queries, row, far[queries, row])
    narrow = Kernel(metric, "float32", False, job.backend, center=x.mean(axis=0) if metric == "euclidean" else None)
    reduce_pairs(x[queries], x, narrow, closer, budget=budget_of("1G"))
    for place, (query, other) in enumerate(zip(queries, row, strict=True)):
        before = (far[query] < far[query, other]) | ((far[query] == far[query, other]) & (numbers < numbers[other]))
        before[query] = False
        assert closer.count[place] == before.sum()
