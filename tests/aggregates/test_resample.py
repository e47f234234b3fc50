"""Rows drawn again: means over drawn rows against the rows themselves."""

import numpy as np
import pytest

from simtool.aggregates import resample as module
from simtool.aggregates.record import Evaluator, Sets
from simtool.aggregates.resample import Resample
from simtool.backend import choose_backend

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(7, 3)), RNG.normal(size=(5, 3))
WEIGHTS = RNG.random(7) + 0.1


def drawn(rows, generator):
    return [generator.integers(0, rows, rows) for _ in range(6)]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("chunk", [4, 1 << 18])
def test_means_are_those_of_the_drawn_rows(weighted, chunk, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", chunk)
    sets = Sets(X, Y, WEIGHTS if weighted else None)
    draw = Resample(Evaluator([], sets, None, 1e-8, choose_backend()), 6, 4)
    generator = np.random.default_rng(4)
    index = drawn(7, generator)
    values, own = RNG.normal(size=7), WEIGHTS if weighted else np.ones(7)
    expected = [np.average(values[rows], weights=own[rows]) for rows in index]
    assert draw.means(0, values).tolist() == pytest.approx(expected, abs=1e-12)
    for unit in (False, True):
        rows = X / np.linalg.norm(X, axis=1, keepdims=True) if unit else X
        whole = [np.average(rows[one], axis=0, weights=own[one]) for one in index]
        np.testing.assert_allclose(draw.mean_rows(0, unit=unit), whole, atol=1e-12)
    other = [np.bincount(one, minlength=5).tolist() for one in drawn(5, generator)]
    assert draw.counts[1].tolist() == other  # the sides are drawn apart
    assert draw.pair_counts(7).tolist() == draw.counts[0].tolist()
