"""Correlations against scipy."""

import numpy as np
import pytest
from scipy import stats

from simtool.statistics.correlation import inversions, kendall, pearson, spearman
from simtool.statistics.ranks import average_ranks

PEERS = {spearman: stats.spearmanr, pearson: stats.pearsonr, kendall: stats.kendalltau}


@pytest.mark.parametrize("decimals", [8, 1, 0])
@pytest.mark.parametrize("size", [2, 3, 10, 353, 2000])
@pytest.mark.parametrize("ours", PEERS)
def test_against_scipy(ours, size, decimals):
    rng = np.random.default_rng(size + decimals)
    x = rng.normal(size=size).round(decimals)
    y = (x + rng.normal(size=size)).round(1)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert ours(x, y) is None
        return
    assert ours(x, y) == pytest.approx(PEERS[ours](x, y).statistic, abs=1e-12)


@pytest.mark.parametrize("ours", PEERS)
def test_laws(ours):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 50))
    assert ours(x, x) == pytest.approx(1, abs=1e-15)
    assert ours(x, -x) == pytest.approx(-1, abs=1e-15)
    assert ours(x, y) == pytest.approx(ours(y, x), abs=1e-15)
    assert ours(1e200 * x, y) == pytest.approx(ours(x, y), abs=1e-12)
    assert ours(x, np.ones(50)) is None
    assert ours(x[:1], y[:1]) is None


@pytest.mark.parametrize("size", [1, 2, 7, 64, 100])
def test_inversions_by_a_plain_loop(size):
    x = np.random.default_rng(size).integers(0, 20, size)
    assert inversions(x) == sum(x[i] > x[j] for i in range(size) for j in range(i + 1, size))


def test_ranks_are_those_of_scipy():
    x = np.random.default_rng(0).integers(0, 9, 40)
    assert average_ranks(x).tolist() == stats.rankdata(x).tolist()


def test_pearson_of_numbers_that_differ_in_their_last_bits():
    steps = np.asarray([3.0, 0, 1, 7, 2, 4])
    others = np.asarray([1.0, 0, 2, 5, 3, 3])
    for x in (0.3 + 2.0**-54 * steps, 1e300 + 2.0**945 * steps):
        assert pearson(x, others) == pytest.approx(pearson(steps, others), abs=1e-12)


def test_pearson_of_the_largest_numbers_says_nothing_on_stderr():
    assert pearson(np.asarray([-1.7e308, 1.7e308, 0.0]), np.asarray([-1.0, 1.0, 0.0])) == pytest.approx(1.0)
