"""d' against its formula, in fractions where float64 is short."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from scored_samples import sample

from simtool.evaluation.threshold_metrics import pair_measures
from simtool.statistics.counts import counts_of


@pytest.mark.parametrize("seed", range(3))
def test_d_prime_by_its_formula(seed):
    scores, similar = sample("random", seed)
    hit, miss = scores[similar], scores[~similar]
    expected = (hit.mean() - miss.mean()) / np.sqrt((hit.var() + miss.var()) / 2)
    assert pair_measures(counts_of(scores, similar))["d_prime"].value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("closer", [True, False])
@pytest.mark.parametrize(
    "scores",
    [
        [1 + 2.0**-52 * step for step in (9, 4, 6, 0, 1, 3, 2)],
        [1e200, -3e200, 2e200, 5e199, -1e200, 4e200, -2e200],
        [1.7e308, -1.7e308, 1e308, -1.6e308, 0.0, 1.1e308, -1.2e308],
        [3e-300, 1e-300, 2e-300, 5e-301, 7e-300, 0.0, 4e-300],
        [1e16, 1e16 + 2, 1e16 + 8, 1e16 + 4, 1e16 + 6, 1e16 - 4, 1e16],
    ],
)
def test_d_prime_of_very_close_and_very_large_scores_is_that_of_fractions(scores, closer):
    similar = [True, True, True, False, False, False, True]
    sides = [
        [Fraction(score) for score, one in zip(scores, similar, strict=True) if one is side] for side in (True, False)
    ]
    means = [sum(side) / len(side) for side in sides]
    spreads = [sum((one - mean) ** 2 for one in side) / len(side) for side, mean in zip(sides, means, strict=True)]
    gap, half = means[0] - means[1], sum(spreads) / 2
    # the root of a fraction beyond float64, by that of its square in units
    expected = math.copysign(math.sqrt(gap**2 / half), gap if closer else -gap)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measures = pair_measures(counts_of(scores, similar, larger_is_closer=closer))
    assert measures["d_prime"].value == pytest.approx(expected, rel=1e-12)


def test_d_prime_beyond_float64_is_undefined():
    assert pair_measures(counts_of([1e300, 1e300, 1e-300, 0.0], [1, 1, 0, 0]))["d_prime"].value is None
