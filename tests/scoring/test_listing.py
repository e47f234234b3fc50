"""The items of a loss as rows: ranks against scipy, and words against what they say."""

import numpy as np
from scipy.stats import rankdata

import simtool

A, B, C = np.random.default_rng(0).normal(size=(3, 30, 3))
LABELS = np.arange(30) % 2


def test_the_places_of_a_ranking_are_those_of_scipy():
    scores = np.random.default_rng(1).integers(0, 6, 30) / 5  # with ties
    rows = simtool.loss(A, B, labels=scores, kind="cosent").rows.columns
    apart = rankdata(rows["similarity"]) - rankdata(scores)
    assert rows["rank_difference"].tolist() == apart.tolist()
    top = simtool.loss(A, B, labels=scores, kind="cosent", top=5).rows.columns
    assert top["id"].tolist() == np.argsort(-np.abs(apart), kind="stable")[:5].tolist()


def test_the_words_of_pairs_are_what_the_loss_does_to_them():
    rows = simtool.loss(A, B, labels=LABELS, kind="contrastive").rows.columns
    for label, active, meaning in zip(rows["label"], rows["active"], rows["meaning"], strict=True):
        assert meaning.startswith("similar" if label else "dissimilar")
        assert meaning.endswith("at rest") != active


def test_the_words_of_triplets_compare_both_ends():
    rows = simtool.loss(A, B, C, kind="triplet", distance="euclidean").rows.columns
    near, far = (np.linalg.norm(A - other, axis=1) for other in (B, C))
    expected = ["satisfied: at rest", "inside the margin", "the negative is closer"]
    assert rows["meaning"].tolist() == [
        expected[int(active) * (1 + int(closer))] for active, closer in zip(rows["active"], near > far, strict=True)
    ]


def test_anchors_are_listed_with_their_hardest_pairs():
    codes = np.asarray([0, 0, 1, 1, 2])
    rows = simtool.loss(A[:5], labels=codes, kind="sup-con").rows.columns
    assert rows["positive"].tolist()[:4] == [1, 0, 3, 2]
    listed = dict(zip(rows["id"].tolist(), rows["meaning"].tolist(), strict=True))
    assert listed.get(4, "no positive") == "no positive"
