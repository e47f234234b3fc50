"""How a plan is come to: with and without steps of Newton's and float32 terms it is the same one."""

import numpy as np
import pytest

from simtool.aggregates import transport_costs, transport_plan
from simtool.aggregates.transport import sinkhorn
from simtool.backend import choose_backend
from simtool.errors import ParameterError

NUMPY = {"backend": choose_backend("numpy")}
TORCH = {"backend": choose_backend("torch")}
X, Y = np.cos(1.0 + 1.7 * np.arange(12).reshape(4, 3)), np.sin(2.0 + 1.3 * np.arange(15).reshape(5, 3))


def test_a_newton_step_is_not_needed_where_there_are_too_many_rows(monkeypatch):
    expected = sinkhorn(X, Y, epsilon=0.5, **NUMPY)
    monkeypatch.setattr(transport_plan, "SOLVED", 0)
    plain = sinkhorn(X, Y, epsilon=0.5, **NUMPY)
    assert plain.cost == pytest.approx(expected.cost, abs=1e-9)
    assert plain.iterations > expected.iterations


@pytest.mark.parametrize("options", [NUMPY, TORCH])
@pytest.mark.parametrize("epsilon", [0.002, 0.02, 0.5])
@pytest.mark.parametrize("kept", [4, 1 << 60])
def test_float32_terms_lead_to_the_same_plan(monkeypatch, options, epsilon, kept):
    # clusters that have to share partners, and weights that differ by orders of magnitude
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(4, 6))
    x, y = (np.repeat(centres, 10, axis=0) + 0.3 * rng.normal(size=(40, 6)) for _ in range(2))
    weights = {"weights_a": 10.0 ** rng.uniform(-4, 0, 40), "weights_b": 10.0 ** rng.uniform(-4, 0, 40)}
    expected = sinkhorn(x, y, epsilon=epsilon, tolerance=1e-12, **weights, **options)
    monkeypatch.setattr(transport_plan, "SOLVED", 0)
    monkeypatch.setattr(transport_costs, "KEPT", kept)
    found = sinkhorn(x, y, epsilon=epsilon, max_iterations=200_000, **weights, **options)
    assert found.violation <= 1e-10
    assert found.cost == pytest.approx(expected.cost, abs=1e-8)


def test_iterations_in_float32_count_and_end():
    rng = np.random.default_rng(0)
    x, y, seen = rng.normal(size=(1100, 2)), rng.normal(size=(1030, 2)), []
    with pytest.raises(ParameterError, match="after 30 iterations the marginals are off by"):
        sinkhorn(x, y, epsilon=0.01, max_iterations=30, progress=lambda *n: seen.append(n), **NUMPY)
    assert seen == [(i + 1, 30) for i in range(30)]
