"""Histograms of scores against numpy's."""

import numpy as np
import pytest

from simtool.scoring.distances import distance_of
from simtool.scoring.histogram import MOST, bins_of


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 1001])
@pytest.mark.parametrize(("metric", "low", "high"), [("cosine", 0.0, 0.0), ("euclidean", 0.0, 5.0), ("dot", -3.0, 9.0)])
def test_counts_are_those_of_numpy(metric, low, high, rows):
    bins = bins_of(distance_of(metric), low, high)
    low, high = bins.edges[[0, -1]]
    scores = np.random.default_rng(rows).uniform(low, high, rows)
    scores[:3] = [high, low, 0.5][:rows]
    counts = bins.counts(scores)
    assert counts.tolist() == np.histogram(scores, bins.edges)[0].tolist()
    assert counts.sum() == rows


def test_what_is_outside_is_in_the_first_or_last_bin():
    bins = bins_of(distance_of("cosine"), 0.0, 0.0)
    counts = bins.counts(np.asarray([-7.0, 1.0 + 1e-15, 9.0]))
    assert (counts[0], counts[-1], counts.sum()) == (1, 2, 3)


def test_more_numbers_than_are_counted_at_a_time():
    bins = bins_of(distance_of("euclidean"), 0.0, 1.0)
    scores = np.random.default_rng(1).random(3 * (1 << 16) + 5)
    assert bins.counts(scores).tolist() == np.histogram(scores, bins.edges)[0].tolist()


def test_a_number_of_a_bin_fits_into_8_bits():
    assert all(len(bins_of(distance_of("dot"), low, 1.0).edges) <= MOST + 2 for low in (-1e300, -7.3, 0.0, 1 - 1e-12))
