"""What sets positives apart from negatives, against numpy on either of them alone."""

import numpy as np
import pytest

import simtool

A, B, C = np.random.default_rng(0).normal(size=(3, 50, 4))
LABELS = np.arange(50) % 3 == 0


def cosines(x, y):
    return (x * y).sum(axis=1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)


def test_pairs_are_counted_averaged_and_spread_by_label(monkeypatch):
    monkeypatch.setattr("simtool.engine.threads.BLOCK", 7)
    found = simtool.loss(A, B, labels=LABELS, kind="contrastive")
    scores = cosines(A, B)
    (histogram,) = found.histograms
    losses = found.array
    for name, members in (("positive", LABELS), ("negative", ~LABELS)):
        assert found.summary[f"{name}s"] == members.sum()
        assert found.summary[f"{name}_similarity"] == pytest.approx(scores[members].mean(), rel=1e-12)
        assert found.summary[f"{name}_loss"] == pytest.approx(losses[members].mean(), rel=1e-12)
        assert histogram.counts[f"{name}s"].sum() == members.sum()


def test_both_ends_of_triplets():
    found = simtool.loss(A, B, C, kind="triplet")
    assert found.summary["positive_similarity"] == pytest.approx(cosines(A, B).mean(), rel=1e-12)
    assert found.summary["negative_similarity"] == pytest.approx(cosines(A, C).mean(), rel=1e-12)


def test_the_mean_of_none_is_undefined():
    found = simtool.loss(A, B, labels=np.ones(50, dtype=bool), kind="contrastive").summary
    assert (found["negatives"], found["negative_similarity"], found["negative_loss"]) == (0, None, None)
