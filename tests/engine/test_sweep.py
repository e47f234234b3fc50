"""The sweep, its plan and its reducers, taken apart."""

from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtool.backend import choose_backend
from simtool.engine import memory
from simtool.engine import sweep as sweeping
from simtool.engine.exact import Pairs
from simtool.engine.kernels import Kernel
from simtool.engine.matrix import Full, Moments
from simtool.engine.memory import available_memory, resident
from simtool.engine.reducers import GROUPS, Threshold, TopK, candidates, group_peaks, rounded_down
from simtool.engine.sweep import sweep
from simtool.engine.tiles import Plan, Span, whole_rows
from simtool.io import as_vectors, select

BACKENDS = ["numpy", "torch"]


@given(rows=st.integers(1, 50), columns=st.integers(1, 50), stripe=st.integers(1, 60), block=st.integers(1, 60))
def test_a_plan_covers_the_grid_once_and_in_order(rows, columns, stripe, block):
    plan = Plan(rows, columns, stripe, block)
    for spans, size, most in ((list(plan.stripes()), rows, stripe), (list(plan.blocks()), columns, block)):
        assert [i for span in spans for i in range(span.start, span.stop)] == list(range(size))
        assert max(len(span) for span in spans) <= most


def test_whole_rows_stay_within_their_bytes():
    assert whole_rows(10**6, 1000).stripe == 1024
    assert whole_rows(10**6, 1 << 20).stripe == 16  # 16 rows of 2^20 float32 are 64 MiB
    assert whole_rows(10**6, 1 << 30).stripe == 1


class Recorder:
    """Notes what the sweep does."""

    def __init__(self, skipped):
        self.skipped, self.log, self.near = skipped, [], {}

    def skips(self, stripe, block):
        return (stripe.start, block.start) in self.skipped

    def begin(self, stripe):
        self.log.append(("begin", stripe.start))

    def take(self, stripe, block, near, error):
        self.log.append(("take", stripe.start, block.start))
        self.near[stripe.start, block.start] = near

    def end(self, stripe):
        self.log.append(("end", stripe.start))


@pytest.mark.parametrize("kept", [0, 1 << 20])
def test_the_sweep_visits_stripe_by_stripe_and_skips(monkeypatch, kept):
    monkeypatch.setattr(sweeping, "KEPT_BYTES", kept)  # whether prepared blocks are kept changes nothing
    a, b = np.arange(6.0).reshape(3, 2), np.arange(8.0).reshape(4, 2)
    recorder, seen = Recorder({(2, 0)}), []
    kernel = Kernel("dot", "float64", False, choose_backend())
    sweep(a, b, kernel, recorder, Plan(3, 4, 2, 3), lambda done, total: seen.append((done, total)))
    expected = [("begin", 0), ("take", 0, 0), ("take", 0, 3), ("end", 0), ("begin", 2), ("take", 2, 3), ("end", 2)]
    assert recorder.log == expected
    assert seen == [(2, 3), (3, 3)]
    assert recorder.near[2, 3].tolist() == (a[2:] @ b[3:].T).tolist()


@pytest.mark.parametrize("backend", BACKENDS)
@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 5), width=st.integers(1, 400), seed=st.integers(0, 2**32 - 1), gaps=st.booleans())
def test_candidates_are_all_places_that_reach_the_bound(backend, n, width, seed, gaps):
    rng = np.random.default_rng(seed)
    near = rng.normal(size=(n, width)).astype("f4")
    if gaps:
        near[rng.random(near.shape) < 0.2] = np.nan
    low = rng.normal(size=n).astype("f4")
    chosen = choose_backend(backend)
    filled, peaks = group_peaks(chosen, chosen.put(near), gaps=gaps)
    assert filled.shape[1] % GROUPS == 0
    row, column, value = candidates(chosen, filled, peaks, chosen.put(low))
    expected = np.argwhere(near >= low[:, None])
    assert sorted(zip(row.tolist(), column.tolist(), strict=True)) == [tuple(place) for place in expected.tolist()]
    assert value.tolist() == near[row, column].tolist()


@given(low=st.floats(-1e30, 1e30))
def test_a_bound_is_never_rounded_up(low):
    backend = choose_backend()
    narrow = rounded_down(np.asarray([low]), backend, np.empty(0, dtype="f4"))
    assert narrow.dtype == np.float32
    assert float(narrow[0]) <= low
    assert rounded_down(np.asarray([low]), backend, np.empty(0)).tolist() == [low]


def merged(results):
    return [tuple(np.concatenate(part).tolist()) for part in zip(*results, strict=True)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_tiling_never_shows(metric, backend):
    a = np.random.default_rng(0).integers(-2, 3, (300, 4)).astype("f4")
    pairs = Pairs(metric, a, a, scaled=False)
    kernel = Kernel(metric, "float32" if metric == "cosine" else "float64", False, choose_backend(backend))
    shared = {"gaps": False, "larger_is_closer": metric == "cosine"}
    answers = []
    for stripe, block in ((1024, 4096), (300, 50), (50, 300), (37, 41)):
        top = TopK(9, kernel, pairs, exclude_self=True, **shared)
        near = Threshold(0.75, kernel, pairs, exclude_self=False, unordered=True, **shared)
        for reducer in (top, near):
            sweep(a, a, kernel, reducer, Plan(300, 300, stripe, block))
        answers.append((merged(top.results), merged(near.results)))
    assert len(answers[0][0][0]) == 300 * 9
    assert len(answers[0][1][0]) > 50
    assert all(answer == answers[0] for answer in answers)


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.lists(st.floats(-1e6, 1e6), max_size=5), max_size=5),
)
def test_moments_merge_to_those_of_everything(parts):
    def moments(values):
        return Moments(len(values), fsum(values), min(values), max(values)) if values else Moments()

    everything = [value for part in parts for value in part]
    whole, merged = moments(everything), Moments().merge([moments(part) for part in parts])
    assert (merged.count, merged.least, merged.largest) == (whole.count, whole.least, whole.largest)
    assert merged.total == pytest.approx(whole.total, rel=1e-12, abs=1e-6)
    if not everything:
        assert merged.summary() == {"mean": None, "min": None, "max": None}


def test_a_mean_lies_between_its_extremes():
    tenths = Moments(3, 0.1 + 0.1 + 0.1, 0.1, 0.1)
    assert tenths.total / 3 > 0.1
    assert tenths.summary()["mean"] == 0.1


@pytest.mark.parametrize("exclude_self", [False, True])
def test_the_moments_of_a_matrix_do_not_depend_on_the_tiles(exclude_self):
    a = np.random.default_rng(0).normal(size=(40, 3))
    kernel = Kernel("dot", "float64", False, choose_backend())
    matrix = a @ a.T
    chosen = matrix[~np.eye(40, dtype=bool)] if exclude_self else matrix
    for stripe, block in ((40, 40), (7, 9), (1, 1), (40, 1)):
        pairs, rows = Pairs("dot", a, a, scaled=False), {}
        take = rows.__setitem__
        with Full(kernel, pairs, 40, np.float64, take, exclude_self=exclude_self, propagate=False) as full:
            sweep(a, a, kernel, full, Plan(40, 40, stripe, block))
        expected = {"mean": chosen.mean(), "min": chosen.min(), "max": chosen.max()}
        assert full.moments().summary() == pytest.approx(expected, rel=1e-12)
        assert full.moments().count == chosen.size
        np.testing.assert_allclose(np.concatenate([rows[start] for start in sorted(rows)]), matrix, rtol=1e-13)


def test_what_does_not_fit_in_memory_is_mapped(monkeypatch):
    values = np.arange(60.0).reshape(20, 3)
    chosen = select(as_vectors(values), np.arange(19, -1, -1))
    monkeypatch.setattr(memory, "READ_BYTES", 100)
    assert not isinstance(resident(chosen), np.memmap)
    monkeypatch.setattr(memory, "available_memory", lambda: 100)
    mapped = resident(chosen)
    assert isinstance(mapped, np.memmap)
    assert mapped.tolist() == values[::-1].tolist()
    assert resident(as_vectors(values)) is values


def test_there_is_some_memory():
    assert 0 < available_memory() < 1 << 60


def test_a_span_has_a_length():
    assert len(Span(3, 7)) == 4
