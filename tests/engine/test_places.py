"""The k-th largest bound of each query, against sorting."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.engine.places import kth_largest


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(0, 30), min_size=1, max_size=20),
    k=st.integers(1, 12),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_kth_largest_of_each_owner_is_what_sorting_finds(counts, k, seed):
    rng = np.random.default_rng(seed)
    queries = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    values = np.round(rng.normal(size=len(queries)), 1)  # with ties
    expected = [sorted(values[queries == query])[-k] if count >= k else -np.inf for query, count in enumerate(counts)]
    assert kth_largest(queries, values, len(counts), k).tolist() == expected


def test_owners_that_have_nearly_all_places_are_not_ranked():
    queries = np.zeros(1 << 16, dtype=np.int64)
    found = kth_largest(queries, np.arange(1.0, 1 + len(queries)), 1000, 2)  # a table of 65 million places
    assert (found == -np.inf).all()
    assert kth_largest(queries, np.arange(1.0, 1 + len(queries)), 1, 2).tolist() == [len(queries) - 1.0]
