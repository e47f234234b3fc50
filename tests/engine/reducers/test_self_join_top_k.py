"""The k best of rows compared with themselves, from half of the tiles, against brute force."""

import numpy as np
import pytest
from asked_reducers import SCANS, asked_of, spec
from brute_force import exact, ranked
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.engine.plan import Plan
from simtool.engine.reducers.self_join_top_k import SelfJoinTopK
from simtool.engine.reducers.top_k import TopK
from simtool.engine.sweep import sweep


@pytest.mark.parametrize("scan", SCANS)
@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 60),
    d=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
    k=st.integers(1, 63),
    query_block=st.integers(4, 25),
    corpus_block=st.integers(8, 70),
    most=st.sampled_from([1, 50, 1 << 21]),
)
def test_a_top_k_that_reads_tiles_both_ways_is_brute_force(scan, n, d, seed, k, query_block, corpus_block, most):
    a = np.random.default_rng(seed).integers(-2, 3, (n, d)).astype("f4")
    expected = ranked("cosine", exact("cosine", a, a), k, exclude_self=True)
    plan = Plan(n, n, query_block, corpus_block)
    once, plain = spec(a, scan, upper_triangle=True, most=most), spec(a, scan, most=most)
    mutual = asked_of(a, lambda give: SelfJoinTopK(k, once, query_block, give), plan)
    assert list(zip(*mutual[:2], strict=True)) == expected
    assert mutual == asked_of(a, lambda give: TopK(k, plain, give), plan)


@pytest.mark.parametrize("scan", SCANS)
def test_a_mutual_top_k_takes_half_the_tiles_and_holds_little(scan):
    a = np.random.default_rng(0).normal(size=(1000, 6)).astype("f4")
    taken, most_held = [], []

    class Watched(SelfJoinTopK):
        def take(self, query_block, corpus_block, tile):
            taken.append((query_block.start, corpus_block.start))
            super().take(query_block, corpus_block, tile)
            most_held.append(self.held)

    reducer = Watched(3, spec(a, scan, upper_triangle=True, most=4000), 100, lambda hits: None)
    sweep(a, a, reducer.spec.kernel, reducer, Plan(1000, 1000, 100, 100))
    assert taken == [(row, column) for row in range(0, 1000, 100) for column in range(row, 1000, 100)]
    assert max(most_held) <= 4000
    assert (reducer.held, reducer.found) == (0, {})
