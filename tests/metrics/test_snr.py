"""The signal-to-noise distance, against numpy's variances; it is not symmetric."""

import every_form
import numpy as np
import pytest

from simtool import evaluate, metrics, pairwise
from simtool.errors import ParameterError

A, B = (np.random.default_rng(n).normal(size=(n, 7)) * np.arange(1, n + 1)[:, None] + 100 for n in (19, 23))


def reference(x, y):
    return np.var(x - y) / np.var(x)


def test_aligned(xp, monkeypatch):
    every_form.check_aligned("snr", reference, A, B, xp, monkeypatch)


@pytest.mark.parametrize("backend", every_form.BACKENDS)
def test_all_pairs(backend):
    every_form.check_all_pairs("snr", reference, A, B, backend)


def test_a_set_with_itself_lists_both_orders_of_a_pair():
    rows = np.asarray([[0.0, 2.0], [0.0, 4.0], [0.0, 40.0]])  # variances 1, 4 and 400
    listed = pairwise(rows, metric="snr", threshold=1.0).rows.columns
    pairs = list(zip(*(listed[name].tolist() for name in ("a", "b", "score")), strict=True))
    assert pairs == [(0, 1, 1.0), (1, 0, 0.25), (2, 0, 0.9025), (2, 1, 0.81)]


def test_many_rows_of_one_set_are_compared_in_both_orders(monkeypatch):
    monkeypatch.setattr("simtool.engine.plan.QUERY_BLOCK", 128)
    monkeypatch.setattr("simtool.engine.plan.CORPUS_BLOCK", 128)
    rows = np.random.default_rng(0).normal(size=(400, 3)) * np.random.default_rng(1).uniform(1, 9, (400, 1))
    matrix = np.asarray([np.var(row - rows, axis=1) / np.var(row) for row in rows])
    np.fill_diagonal(matrix, np.inf)
    listed = pairwise(rows, metric="snr", top_k=2).rows.columns
    assert listed["b"].reshape(-1, 2).tolist() == np.argsort(matrix, axis=1)[:, :2].tolist()
    threshold = float(np.quantile(matrix, 0.02))
    listed = pairwise(rows, metric="snr", threshold=threshold).rows.columns
    assert np.stack([listed["a"], listed["b"]], axis=1).tolist() == np.argwhere(matrix <= threshold).tolist()


def test_an_evaluation_counts_both_orders():
    summary = evaluate(A, labels=np.arange(len(A)) % 3, metric="snr").summary
    assert summary["pairs"] == len(A) * (len(A) - 1)
    assert summary["positives"] == 7 * 6 + 6 * 5 + 6 * 5


def test_a_constant_anchor_divides_by_eps(xp):
    x, y = xp.array([3.0, 3.0]), xp.array([3.0, 5.0])
    assert float(metrics.snr(x, y)) == pytest.approx(1e8)
    assert float(metrics.snr(x, y, eps=0.5)) == 2
    assert float(metrics.snr(x, x + 4)) == 0
    for eps in (0.0, float("nan")):
        with pytest.raises(ParameterError, match="snr divides by it"):
            metrics.snr(x, y, eps=eps)
