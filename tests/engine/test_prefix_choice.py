"""When a scan multiplies prefixes: told by a sample of the rows, with costs that the tests set."""

import numpy as np
import pytest

import simtool
from simtool.backend import choose_backend
from simtool.engine import Exclusion, calibration, precision_choice, prefix_choice, scan_costs
from simtool.engine.kernels import Kernel
from simtool.engine.prefix_choice import sample_of
from simtool.engine.reach import Reach
from simtool.metrics import int8
from simtool.metrics.precision import BFLOAT16, FLOAT32

N, M, DIMS = 300, 3000, 64


@pytest.fixture(autouse=True)
def costs(monkeypatch):
    """Products at 100 times their usual cost, so that small jobs are worth a sample."""
    monkeypatch.setattr(precision_choice, "SMALL", 0.0)
    monkeypatch.setattr(scan_costs, "processor_features", lambda: frozenset({"avx2"}))
    monkeypatch.setattr(prefix_choice, "LARGE", 0)
    monkeypatch.setattr(int8, "is_installed", lambda: False)
    monkeypatch.setattr(calibration, "operation_seconds", lambda precision, backend, dims: 8e-10)


def rows(size, *, falls, seed=0):
    """Rows that fill their space, or of which a few dims hold most of the length."""
    return np.random.default_rng(seed).normal(size=(size, DIMS)) * (0.85 if falls else 1.0) ** np.arange(DIMS)


def kernel(metric="cosine", **options):
    return Kernel(metric, "float32", False, choose_backend("numpy"), **options)


@pytest.mark.parametrize("task", [{"top_k": 5}, {"threshold": 0.9}, {"max_pairs": 10}])
@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_rows_of_a_few_long_dims_are_cut_and_others_are_not(task, metric):
    if metric == "euclidean" and "threshold" in task:
        task = {"threshold": 0.5}
    if metric == "dot" and "threshold" in task:
        task = {"threshold": 12.0}
    for falls in (True, False):
        a, b = rows(N, falls=falls, seed=1), rows(M, falls=falls)
        result = simtool.pairwise(a.astype(np.float32), b.astype(np.float32), metric=metric, **task)
        assert ("prefix" in result.parameters["scan"]) == falls


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_few_dims_are_not_cut(dims):
    rows_a, rows_b = rows(N, falls=True, seed=1)[:, :dims], rows(M, falls=True)[:, :dims]
    result = simtool.pairwise(rows_a, rows_b, metric="euclidean", top_k=1)
    distances = np.linalg.norm(rows_a[:, None] - rows_b, axis=2)
    assert "prefix" not in result.parameters["scan"]
    assert np.array_equal(result.rows.read(0, N)["b"], distances.argmin(axis=1))


def test_the_dims_of_a_prefix_are_in_the_parameters():
    found = simtool.pairwise(*(rows(size, falls=True).astype("f4") for size in (N, M)), top_k=5).parameters["scan"]
    assert found in {f"float32, numpy, prefix {length} of {DIMS}" for length in (16, 32)}


def test_a_pair_that_takes_long_to_score_asks_for_a_longer_prefix(monkeypatch):
    a, b = rows(N, falls=True, seed=1), rows(M, falls=True)
    lengths = []
    for seconds in (1e-9, 1e-3):
        monkeypatch.setattr(prefix_choice, "PAIR_SECONDS", seconds)
        _, rotation = sample_of(kernel(), a, b, Reach(5), 1).cheapest(FLOAT32, 1e-11)
        lengths.append(rotation.prefix)
    assert lengths[0] < lengths[1]


def test_ranking_counts_where_every_query_has_its_own_best_places(monkeypatch):
    a, b = rows(N, falls=True, seed=1), rows(M, falls=True)
    for reach, counts in ((Reach(5), True), (Reach(0.1, of_all=True), False), (Reach(least=0.9), False)):
        seconds = []
        for each in (0.0, 2.0):
            monkeypatch.setattr(prefix_choice, "ROW_SECONDS", each)
            seconds.append(sample_of(kernel(), a, b, reach, 1).cheapest(FLOAT32, 1e-11)[0])
        assert seconds[1] - seconds[0] == pytest.approx(2.0 * N if counts else 0.0)


def test_the_share_of_pairs_that_is_left_is_that_of_the_matrix():
    a, b = rows(N, falls=True, seed=1), rows(M, falls=True)
    sample = sample_of(kernel("dot"), a, b, Reach(least=2.5), 1)
    turn = sample.directions[:, :16]
    cut = [np.linalg.norm(side - side @ turn @ turn.T, axis=1) for side in (a, b)]
    upper = (a @ turn) @ (b @ turn).T + np.outer(*cut)
    shares = dict(sample._survivors(FLOAT32))
    assert shares[16] == pytest.approx((upper >= 2.5).mean(), rel=0.3)
    assert shares[32] <= shares[16]
    assert dict(sample._survivors(BFLOAT16))[16] >= shares[16]


def test_what_needs_all_scores_is_not_cut():
    a, b = rows(N, falls=True), rows(M, falls=True)
    assert sample_of(kernel(), a, b, Reach(5), 1) is not None
    assert sample_of(kernel(), a, b, Reach(5, by_column=True), 1) is None
    assert sample_of(kernel(), a, b, Reach(M // 4), 1) is None
    assert sample_of(kernel("manhattan"), a, b, Reach(5), 1) is None
    assert sample_of(kernel(), a[:, :8], b[:, :8], Reach(5), 1) is None


def test_rows_of_nan_zeros_and_pairs_left_out_are_no_survivors():
    a = rows(M, falls=True)
    a[::3] = np.nan
    a[1::8] = 0.0
    excluded = Exclusion.of_rows(M, M)
    seconds, rotation = sample_of(kernel(), a, a, Reach(5, excluded=excluded, joined=True), 1).cheapest(FLOAT32, 8e-10)
    assert np.isfinite(seconds)
    assert rotation.is_exact
    a[:] = np.nan
    assert sample_of(kernel(), a, a, Reach(5), 1) is None
