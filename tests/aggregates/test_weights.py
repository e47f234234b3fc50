"""Weights as shares, weighted means and harmonic means against fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtool.aggregates.weights import harmonic_mean, mean_of, shares
from simtool.errors import DataError, ShapeError

WEIGHTS = st.lists(st.integers(0, 50), min_size=1, max_size=20).filter(any)


@given(WEIGHTS, st.sampled_from([1.0, 1e300, 1e-300]))
def test_shares_are_fractions_of_the_sum(weights, scale):
    found = shares(np.asarray(weights) * scale, len(weights), "«weights_a»")
    assert found.tolist() == pytest.approx([float(Fraction(w, sum(weights))) for w in weights], rel=1e-14)
    assert shares(None, len(weights), "«weights_a»") is None


@given(WEIGHTS)
def test_a_mean_is_that_of_fractions_and_within_the_extremes(weights):
    values = np.random.default_rng(len(weights)).normal(size=len(weights))
    expected = sum(Fraction(v) * w for v, w in zip(values.tolist(), weights, strict=True)) / sum(weights)
    found = mean_of(values, shares(np.asarray(weights), len(weights), ""))
    assert found == pytest.approx(float(expected), abs=1e-15)
    assert values.min() <= found <= values.max()
    assert mean_of(np.full(7, 0.1), None) == 0.1


def test_a_harmonic_mean_is_nothing_unless_both_are_positive():
    found = harmonic_mean(np.asarray([0.5, 0.1, -0.2, 0.0, np.nan]), np.asarray([0.25, 0.1, 0.9, 1.0, 1.0]))
    assert found[:4].tolist() == [pytest.approx(1 / 3, abs=1e-16), 0.1, 0.0, 0.0]
    assert np.isnan(found[4])


@pytest.mark.parametrize(
    ("weights", "error", "what"),
    [
        ([1, 2], ShapeError, "expected 3 weights"),
        ([1, -1, 0], DataError, "weight 1 is -1"),
        ([0, 0, 0], DataError, "all weights are 0"),
        ([1, np.nan, 1], DataError, "weight 1 is nan"),
        (["a", "b", "c"], DataError, "expected numbers"),
    ],
)
def test_weights_that_are_refused(weights, error, what):
    with pytest.raises(error, match=what):
        shares(np.asarray(weights), 3, "«weights_a»")
