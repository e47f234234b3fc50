"""The same bytes for every tiling, number of threads, precision of the scan and budget; the same ids everywhere."""

import subprocess
import sys

import numpy as np
import pytest
from brute_force import METRICS, SCANS, select

from simtool import pairwise
from simtool.engine.rescoring import Pairs

QUESTIONS = [{"top_k": 4}, {"top_k": 90}, {"threshold": None}, {"max_pairs": 777}]


def rows_of(seed=0):
    """Rows with near-duplicates, equal rows, a zero row, and numbers that float32 has to round."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(700, 9)) / 3
    rows[100:200] = rows[:100] * (1 + 1e-9 * rng.normal(size=(100, 1)))
    rows[300:350] = rows[50:100]
    rows[5] = 0
    return rows


def bytes_of(result):
    """Everything that a result says, bit by bit."""
    return {name: column.tobytes() for name, column in result.rows.columns.items()}, result.summary


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
@pytest.mark.parametrize("metric", METRICS)
def test_neither_tiles_nor_precision_nor_budget_show(metric, question):
    a = rows_of()
    if "threshold" in question:
        question = {"threshold": float(np.median(pairwise(a, top_k=20, metric=metric).rows.columns["score"]))}
    whole = bytes_of(pairwise(a, metric=metric, **question))
    ways = [{"tiling": t} for t in ((1024, 4096), (128, 256), (200, 77), (64, 700))]
    ways += [{"tiling": (128, 256), "most": most, "share": share} for most, share in ((500, 0.0), (5000, 2.0))]
    for scan in SCANS:
        for way in ways if scan == SCANS[0] else ways[::3]:
            with pytest.MonkeyPatch.context() as patch:
                assert bytes_of(select(patch, scan, a, metric=metric, **way, **question)) == whole, (scan, way)
    for budget in ("256M", "1G", "4G"):
        assert bytes_of(pairwise(a, metric=metric, max_memory=budget, **question)) == whole


@pytest.mark.parametrize("metric", METRICS)
def test_exact_scores_do_not_depend_on_the_workers(metric):
    a, b = np.random.default_rng(0).normal(size=(2, 200, 3000))
    rows, columns = np.random.default_rng(1).integers(0, 200, (2, 2000))
    scores = [Pairs(metric, a, b, scaled=False, workers=workers).score(rows, columns) for workers in (1, 2, 5)]
    assert scores[0].tobytes() == scores[1].tobytes() == scores[2].tobytes()


HASHED = """
import hashlib, sys
import numpy as np
import simtool
rng = np.random.default_rng(0)
for size, dims in ((1500, 30), (60, 20_000)):
    rows = rng.normal(size=(size, dims)).astype("f4")
    for metric in ("cosine", "dot", "euclidean"):
        for question in ({"top_k": 3}, {"max_pairs": 500}):
            for backend in ("numpy", "torch"):
                result = simtool.pairwise(rows, metric=metric, backend=backend, **question)
                digest = hashlib.sha256(b"".join(c.tobytes() for c in result.rows.columns.values())).hexdigest()
                print(size, metric, question, digest, result.summary["mean"])
"""


def test_threads_do_not_show(monkeypatch):
    printed = []
    for threads in ("1", "2"):
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            monkeypatch.setenv(variable, threads)
        done = subprocess.run([sys.executable, "-c", HASHED], capture_output=True, text=True, check=True)
        printed.append(done.stdout.splitlines())
    assert printed[0] == printed[1]
    assert len(printed[0]) == 24
    assert printed[0][::2] == printed[0][1::2]  # numpy, torch
