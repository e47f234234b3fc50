"""Permutation nulls against their definition and scipy."""

from math import isnan

import numpy as np
import pytest
from scipy import stats

from simtool.statistics.permutation import Null, flipped_p, permutations, permuted_null


@pytest.mark.parametrize("larger", [True, False])
def test_a_null_is_its_definition(larger):
    drawn = np.asarray([0.1, 0.4, np.nan, 0.4, 0.9])
    found = Null.of(drawn, 0.4, larger=larger)
    known = drawn[~np.isnan(drawn)]
    extreme = sum(value >= 0.4 if larger else value <= 0.4 for value in known)
    assert found == (Null(known.mean(), known.std(ddof=1), (1 + extreme) / 5))


def test_scores_that_rounding_tells_apart_are_equal():
    assert Null.of(np.asarray([0.3, 0.1 + 0.2]), 0.1 + 0.2, larger=True).p == 1.0


def test_what_is_undefined_is_no_number():
    for drawn, score in ((np.full(3, np.nan), 1.0), (np.ones(3), np.nan)):
        assert all(map(isnan, (Null.of(drawn, score, larger=True).p, Null.of(drawn, score, larger=True).baseline)))
    assert isnan(Null.of(np.ones(1), 1.0, larger=True).sd)


def test_the_p_of_a_correlation_is_that_of_scipy():
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    y = 0.3 * x + rng.normal(size=60)
    found = permuted_null(lambda order: float(x @ y[order]), 60, 4000, 0, larger=True)
    peer = stats.permutation_test(
        (y,), lambda y: float(x @ y), permutation_type="pairings", n_resamples=4000, alternative="greater", rng=rng
    )
    assert found.p == pytest.approx(peer.pvalue, abs=0.01)
    assert found.baseline == pytest.approx(x.sum() * y.sum() / 60, abs=4 * found.sd / 4000**0.5)


def test_a_seed_decides():
    drawn = [[order.tolist() for order in permutations(9, 3, seed)] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert all(sorted(order) == list(range(9)) for order in drawn[0])


def test_the_p_value_of_flipped_signs_is_that_of_all_of_them():
    """10 differences have 1024 signs, which scipy goes through."""
    from scipy.stats import permutation_test

    differences = np.random.default_rng(4).normal(0.4, 1, 10)
    exact = permutation_test(
        (differences, np.zeros(10)), lambda a, b, axis: np.mean(a - b, axis=axis), permutation_type="samples"
    )
    assert flipped_p(differences, 20_000, seed=0) == pytest.approx(exact.pvalue, abs=0.01)
