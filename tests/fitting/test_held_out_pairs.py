"""Which pairs evaluate a head: scored pairs, triplets, two views."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

import simtool
from simtool.fitting.checkpoint import read_head

N, D = 240, 6
GENERATOR = np.random.default_rng(3)
CLASSES = np.arange(N) % 4
NOISE = GENERATOR.standard_normal((N, D)).astype(np.float32)
# one dim tells the classes apart, the others are loud
CLEAR = (NOISE * [4, 4, 4, 4, 4, 0.3] + CLASSES[:, None] * np.eye(D)[5] * 3).astype(np.float32)


def cosines(x, y):
    x, y = (side.astype(np.float64) for side in (x, y))
    return np.sum(x * y, axis=1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)


def test_scores_of_pairs_are_judged_by_their_ranks(tmp_path):
    other = NOISE[np.arange(N) // 2]  # every vector of B comes twice: 120 groups
    scores = np.clip(cosines(CLEAR[:, 3:], other[:, 3:]) + 0.1 * GENERATOR.standard_normal(N), -1, 1)
    path = str(tmp_path / "head.safetensors")
    found = simtool.fit(CLEAR, other, kind="cosent", labels=scores, epochs=5, output=path).summary
    rows = read_head(path).held_out
    assert set((rows ^ 1).tolist()) == set(rows.tolist())  # nothing leaks
    wanted = spearmanr(cosines(CLEAR[rows], other[rows]), scores[rows]).statistic
    assert found["spearman.before"] == pytest.approx(wanted)
    assert found["held_out"] == len(rows) == 48


def test_triplets_are_judged_by_their_two_pairs(tmp_path):
    a, p, n = CLEAR, np.roll(CLEAR, 4, axis=0), np.roll(CLEAR, 1, axis=0)
    path = str(tmp_path / "head.safetensors")
    found = simtool.fit(a, p + 0, n + 0, kind="triplet", distance="cosine-distance", epochs=1, output=path)
    rows = read_head(path).held_out
    scores = np.concatenate([cosines(a[rows], p[rows]), cosines(a[rows], n[rows])])
    wanted = roc_auc_score(np.repeat([1, 0], len(rows)), scores)
    assert found.summary["roc_auc.before"] == pytest.approx(wanted)


def test_views_are_judged_by_all_their_pairs(tmp_path):
    other = CLEAR + 0.5 * NOISE[::-1]
    path = str(tmp_path / "head.safetensors")
    found = simtool.fit(CLEAR, other, kind="info-nce", epochs=1, output=path).summary
    rows = read_head(path).held_out
    first, second = np.indices((len(rows), len(rows))).reshape(2, -1)
    wanted = roc_auc_score(first == second, cosines(CLEAR[rows][first], other[rows][second]))
    assert found["roc_auc.before"] == pytest.approx(wanted)
