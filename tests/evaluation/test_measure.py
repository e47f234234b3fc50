"""The largest value with the strictest score that reaches it."""

import numpy as np

from simtool.evaluation.measure import UNDEFINED, Measure, largest
from simtool.statistics.counts import counts_of


def test_of_equal_values_the_first_score_is_the_threshold():
    counts = counts_of(np.asarray([0.9, 0.7, 0.5]), np.asarray([True, False, True]))
    assert largest(counts, np.asarray([1.0, 3.0, 3.0])) == Measure(3.0, 0.7)
    assert UNDEFINED == (None, None)
