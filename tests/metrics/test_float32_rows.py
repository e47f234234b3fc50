"""Rows of float32 that NumKong sums in float64, beside the same rows widened first."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import simtool
from simtool.errors import DataError
from simtool.metrics import float32_rows

pytest.importorskip("numkong")

Rows = NDArray[np.float32]
MARGIN = 0.9


def pairs(n: int, d: int, apart: float = 1e-4) -> tuple[Rows, Rows]:
    """Return rows, and rows close to them."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, d), dtype=np.float32)
    return x, x + np.float32(apart) * rng.standard_normal((n, d), dtype=np.float32)


def by_hand(x: Rows, y: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the dot products and squared distances of rows that are widened."""
    wide, other = x.astype(np.float64), y.astype(np.float64)
    return (wide * other).sum(axis=1), ((wide - other) ** 2).sum(axis=1)


@pytest.mark.parametrize("d", [1, 3, 16, 17, 383, 768, 20_000])
def test_sums_are_those_of_float64(d: int) -> None:
    x, y = pairs(50, d)
    dots, squares = by_hand(x, y)
    np.testing.assert_allclose(float32_rows.dots(x, y), dots, rtol=0, atol=4e-15 * d)
    np.testing.assert_allclose(float32_rows.squared_distances(x, y), squares, rtol=1e-14)


@pytest.mark.parametrize("number", [1e-40, 1e-30, 3e38])
def test_squares_beyond_float32(number: float) -> None:
    x = np.full((3, 100), number, dtype=np.float32)
    expected = 100 * float(x[0, 0]) ** 2
    np.testing.assert_allclose(float32_rows.dots(x, x), expected, rtol=1e-14)
    np.testing.assert_allclose(float32_rows.squared_distances(x, -x), 4 * expected, rtol=1e-14)


def test_numbers_that_are_not_finite() -> None:
    x = np.ones((3, 100), dtype=np.float32)
    x[0, 3], x[1, 5] = np.nan, np.inf
    assert np.isfinite(float32_rows.dots(x, x)).tolist() == [False, False, True]
    assert np.isfinite(float32_rows.squared_distances(x, x)).tolist() == [False, False, True]


def test_any_memory_order() -> None:
    x, y = pairs(300, 50)
    dots, squares = by_hand(x[:50, ::2], y.T[:25].T[:50])
    found = float32_rows.dots(x[:50, ::2], y.T[:25].T[:50])
    np.testing.assert_allclose(found, dots, rtol=0, atol=1e-13)
    np.testing.assert_allclose(float32_rows.squared_distances(x[:50, ::2], y.T[:25].T[:50]), squares, rtol=1e-14)


def test_what_is_summed() -> None:
    narrow, wide = np.dtype(np.float32), np.dtype(np.float64)
    assert float32_rows.are_summed(1 << 30, narrow, narrow)
    assert not float32_rows.are_summed(1 << 30, narrow, wide)
    assert not float32_rows.are_summed(1 << 30, narrow, np.dtype(np.int32))
    assert not float32_rows.are_summed(1 << 20, narrow, narrow)  # loading NumKong would take longer


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two files so large that their rows are summed as they are, with zero rows."""
    folder = tmp_path_factory.mktemp("float32")
    x, y = pairs(1 << 17, 128, apart=0.5)
    x[5], y[7], x[9] = 0.0, 0.0, x[9] * np.float32(1e-20)
    np.save(folder / "a.npy", x)
    np.save(folder / "b.npy", y)
    return folder / "a.npy", folder / "b.npy"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is called."""
    found: list[str] = []

    def spied(name: str, function: Callable[[Rows, Rows], Rows]) -> Callable[[Rows, Rows], Rows]:
        def call(x: Rows, y: Rows) -> Rows:
            found.append(name)
            return function(x, y)

        return call

    for name in ("dots", "squared_distances"):
        monkeypatch.setattr(float32_rows, name, spied(name, getattr(float32_rows, name)))
    return found


@pytest.mark.parametrize("metric", ["cosine", "dot", "angular", "euclidean", "sqeuclidean", "correlation"])
def test_similarity_of_large_files(metric: str, large: tuple[Path, Path], calls: list[str]) -> None:
    a, b = large
    result = simtool.similarity(a, b, metric=metric)
    assert result.array is not None
    assert bool(calls) == (metric != "correlation")
    few = slice(0, 1 << 10)
    expected = getattr(simtool.metrics, metric)(*(np.load(path)[few].astype(np.float64) for path in large))
    np.testing.assert_allclose(result.array[few], expected, rtol=1e-12, atol=1e-14)
    if metric == "cosine":
        assert result.array[[5, 7]].tolist() == [0.0, 0.0]
        assert any("2 " in str(note) and "zero" in str(note) for note in result.notes)


def test_a_row_that_is_not_finite_is_named(large: tuple[Path, Path], calls: list[str], tmp_path: Path) -> None:
    rows = np.load(large[0])
    rows[70_000, 3] = np.nan
    np.save(tmp_path / "c.npy", rows)
    with pytest.raises(DataError, match="70000"):
        simtool.similarity(tmp_path / "c.npy", large[1])
    assert calls


@pytest.mark.parametrize("kind", ["contrastive", "cosine-embedding"])
def test_losses_of_large_files(kind: str, large: tuple[Path, Path], calls: list[str]) -> None:
    labels = np.random.default_rng(1).integers(2, size=1 << 17)
    found = simtool.loss(*large, kind=kind, labels=labels, margin=MARGIN)
    assert calls
    x, y = (np.load(path).astype(np.float64) for path in large)
    if kind == "contrastive":
        far = np.linalg.norm(x - y, axis=1)
        expected = np.where(labels == 1, far**2, np.maximum(0, MARGIN - far) ** 2)
    else:
        near = simtool.metrics.cosine(x, y)
        expected = np.where(labels == 1, 1 - near, np.maximum(0, near - MARGIN))
    assert found.summary["mean"] == pytest.approx(expected.mean(), rel=1e-12)
