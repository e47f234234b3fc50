"""The reducers: the same answers for every tiling, and however few candidates may be held."""

import itertools

import numpy as np
import pytest
from brute_force import BACKENDS, best, exact, ranked, within
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.backend import choose_backend
from simtool.engine.exclusion import Exclusion
from simtool.engine.kernels import Kernel
from simtool.engine.plan import Plan
from simtool.engine.reducers.base import Reducer, SelectionSpec
from simtool.engine.reducers.closest_pairs import ClosestPairs
from simtool.engine.reducers.self_join_top_k import SelfJoinTopK
from simtool.engine.reducers.threshold import Threshold
from simtool.engine.reducers.top_k import TopK
from simtool.engine.rescoring import Pairs
from simtool.engine.sweep import sweep
from simtool.errors import ResourceError

SCANS = [("numpy", "float32"), ("torch", "bfloat16"), ("torch", "float32"), ("torch", "float64")]
HITS = ([], [], [])


def itself(a):
    return Exclusion.of_rows(len(a), len(a))


def spec(a, scan, **options):
    backend, dtype = scan
    kernel = Kernel("cosine", dtype, False, choose_backend(backend))
    return SelectionSpec(
        kernel, Pairs("cosine", a, a, scaled=False), larger_is_closer=True, excluded=itself(a), **options
    )


def merged(found):
    """Row, column and score of all that was given, as lists."""
    return [np.concatenate(part).tolist() for part in zip(*found, strict=True)] if found else [*HITS]


def asked_of(a, make, plan):
    """What a reducer gives."""
    found = []
    reducer = make(found.append)
    sweep(a, a, reducer.spec.kernel, reducer, plan)
    if isinstance(reducer, ClosestPairs):
        reducer.finish()
    return merged(found)


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


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_tiling_never_shows(metric, backend):
    a = np.random.default_rng(0).integers(-2, 3, (300, 4)).astype("f4")
    pairs = Pairs(metric, a, a, scaled=False)
    kernel = Kernel(metric, "float32", False, choose_backend(backend))
    shared = {"has_missing": False, "larger_is_closer": metric == "cosine", "excluded": itself(a)}
    plain, once = SelectionSpec(kernel, pairs, **shared), SelectionSpec(kernel, pairs, upper_triangle=True, **shared)
    answers = []
    for query_block, corpus_block in ((1024, 4096), (300, 50), (50, 300), (37, 41)):
        makers = [
            lambda give: TopK(9, plain, give),
            lambda give, query_block=query_block: SelfJoinTopK(9, once, query_block, give),
            lambda give: Threshold(0.75, 10**6, once, give),
            lambda give: ClosestPairs(500, once, give),
        ]
        answers.append([asked_of(a, make, Plan(300, 300, query_block, corpus_block)) for make in makers])
    matrix = exact(metric, a, a)
    options = {"exclude_self": True, "alone": True}
    wanted = [
        *[ranked(metric, matrix, 9, exclude_self=True)] * 2,
        within(metric, matrix, 0.75, **options),
        best(metric, matrix, 500, **options),
    ]
    for answer in answers:
        assert answer == answers[0]
        assert [list(zip(*hits[:2], strict=True)) for hits in answer] == wanted


def test_a_reducer_of_its_own_wants_all_tiles_and_has_no_room():
    reducer = Reducer()
    assert not reducer.skips(None, None)
    assert reducer.room(None, None) is None
    with pytest.raises(NotImplementedError):
        reducer.take(None, None, None)


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("name", ["top", "best"])
def test_few_candidates_are_held(scan, name):
    # rows in ascending order of closeness: every tile is better than all before it
    a = np.stack([np.arange(1.0, 2001), np.full(2000, 30.0)], axis=1).astype("f4")
    held, most = [], 2000
    asked = spec(a, scan, most=most)
    kind = TopK if name == "top" else ClosestPairs

    class Watched(kind):
        def take(self, query_block, corpus_block, tile):
            super().take(query_block, corpus_block, tile)
            held.append(sum(len(part[0]) for part in self.found))

    reducer = Watched(3, asked, lambda hits: None)
    sweep(a[:200], a, asked.kernel, reducer, Plan(200, 2000, 100, 128))
    assert max(held) <= most


@pytest.mark.parametrize("tiling", [(100, 150), (600, 600)])
@pytest.mark.parametrize(("upper_triangle", "closer"), [(False, True), (True, True), (False, False)])
def test_too_many_pairs_name_a_threshold_that_fits(upper_triangle, closer, tiling):
    rng = np.random.default_rng(0)
    a = rng.normal(size=(600, 8)).astype("f4")
    metric = "cosine" if closer else "euclidean"
    kernel, pairs = Kernel(metric, "float32", False, choose_backend()), Pairs(metric, a, a, scaled=False)
    asked = SelectionSpec(kernel, pairs, larger_is_closer=closer, excluded=itself(a), upper_triangle=upper_triangle)
    plan = Plan(600, 600, *tiling)
    with pytest.raises(ResourceError, match="more than 5,000 pairs reach") as refused:
        asked_of(a, lambda give: Threshold(0.1 if closer else 4.0, 5000, asked, give), plan)
    assert refused.value.where == "«threshold»"
    fitting = float(refused.value.hint.split("=")[1].split("»")[0])
    found = asked_of(a, lambda give: Threshold(fitting, 5000, asked, give), plan)
    assert 1000 < len(found[0]) <= 5000


def test_a_crowded_stripe_is_given_some_rows_at_a_time(monkeypatch):
    a = np.random.default_rng(0).integers(0, 3, (90, 2)).astype("f4")
    asked, plan = spec(a, SCANS[0]), Plan(90, 90, 40, 30)
    whole = asked_of(a, lambda give: Threshold(0.5, 10**6, asked, give), plan)
    monkeypatch.setattr("simtool.engine.reducers.threshold.GIVEN", 100)
    parts = []
    reducer = Threshold(0.5, 10**6, asked, parts.append)
    sweep(a, a, asked.kernel, reducer, plan)
    assert merged(parts) == whole
    assert max(len(part[0]) for part in parts) <= 100
    assert len(parts) > len(whole[0]) // 100
    for part, following in itertools.pairwise(parts):
        assert part[0][-1] < following[0][0]  # no row is in two
    monkeypatch.setattr("simtool.engine.reducers.threshold.GIVEN", 1)
    assert asked_of(a, lambda give: Threshold(0.5, 10**6, asked, give), plan) == whole
