"""Pairs that are kept, their groups, and the difference of two models."""

import numpy as np
import pytest

from simtool.errors import DataError, LabelError, ShapeError
from simtool.evaluation.inputs import EvaluationInputs
from simtool.evaluation.pair_job import PairScores, pair_job, read_scores

NAMES = {name: name for name in ("scores", "labels", "targets", "by", "against")}
SCORES = np.asarray([0.9, np.nan, 0.2, 0.7, 0.4])


def scored(values):
    return PairScores(np.asarray(values), {"scores": "s"}, None, ())


def inputs(**given):
    roles = dict.fromkeys(("a", "b", "scores", "labels", "targets", "by", "against"))
    return EvaluationInputs(**{**roles, **given}, names=NAMES)


def test_pairs_without_a_score_are_left_out_of_everything():
    given = inputs(labels=np.asarray([1, 1, 0, 1, 0]), by=np.asarray(list("xxyyx")))
    job = pair_job(scored(SCORES), None, given, larger_is_closer=True, folds=2)
    assert job.sample.scores.tolist() == [0.9, 0.2, 0.7, 0.4]
    assert {name: rows.tolist() for name, rows in job.groups.items()} == {"x": [0, 3], "y": [1, 2]}
    assert any(note.startswith("1 pair not finite, left out: row 1") for note in job.notes)
    assert job.part(job.groups["x"]).sample.scores.tolist() == [0.9, 0.4]
    assert job.counts()["overall"].totals == (2, 2)
    with pytest.raises(DataError, match="no pair has a finite score"):
        pair_job(scored([np.nan] * 5), None, given, larger_is_closer=True, folds=2)


def test_a_difference_is_drawn_on_the_same_pairs():
    labels = np.random.default_rng(0).random(60) < 0.5
    values = np.random.default_rng(1).normal(size=60) + labels
    job = pair_job(scored(values), scored(values * 2), inputs(labels=labels), larger_is_closer=True, folds=2)
    report = job.report(50, 0)
    assert report.summary()["roc_auc.difference"] == 0.0
    # twice the scores are in the same order, in every draw
    assert report.intervals.bounds["roc_auc.difference"] == (0.0, 0.0)


def test_labels_that_are_none_are_refused():
    with pytest.raises(LabelError, match="is not binary") as refused:
        pair_job(scored([0.1, 0.2]), None, inputs(labels=np.asarray([0.5, 1])), larger_is_closer=True, folds=2)
    assert "«targets»" in refused.value.hint


def test_scores_are_read_as_numbers():
    assert read_scores(["1", "-2.5"], "s", "error").tolist() == [1.0, -2.5]
    assert np.isnan(read_scores([np.inf, 1], "s", "drop")).tolist() == [True, False]
    for values, error, words in (
        (["score", "1"], DataError, "row 0 is 'score'"),
        ([np.nan], DataError, "row 0 of 1 is NaN or infinity"),
        (np.ones((2, 2)), DataError, "expected one number per pair"),
        ([], ShapeError, "there are no scores"),
    ):
        with pytest.raises(error, match=words):
            read_scores(values, "s", "error")
