"""Correlations against scipy."""

import numpy as np
import pytest
from scipy import stats

from simtool.evaluation.ranking import average_ranks, inversions, kendall, pearson, spearman

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
