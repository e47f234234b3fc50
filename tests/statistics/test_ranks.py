"""Ranks with ties against scipy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from simtool.statistics.ranks import average_ranks, centre_ranks

NUMBERS = st.lists(st.integers(-4, 4).map(float) | st.floats(-1e300, 1e300), min_size=1, max_size=40)


@given(NUMBERS)
def test_ranks_are_those_of_scipy(numbers):
    values = np.asarray(numbers)
    assert average_ranks(values).tolist() == rankdata(values).tolist()
    assert values.tolist() == numbers  # not written to


@given(NUMBERS)
def test_centred_ranks_sum_to_nothing_and_stand_in_their_place(numbers):
    values = np.asarray(numbers)
    found = centre_ranks(values)
    assert found is values
    assert found.tolist() == (rankdata(np.asarray(numbers)) - (len(numbers) + 1) / 2).tolist()
    assert found.sum() == 0
