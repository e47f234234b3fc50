"""A mean of scores lies between its extremes, which the rounded sum of equal scores may leave."""

import numpy as np
import pytest

from simtool import channels, compare
from simtool.aggregates.weights import harmonic_mean, mean_of
from simtool.statistics.bootstrap import weighted_means

COUNTS = range(2, 40)


@pytest.mark.parametrize("name", ["argmax", "maxsim"])
def test_the_mean_of_the_matrix_of_all_items(name):
    for seed in range(20):
        x, y = np.random.default_rng(seed).normal(size=(2, 1, 1, 3))
        for count in (3, 5, 7):
            summary = compare(np.repeat(x, count, 0), np.repeat(y, count + 1, 0), aggregates=[name], cross=True).summary
            assert summary["min"] <= summary["mean"] <= summary["max"]


def test_the_scores_of_the_matrix_of_all_items():
    for tokens in COUNTS:
        # one token against itself many times: every best cosine is the same number
        rows = np.tile(np.random.default_rng(tokens).normal(size=(1, 1, 5)), (2, tokens, 1))
        best = compare(rows, rows, aggregates=["max"], items="best").summary["max"]
        for name in ("argmax", "maxsim"):
            assert (compare(rows, rows, aggregates=[name], cross=True).array == best).all(), (name, tokens)


def test_the_mean_over_the_channels_of_a_map():
    for channels_of in COUNTS:
        x, y = np.random.default_rng(channels_of).normal(size=(2, 1, 1, 2, 2))
        maps = [np.repeat(np.repeat(side, channels_of, 1), 2, 0) for side in (x, y)]
        rows = channels(*maps, aggregates=["mean", "min", "max"]).rows.columns
        assert (rows["min"] <= rows["mean"]).all()
        assert (rows["mean"] <= rows["max"]).all()


def test_the_harmonic_mean_of_equal_numbers():
    values = np.random.default_rng(0).random(1000)
    assert harmonic_mean(values, values).tolist() == values.tolist()
    x = np.random.default_rng(1).normal(size=(30, 6))
    for row in x[1:]:
        summary = compare(x[:1], row[None]).summary
        low, high = sorted((summary["argmax.precision"], summary["argmax.recall"]))
        assert max(low, 0) <= summary["argmax.f1"] <= max(high, 0)


def test_the_means_of_draws():
    for count in COUNTS:
        values = np.full(count, np.random.default_rng(count).random())
        counts = np.random.default_rng(0).multinomial(count, np.ones(count) / count, size=20)
        assert weighted_means(counts, values, None).tolist() == [values[0]] * 20
        assert mean_of(values, None) == values[0]
