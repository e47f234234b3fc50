"""Selections whose scan multiplies prefixes of rotated rows, against brute force; and the bounds that it stands on."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from brute_force import METRICS, best, exact, holding, in_tiles, listed, problems, ranked, tilings, within
from right_angles import directions

import simtool
from simtool.engine import prefix_scan, selections
from simtool.engine.prefix_scan import PrefixKernel

PRODUCTS = [metric for metric in METRICS if metric != "manhattan"]


@pytest.fixture
def by_prefixes(monkeypatch):
    """Make every scan that can be one of prefixes; return what sets their length, and counts the scans."""
    return lambda length: prefixes(monkeypatch, length)


def prefixes(patch, length):
    choose, seen = selections.choose_kernel, []

    def chosen(job, a, b, reach):
        kernel = choose(job, a, b, reach)
        if kernel.dtype not in ("float32", "bfloat16") or reach.by_column:
            return kernel
        seen.append(kernel.dtype)
        return PrefixKernel.of(kernel, directions(job.dims, min(length, job.dims)))

    patch.setattr(selections, "choose_kernel", chosen)
    return seen


def rows_of(rng, n, d, *, decay=0.7):
    """Rows that leave most of their space empty, with some that are equal, zero, or alike."""
    rows = rng.normal(size=(n, d)) * decay ** np.arange(d)
    rows[n // 3] = 0.0
    rows[n // 2 : n // 2 + 3] = rows[0]
    rows[-2] = rows[1] * (1 + 1e-6)
    return rows.astype(np.float32)


@given(
    problem=problems(),
    metric=st.sampled_from(PRODUCTS),
    scan=st.sampled_from(["numpy", "torch"]),
    length=st.integers(1, 5),
    k=st.integers(1, 12),
    tiling=tilings,
    dense=st.sampled_from([1, 64, 1 << 30]),
)
def test_the_k_best_are_those_of_the_matrix(problem, metric, scan, length, k, tiling, dense):
    a, b, dtype = problem
    with pytest.MonkeyPatch.context() as patch:
        in_tiles(patch, *tiling)
        holding(patch, 20)
        patch.setattr(prefix_scan, "DENSE", dense)
        prefixes(patch, length)
        result = simtool.pairwise(a.astype(dtype), b.astype(dtype), top_k=k, metric=metric, backend=scan)
    assert listed(result) == ranked(metric, exact(metric, a, b), k)


@given(
    problem=problems(), metric=st.sampled_from(PRODUCTS), length=st.integers(1, 5), tiling=tilings, alone=st.booleans()
)
def test_the_best_pairs_and_those_up_to_a_threshold_are_those_of_the_matrix(problem, metric, length, tiling, alone):
    a, b, dtype = problem
    a, b = (b, b) if alone else (a, b)
    matrix, options = exact(metric, a, b), {"exclude_self": alone, "alone": alone}
    sides = [a.astype(dtype)] if alone else [a.astype(dtype), b.astype(dtype)]
    threshold = float(np.median(matrix))
    with pytest.MonkeyPatch.context() as patch:
        in_tiles(patch, *tiling)
        holding(patch, 20)
        patch.setattr("simtool.engine.reducers.closest_pairs.FEWEST", 5)
        prefixes(patch, length)
        found = simtool.pairwise(*sides, threshold=threshold, metric=metric)
        closest = simtool.pairwise(*sides, max_pairs=7, metric=metric)
    assert listed(found) == within(metric, matrix, threshold, **options)
    assert listed(closest) == best(metric, matrix, 7, **options)


@pytest.mark.parametrize("metric", PRODUCTS)
@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("others", [True, False], ids=["self-join", "two sets"])
def test_ids_and_scores_are_those_of_a_scan_of_whole_rows(by_prefixes, monkeypatch, metric, backend, others):
    monkeypatch.setattr("simtool.engine.calibration.pays", lambda *_: True)
    rng = np.random.default_rng(1)
    sides = [rows_of(rng, 300, 48)] if others else [rows_of(rng, 150, 48), rows_of(rng, 300, 48)]
    tasks = [{"top_k": 7}, {"max_pairs": 300}, {"threshold": 0.3 if metric in ("cosine", "dot") else 0.2}]
    plain = [simtool.pairwise(*sides, metric=metric, backend=backend, **task) for task in tasks]
    in_tiles(monkeypatch, 64, 128)
    seen = by_prefixes(6)
    for task, expected in zip(tasks, plain, strict=True):
        found = simtool.pairwise(*sides, metric=metric, backend=backend, **task)
        assert "prefix 6 of 48" in found.parameters["scan"]
        for name, column in expected.rows.columns.items():
            np.testing.assert_array_equal(found.rows.columns[name], column)
    assert set(seen) == {"bfloat16" if backend == "torch" and metric in ("cosine", "angular", "dot") else "float32"}


@pytest.mark.parametrize("memory", ["164M", "1G"])
def test_threads_and_memory_never_show(by_prefixes, monkeypatch, memory):
    rng = np.random.default_rng(2)
    a, b = rows_of(rng, 300, 64), rows_of(rng, 5000, 64)
    in_tiles(monkeypatch, 32, 256)
    expected = simtool.pairwise(a, b, top_k=10).rows.columns
    by_prefixes(8)
    for threads in (1, 2, 3):
        monkeypatch.setattr("simtool.engine.sweep.processors", lambda threads=threads: threads)
        with threadpool_limits(threads):
            found = simtool.pairwise(a, b, top_k=10, max_memory=memory).rows.columns
        assert all(np.array_equal(found[name], column) for name, column in expected.items())


def test_rows_of_nan_and_rows_that_are_left_out_are_never_found(by_prefixes):
    rng = np.random.default_rng(3)
    a, b = rows_of(rng, 40, 32), rows_of(rng, 400, 32)
    b[[3, 77]] = np.nan
    by_prefixes(5)
    found = listed(simtool.pairwise(a, b, top_k=6, nonfinite="propagate", exclude_self=True))
    matrix = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)
    with np.errstate(invalid="ignore"):
        cosines = np.where(matrix > 0, a.astype(float) @ b.T.astype(float) / matrix, 0.0 * matrix)
    assert found == ranked("cosine", cosines, 6, exclude_self=True)


def test_lengths_near_the_end_of_float32_and_short_rows_keep_their_order(by_prefixes):
    rng = np.random.default_rng(4)
    a, b = rows_of(rng, 30, 24), rows_of(rng, 300, 24)
    by_prefixes(4)
    for scale in (1e15, 1e-15, 1e-9):
        found = simtool.pairwise(a * np.float32(scale), b, top_k=5, metric="dot")
        dots = (a * np.float32(scale)).astype(float) @ b.T.astype(float)
        assert listed(found) == ranked("dot", dots, 5)
    short = simtool.pairwise(a * np.float32(1e-10), b, top_k=5, eps=1e-8)
    assert listed(short) == listed(
        simtool.pairwise((a * np.float32(1e-10)).astype(float), b, top_k=5, eps=1e-8, precision="float64")
    )
