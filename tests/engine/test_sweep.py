"""The sweep: which tiles, in which order, in how much memory."""

import threading
from dataclasses import replace
from math import fsum

import numpy as np
import pytest
import torch
from brute_force import BACKENDS
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from simtool import pairwise
from simtool.backend import Backend, choose_backend
from simtool.backend.torch_backend import TorchBackend
from simtool.engine.exclusion import Exclusion
from simtool.engine.kernels import Kernel
from simtool.engine.plan import Plan
from simtool.engine.reducers.base import Reducer, SelectionSpec
from simtool.engine.reducers.closest_pairs import ClosestPairs
from simtool.engine.reducers.full_matrix import Full, Moments
from simtool.engine.reducers.self_join_top_k import SelfJoinTopK
from simtool.engine.reducers.threshold import Threshold
from simtool.engine.reducers.top_k import TopK
from simtool.engine.rescoring import Pairs
from simtool.engine.sweep import query_blocks_at_once, sweep
from simtool.errors import ResourceError


class Recorder(Reducer):
    """Notes what the sweep does."""

    def __init__(self, skipped=()):
        self.skipped, self.log, self.proxy = skipped, [], {}

    def skips(self, query_block, corpus_block):
        return (query_block.start, corpus_block.start) in self.skipped

    def begin(self, query_block):
        self.log.append(("begin", query_block.start))

    def take(self, query_block, corpus_block, tile):
        self.log.append(("take", query_block.start, corpus_block.start))
        self.proxy[query_block.start, corpus_block.start] = tile.proxy.copy()

    def end(self, query_block):
        self.log.append(("end", query_block.start))


@pytest.mark.parametrize("kept", [0, 3, 100])
def test_the_sweep_visits_stripe_by_stripe_and_skips(kept):
    # whether prepared blocks are kept changes nothing
    a, b = np.arange(6.0).reshape(3, 2), np.arange(8.0).reshape(4, 2)
    recorder, seen = Recorder({(2, 0)}), []
    kernel = Kernel("dot", "float64", False, choose_backend())
    sweep(a, b, kernel, recorder, Plan(3, 4, 2, 3, kept), lambda done, total: seen.append((done, total)))
    expected = [("begin", 0), ("take", 0, 0), ("take", 0, 3), ("end", 0), ("begin", 2), ("take", 2, 3), ("end", 2)]
    assert recorder.log == expected
    assert seen == [(2, 3), (3, 3)]
    for (row, column), proxy in recorder.proxy.items():
        assert proxy.tolist() == (a[row : row + 2] @ b[column : column + 3].T).tolist()


@pytest.mark.parametrize(("kept", "times"), [(0, 6), (1, 6), (2, 4), (3, 4), (4, 2)])
def test_blocks_are_prepared_once_while_there_is_room(monkeypatch, kept, times):
    a, b = np.ones((3, 2)), np.ones((4, 2))
    prepared, prepare = [], Kernel.prepare
    monkeypatch.setattr(Kernel, "prepare", lambda kernel, rows: prepared.append(len(rows)) or prepare(kernel, rows))
    sweep(a, b, Kernel("dot", "float64", False, choose_backend()), Recorder(), Plan(3, 4, 1, 2, kept))
    assert prepared.count(1) == 3
    assert prepared.count(2) == times


def test_an_error_while_reading_ahead_is_raised():
    class Broken:
        shape = (4, 2)

        def __getitem__(self, places):
            if places.start >= 2:
                raise OSError("the disk is gone")
            return np.ones((2, 2))

    kernel = Kernel("dot", "float64", False, choose_backend())
    with pytest.raises(OSError, match="the disk is gone"):
        sweep(np.ones((3, 2)), Broken(), kernel, Recorder(), Plan(3, 4, 1, 2))


# ---- too little memory for a tile


def limited(patch, columns):
    """Let no product be wider than this; return the widths that were."""
    widths = []
    for kind in (Backend, TorchBackend):

        def narrow(backend, x, y, out=None, product=kind.product):
            if y.shape[0] > columns:
                raise backend.out_of_memory("no room")
            widths.append(y.shape[0])
            return product(backend, x, y, out)

        patch.setattr(kind, "product", narrow)
    return widths


def answers(a, backend, plan):
    """What each selection finds in a set of rows."""
    pairs = Pairs("cosine", a, a, scaled=False)
    kernel = Kernel("cosine", "float32", False, choose_backend(backend))
    plain = SelectionSpec(kernel, pairs, larger_is_closer=True, excluded=Exclusion.of_rows(len(a), len(a)))
    once = SelectionSpec(
        kernel, pairs, larger_is_closer=True, excluded=Exclusion.of_rows(len(a), len(a)), upper_triangle=True
    )
    found = [[] for _ in range(5)]
    reducers = [
        TopK(5, plain, found[0].append),
        Threshold(0.9, 10**9, once, found[1].append),
        ClosestPairs(40, once, found[2].append),
        SelfJoinTopK(5, once, plan.query_block, found[3].append),
        ClosestPairs(2000, once, found[4].append),
    ]
    for reducer in reducers:
        sweep(a, a, kernel, reducer, plan)
        if isinstance(reducer, ClosestPairs):
            reducer.finish()
    return [[np.concatenate(part).tolist() for part in zip(*hits, strict=True)] for hits in found]


@pytest.mark.parametrize("lanes", [2, 3])
def test_stripes_taken_at_once_give_the_bytes_of_one_after_the_other(monkeypatch, lanes):
    rows = np.random.default_rng(0).normal(size=(97, 6)).round(1).astype("f4")  # with ties
    alone = answers(rows, "torch", Plan(97, 97, 8, 16, kept_columns=97))
    monkeypatch.setattr("simtool.engine.sweep.processors", lambda: lanes)
    threads, product = set(), TorchBackend.product

    def noted(backend, x, y, out=None):
        threads.add((threading.current_thread().name, torch.get_num_threads()))
        return product(backend, x, y, out)

    monkeypatch.setattr(TorchBackend, "product", noted)
    before = torch.get_num_threads()
    assert answers(rows, "torch", Plan(97, 97, 8, 16, kept_columns=97, lanes=lanes)) == alone
    assert torch.get_num_threads() == before
    assert len([name for name, count in threads if "Pool" in name and count == 1]) >= lanes


def test_the_rows_of_a_tile_are_divided_among_threads(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(97, 6)).round(1).astype("f4")
    whole = answers(rows, "numpy", Plan(97, 97, 50, 128))
    threads, product = set(), Backend.product

    def noted(backend, x, y, out=None):
        threads.add(threading.current_thread().name)
        return product(backend, x, y, out)

    monkeypatch.setattr(Backend, "product", noted)
    monkeypatch.setattr("simtool.engine.lanes.LEAST_DIVIDED", 2)
    for module in ("lanes", "sweep"):
        monkeypatch.setattr(f"simtool.engine.{module}.processors", lambda: 3)
        monkeypatch.setattr(f"simtool.engine.{module}.is_controlled", lambda: True, raising=False)
    assert answers(rows, "numpy", Plan(97, 97, 50, 128)) == whole
    for metric in ("euclidean", "manhattan"):
        np.testing.assert_allclose(
            pairwise(rows, metric=metric).array, cdist(rows, rows, metric.replace("manhattan", "cityblock")), atol=1e-5
        )
    assert len([name for name in threads if "Pool" in name]) > 1


@pytest.mark.parametrize(
    ("backend", "change", "most"),
    [
        ("torch", {}, 2),  # as many as twice fit into the query blocks
        ("torch", {"rows": 4000}, 3),  # as the plan has room for
        ("torch", {"rows": 4000, "lanes": 9}, 4),  # as there are processors
        ("torch", {"kept_columns": 99}, 1),  # blocks would be prepared by each
        ("numpy", {}, 2),
    ],
)
def test_so_many_stripes_are_taken_at_once(monkeypatch, backend, change, most):
    monkeypatch.setattr("simtool.engine.sweep.processors", lambda: 4)
    plan = replace(Plan(40, 100, 10, 10, kept_columns=100, lanes=3), **change)
    kernel = Kernel("dot", "float32", False, choose_backend(backend))
    monkeypatch.setattr("simtool.engine.sweep.is_controlled", lambda: True)
    assert query_blocks_at_once(kernel, plan) == most
    monkeypatch.setattr("simtool.engine.sweep.is_controlled", lambda: False)  # a BLAS that takes all threads for each
    assert query_blocks_at_once(kernel, plan) == (1 if backend == "numpy" else most)
    assert [kind.apart for kind in (TopK, Threshold, ClosestPairs, SelfJoinTopK)] == [True, True, False, False]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_tile_that_does_not_fit_is_halved(backend):
    a = np.random.default_rng(0).integers(-3, 4, (1500, 5)).astype("f4")
    plan = Plan(1500, 1500, 200, 1024)
    whole = answers(a, backend, plan)
    assert whole[0] == whole[3]
    with pytest.MonkeyPatch.context() as patch:
        widths = limited(patch, 200)
        assert answers(a, backend, plan) == whole
    assert max(widths) == 128  # whole groups
    with pytest.MonkeyPatch.context() as patch:
        limited(patch, 127)
        with pytest.raises(ResourceError, match="not even a small tile fits"):
            answers(a, backend, plan)


def test_a_matrix_whose_tiles_do_not_fit_is_the_same(monkeypatch):
    from simtool import pairwise

    a = np.random.default_rng(0).normal(size=(700, 5)).astype("f4")
    whole = pairwise(a)
    limited(monkeypatch, 300)
    halved = pairwise(a)
    np.testing.assert_allclose(halved.array, whole.array, atol=1e-6)
    assert halved.summary == pytest.approx(whole.summary, abs=1e-7)


def test_the_errors_of_full_memory_are_those_of_the_library():
    assert choose_backend("numpy").out_of_memory is MemoryError
    assert choose_backend("torch").out_of_memory is torch.OutOfMemoryError


# ---- the whole matrix


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


def kept(rows):
    """What takes whole rows, whose memory is used again."""
    return lambda start, scores: rows.__setitem__(start, scores.copy())


@pytest.mark.parametrize("exclude_self", [False, True])
def test_the_moments_of_a_matrix_do_not_depend_on_the_tiles(exclude_self):
    a = np.random.default_rng(0).normal(size=(40, 3))
    kernel = Kernel("dot", "float64", False, choose_backend())
    matrix = a @ a.T
    chosen = matrix[~np.eye(40, dtype=bool)] if exclude_self else matrix
    excluded = Exclusion.of_rows(40, 40) if exclude_self else None
    for query_block, corpus_block in ((40, 40), (7, 9), (1, 1), (40, 1)):
        pairs, rows = Pairs("dot", a, a, scaled=False), {}
        with Full(kernel, pairs, 40, np.float64, kept(rows), excluded=excluded, propagate=False) as full:
            sweep(a, a, kernel, full, Plan(40, 40, query_block, corpus_block))
        expected = {"mean": chosen.mean(), "min": chosen.min(), "max": chosen.max()}
        assert full.moments().summary() == pytest.approx(expected, rel=1e-12)
        assert full.moments().count == chosen.size
        np.testing.assert_allclose(np.concatenate([rows[start] for start in sorted(rows)]), matrix, rtol=1e-13)
