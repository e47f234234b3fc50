"""Transport against POT and a dense float64 loop."""

from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.aggregates import transport_costs
from simtool.aggregates.assignment import optimal
from simtool.aggregates.transport import sinkhorn
from simtool.backend import choose_backend
from simtool.errors import DataError, ParameterError, ResourceError, ShapeError

NUMPY = {"backend": choose_backend("numpy")}
TORCH = {"backend": choose_backend("torch")}
X, Y = np.cos(1.0 + 1.7 * np.arange(12).reshape(4, 3)), np.sin(2.0 + 1.3 * np.arange(15).reshape(5, 3))


def cosines(x, y):
    x, y = (v.astype(float) for v in (x, y))
    x, y = (v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-8) for v in (x, y))
    return x @ y.T


# POT 0.9.5: P = ot.sinkhorn(a, b, 1 - cosine, epsilon, "sinkhorn_log", numItermax=10**6, stopThr=1e-15), sum(P * C)
POT = [
    (0.05, None, 0.27301928115792423),
    (0.05, [1, 2, 3, 4], 0.3091455563612186),
    (0.5, None, 0.43440019408181235),
    (0.5, [1, 2, 3, 4], 0.4340334114748343),
]


@pytest.mark.parametrize("options", [NUMPY, TORCH])
@pytest.mark.parametrize(("epsilon", "weights", "cost"), POT)
@pytest.mark.parametrize(("tile", "kept"), [(1, 1 << 60), (7, 1 << 60), (7, 4), (1 << 21, 4)])
def test_the_cost_is_that_of_pot(monkeypatch, options, epsilon, weights, cost, tile, kept):
    monkeypatch.setattr(transport_costs, "TILE", tile)
    monkeypatch.setattr(transport_costs, "KEPT", kept)
    found = sinkhorn(X, Y, epsilon=epsilon, weights_a=weights and np.asarray(weights), **options)
    assert found.cost == pytest.approx(cost, abs=1e-9)
    assert found.similarity == found.score == 1 - found.cost
    assert found.violation <= 1e-10
    turned = sinkhorn(Y, X, epsilon=epsilon, weights_b=weights and np.asarray(weights), **options)
    assert turned.cost == pytest.approx(cost, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 12), m=st.integers(1, 12), d=st.integers(1, 6))
def test_the_plan_is_optimal_for_its_marginals(seed, n, m, d):
    # plain scaling in float64, far beyond what the marginals need
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, d)), rng.normal(size=(m, d))
    cost = 1 - cosines(x, y)
    kernel, u, v = np.exp(-cost / 0.5), np.ones(n), np.ones(m)
    for _ in range(3000):
        u = 1 / n / (kernel @ v)
        v = 1 / m / (kernel.T @ u)
    plan = u[:, None] * kernel * v[None, :]
    assert sinkhorn(x, y, epsilon=0.5, **NUMPY).cost == pytest.approx(float((plan * cost).sum()), abs=1e-8)


def test_small_epsilon_leads_to_the_assignment():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 8, 3))
    assert sinkhorn(x, y, epsilon=0.002, **NUMPY).similarity == pytest.approx(optimal(x, y, **NUMPY).mean, abs=1e-3)


@pytest.mark.parametrize("options", [NUMPY, TORCH])
def test_a_column_that_no_row_comes_near_is_not_lost(options):
    # exp(-2 / epsilon) is 0 in float64: half of the mass has to go to cost 2 all the same
    x, y = np.asarray([[1.0, 0], [1.0, 0]]), np.asarray([[1.0, 0], [-1.0, 0]])
    assert sinkhorn(x, y, epsilon=0.002, **options).cost == pytest.approx(1.0, abs=1e-12)


def test_an_almost_unique_assignment_converges():
    # plain steps are at 4e-5 after 10 000 of them
    rng = np.random.default_rng(0)
    found = sinkhorn(rng.normal(size=(6, 3)), rng.normal(size=(6, 3)), **NUMPY)
    assert found.iterations < 1000
    assert found.violation <= 1e-10


def test_known_costs():
    # two orthogonal rows with themselves: half of the mass is kept at cost 0 with weight e^0, half at 1 with e^(-1/e)
    for epsilon in (0.1, 0.5, 2.0):
        kept = 1 / (1 + exp(-1 / epsilon))
        assert sinkhorn(np.eye(2), np.eye(2), epsilon=epsilon, **NUMPY).cost == pytest.approx(1 - kept, abs=1e-12)
    assert sinkhorn(X[:1], Y, **NUMPY).cost == pytest.approx(float((1 - cosines(X[:1], Y)).mean()), abs=1e-12)
    assert sinkhorn(X, np.zeros((3, 3)), **NUMPY).cost == pytest.approx(1.0, abs=1e-12)  # a zero row has cosine 0


def test_whole_weights_are_repetitions_and_rows_of_no_weight_are_left_out():
    wa, wb = np.asarray([1, 0, 2, 3]), np.asarray([2, 1, 0, 1, 1])
    weighted = sinkhorn(X, Y, weights_a=wa, weights_b=wb, **NUMPY)
    repeated = sinkhorn(np.repeat(X, wa, axis=0), np.repeat(Y, wb, axis=0), **NUMPY)
    assert weighted.cost == pytest.approx(repeated.cost, abs=1e-8)
    changed = X.copy()
    changed[1] = 100.0
    assert sinkhorn(changed, Y, weights_a=wa, weights_b=wb, **NUMPY) == weighted


def test_what_does_not_converge_is_an_error():
    rng = np.random.default_rng(0)
    with pytest.raises(ParameterError, match="after 3 iterations the marginals are off by") as refused:
        sinkhorn(rng.normal(size=(6, 3)), rng.normal(size=(6, 3)), max_iterations=3, **NUMPY)
    assert "raise epsilon above 0.05" in refused.value.hint


def test_half_precision_and_memory_maps(tmp_path):
    np.save(tmp_path / "x.npy", X.astype("f2"))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    wide = X.astype("f2").astype("f8")
    assert sinkhorn(mapped, Y, **NUMPY).cost == pytest.approx(sinkhorn(wide, Y, **NUMPY).cost, abs=1e-12)
    assert optimal(mapped, Y, **NUMPY).mean == pytest.approx(optimal(wide, Y, **NUMPY).mean, abs=1e-12)


@pytest.mark.parametrize(
    ("options", "error", "what"),
    [
        ({"epsilon": 0.0}, ParameterError, "epsilon is 0.0"),
        ({"epsilon": float("nan")}, ParameterError, "epsilon is nan"),
        ({"tolerance": 0.0}, ParameterError, "tolerance is 0.0"),
        ({"max_iterations": 0}, ParameterError, "max_iterations is 0"),
        ({"weights_a": np.ones(3)}, ShapeError, "expected 2 weights"),
        ({"weights_b": np.asarray([1, -1])}, DataError, "weight 1 is -1"),
    ],
)
def test_what_is_refused(options, error, what):
    with pytest.raises(error, match=what):
        sinkhorn(np.eye(2), np.eye(2), **options, **NUMPY)


def test_too_many_pairs_are_refused(monkeypatch):
    with pytest.raises(ResourceError, match="at most 536,870,912 pairs can be moved"):
        sinkhorn(np.broadcast_to(1.0, (30_000, 2)), np.broadcast_to(1.0, (20_000, 2)), **NUMPY)


def test_progress_counts_iterations():
    seen = []
    found = sinkhorn(X, Y, progress=lambda *n: seen.append(n), **NUMPY)
    assert seen == [(i + 1, 10_000) for i in range(found.iterations)]
