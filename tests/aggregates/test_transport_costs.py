"""Iterations on float32 terms against plain scaling in float64."""

import numpy as np
import pytest

from simtool.aggregates import transport_costs
from simtool.aggregates.transport_costs import ScaledKernel
from simtool.backend import choose_backend

rng = np.random.default_rng(5)
X, Y = (
    rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (rng.normal(size=(30, 4)), rng.normal(size=(20, 4)))
)
A, B = (weights / weights.sum() for weights in (rng.uniform(0.1, 1, 30), rng.uniform(0.1, 1, 20)))


def change(g, epsilon):
    """Return the logarithm of the column sums of the plan as shares of their weights, in float64."""
    terms = np.exp((X @ Y.T + g) / epsilon) * B
    return np.log((A / terms.sum(axis=1)) @ terms) - np.log(B)


def ticks(count):
    counts = iter(range(count))
    return lambda: next(counts, None) is not None


def kernel(epsilon, name="numpy", room=1 << 30):
    backend = choose_backend(name)
    x, y, a, log_b = (backend.put(values) for values in (X, Y, A, np.log(B)))
    return backend, ScaledKernel(x, y, a, log_b, epsilon, backend, room, 2 if name == "numpy" else 1)


@pytest.mark.parametrize("name", ["numpy", "torch"])
@pytest.mark.parametrize(("tile", "piece", "room"), [(1, 1, 0), (1 << 21, 1 << 16, 1 << 30), (60, 7, 1 << 30)])
def test_float32_alone_is_close_and_the_exact_change_makes_it_exact(monkeypatch, name, tile, piece, room):
    monkeypatch.setattr(transport_costs, "TILE", tile)
    monkeypatch.setattr(transport_costs, "WIDENED", piece)
    backend, rough = kernel(0.05, name, room)
    first = rough.approach(backend.put(np.zeros(20)), None, 1e-12, ticks(10_000))
    off = change(backend.get(first), 0.05)
    assert 1e-10 < np.abs(off).max() < 1e-4
    second = rough.approach(first, backend.put(off), 1e-13, ticks(10_000))
    assert np.abs(change(backend.get(second), 0.05)).max() < 1e-9


def test_a_factor_that_grows_is_taken_into_the_terms(monkeypatch):
    monkeypatch.setattr(transport_costs, "LARGEST", 0.5)
    _, rough = kernel(0.05)
    g, counts = np.zeros(20), ticks(10_000)
    for _ in range(50):
        g = rough.approach(g, None, 1e-9, counts)
    assert np.abs(change(g, 0.05)).max() < 1e-4


def test_a_column_that_is_lost_to_underflow_is_left_to_an_exact_pass():
    _, rough = kernel(0.001)
    assert (rough.approach(np.zeros(20), None, 1e-9, ticks(5)) == 0).all()


def test_no_iteration_is_left():
    _, rough = kernel(0.05)
    assert (rough.approach(np.ones(20), None, 1e-9, ticks(0)) == 1).all()
