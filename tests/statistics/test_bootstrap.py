"""Bootstrap intervals: what they cover, and that a seed is a seed."""

import numpy as np
import pytest

from simtool.evaluation.scored_pairs import Sample
from simtool.statistics.bootstrap import bootstrap


def mean_of(x):
    return lambda index: {"mean": float(x[index].mean())}


def test_the_width_is_that_of_the_normal_distribution():
    x = np.random.default_rng(0).normal(size=2000)
    low, high = bootstrap(mean_of(x), len(x), 2000, seed=1).bounds["mean"]
    error = x.std() / np.sqrt(len(x))
    assert low == pytest.approx(x.mean() - 1.96 * error, abs=0.2 * error)
    assert high == pytest.approx(x.mean() + 1.96 * error, abs=0.2 * error)


def test_it_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(200):
        low, high = bootstrap(mean_of(rng.normal(size=100)), 100, 200, seed).bounds["mean"]
        held += low <= 0 <= high
    # about 94 % for a mean of a hundred numbers, with a standard deviation of 1.7 %
    assert 0.88 <= held / 200 <= 0.99


def test_a_seed_is_a_seed():
    x = np.arange(50.0)
    first, second, other = (bootstrap(mean_of(x), 50, 20, seed).bounds["mean"] for seed in (3, 3, 4))
    assert first == second != other


def test_undefined_resamples_are_counted_and_left_out():
    similar = np.asarray([True, False, False])
    sample = Sample(np.asarray([3.0, 1.0, 2.0]), similar, None, True)
    found = bootstrap(lambda index: {"auc": sample.resampled(index)["roc_auc"]}, 3, 300, seed=0)
    # all of one class: (2/3)^3 + (1/3)^3 of the resamples
    assert found.undefined == pytest.approx(100, abs=25)
    assert found.bounds["auc"] == (1.0, 1.0)


def test_a_resample_is_the_measures_of_the_drawn_pairs():
    rng = np.random.default_rng(2)
    scores, targets = rng.normal(size=(2, 60)).round(1)
    similar = targets > 0
    sample, index = Sample(scores, similar, targets, False), rng.integers(0, 60, 60)
    drawn = Sample(scores[index], similar[index], targets[index], False, folds=0).measures()
    assert sample.resampled(index) == pytest.approx({name: one.value for name, one in drawn.items()})
