"""Exact scores: the same bits wherever a pair was found, and whatever was scored beside it."""

import numpy as np
import pytest

from simtool.engine.rescoring import Pairs
from simtool.metrics import float32_rows

METRICS = ["cosine", "angular", "dot", "euclidean", "sqeuclidean", "manhattan"]
ANY = [*METRICS, "chebyshev", "minkowski", "snr", "correlation"]  # all that take real numbers


@pytest.mark.parametrize("metric", ANY)
def test_exact_scores_do_not_depend_on_the_pieces(monkeypatch, metric):
    a, b = np.random.default_rng(0).normal(size=(2, 30, 5)).astype("f4")
    rows, columns = np.random.default_rng(1).integers(0, 30, (2, 100))
    pairs = Pairs(metric, a, b, scaled=False)
    whole = pairs.score(rows, columns)
    monkeypatch.setattr("simtool.engine.rescoring.CHUNK", 35)
    assert pairs.score(rows, columns).tolist() == whole.tolist()
    assert pairs.score(rows[:1], columns[:1])[0] == whole[0]
    assert Pairs(metric, a, b, scaled=True).score(rows, columns) == pytest.approx(whole, rel=1e-14)


@pytest.mark.parametrize("metric", ["cosine", "angular"])
@pytest.mark.parametrize("dims", [1, 3, 100, 9000])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1"])
def test_a_pair_has_the_same_bits_alone_and_among_others_of_its_row(metric, dims, dtype):
    rng = np.random.default_rng(dims)
    a, b = ((rng.standard_normal((size, dims)) * 20).astype(dtype) for size in (5, 60))
    rows, columns = np.repeat(np.arange(5), [40, 1, 30, 0, 60]), rng.integers(60, size=131)
    pairs, order = Pairs(metric, a, b, scaled=False), rng.permutation(131)
    together = pairs.score(rows, columns)
    assert together[order].tobytes() == pairs.score(rows[order], columns[order]).tobytes()
    units = [v.astype("f8") / np.maximum(np.linalg.norm(v.astype("f8"), axis=1, keepdims=True), 1e-8) for v in (a, b)]
    cosines = np.clip((units[0][rows] * units[1][columns]).sum(axis=1), -1, 1)
    expected = cosines if metric == "cosine" else np.arccos(cosines) / np.pi
    assert together == pytest.approx(expected, abs=1e-7 if metric == "angular" else 1e-12)


@pytest.mark.parametrize("metric", ["cosine", "angular", "dot", "euclidean", "sqeuclidean", "correlation"])
def test_rows_of_large_sides_are_not_widened(monkeypatch, metric):
    pytest.importorskip("numkong")
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((size, 64)).astype("f4") for size in (1 << 12, 1 << 15))
    b[:20] = a[:20]
    rows, columns = np.repeat(np.arange(50), 20), np.concatenate([np.arange(20), rng.integers(1 << 15, size=980)])
    pairs, called = Pairs(metric, a, b, scaled=False), []
    monkeypatch.setattr(float32_rows, "dots", lambda x, y, was=float32_rows.dots: called.append(x.dtype) or was(x, y))
    scores = pairs.score(rows, columns)
    assert set(called) == ({np.dtype("f4")} if metric in ("cosine", "angular", "dot") else set())
    few = Pairs(metric, a[:50], b, scaled=False).score(rows, columns)
    assert scores == pytest.approx(few, rel=1e-12, abs=2e-8 if metric == "angular" else 1e-13)
    order = rng.permutation(len(rows))
    assert pairs.score(rows[order], columns[order]).tobytes() == scores[order].tobytes()
    if metric == "cosine":
        assert scores[0] == 1.0
