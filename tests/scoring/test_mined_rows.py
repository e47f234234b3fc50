"""Losses of triplets that rank the negatives, of rows on a grid with many equal distances, against loops."""

import numpy as np
import pytest
from loops import LOOPS

import simtool
from simtool.metrics import score_rows
from simtool.scoring import batch_data, mined_rows, sorted_batch

RNG = np.random.default_rng(3)
GRID = RNG.integers(0, 3, size=(60, 3)) + 4096.0
CLASSES = RNG.permutation(np.repeat(np.arange(9), [1, 1, 2, 4, 8, 12, 12, 10, 10]))


@pytest.fixture(params=[(60, 7), (500, 300)], autouse=True)
def blocks(request, monkeypatch):
    monkeypatch.setattr(batch_data, "SORTED", 0)
    monkeypatch.setattr(mined_rows, "HELD", request.param[0])
    monkeypatch.setattr(mined_rows, "COLUMNS", request.param[1])
    monkeypatch.setattr(sorted_batch, "GATHERED", 10)  # three pairs at a time


@pytest.mark.parametrize("kind", ["semi-hard-triplet", "batch-all-triplet"])
@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "unit-euclidean"])
@pytest.mark.parametrize("margin", [0.0, 1.0, 1e-5])
def test_ties_and_margins_are_decided_as_by_exact_distances(kind, metric, margin):
    unit = GRID / np.linalg.norm(GRID, axis=1, keepdims=True) if metric.startswith("unit") else GRID
    distances = [score_rows(metric.removeprefix("unit-"), unit, np.broadcast_to(row, unit.shape)) for row in unit]
    items = LOOPS[kind][0](np.stack(distances).tolist(), CLASSES.tolist(), margin=margin)
    found = simtool.loss(GRID, kind=kind, labels=CLASSES, distance=metric, margin=margin).summary
    if kind == "batch-all-triplet":
        total, active = (sum(each) for each in zip(*items, strict=True))
    else:
        total, active = sum(items), sum(item > 0 for item in items)
    assert found["total"] == pytest.approx(total, rel=1e-6)
    assert found["active"] == active
