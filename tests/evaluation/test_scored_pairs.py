"""Measures of scored pairs: labels, targets, parts, and resamples as pairs that come several times."""

import numpy as np
import pytest
from scipy import stats

from simtool.evaluation.scored_pairs import CORRELATIONS, FOLD_NAMES, Sample, has_threshold, measure_names
from simtool.evaluation.threshold_metrics import pair_measures
from simtool.statistics.counts import counts_of

RNG = np.random.default_rng(0)
SIMILAR = RNG.random(80) < 0.5
SCORES = RNG.normal(size=80) + SIMILAR
TARGETS = SCORES + RNG.normal(size=80)


@pytest.mark.parametrize("larger", [True, False])
def test_correlations_are_those_of_scipy_with_closeness(larger):
    found = Sample(SCORES, None, TARGETS, larger).measures()
    sign = 1 if larger else -1
    peers = (stats.spearmanr, stats.pearsonr, stats.kendalltau)
    for name, peer in zip(CORRELATIONS, peers, strict=True):
        assert found[name].value == pytest.approx(sign * peer(SCORES, TARGETS).statistic, abs=1e-12)
    assert set(found) == set(CORRELATIONS)


def test_labels_bring_the_measures_of_thresholds_and_folds():
    found = Sample(SCORES, SIMILAR, None, True).measures()
    assert {**pair_measures(counts_of(SCORES, SIMILAR))}.items() <= found.items()
    assert set(found) == set(measure_names()) - set(CORRELATIONS)
    assert Sample(SCORES, SIMILAR, None, True, folds=41).measures()[FOLD_NAMES[0]].value is None  # too few of a class


def test_a_resample_is_its_pairs_again():
    index = RNG.integers(0, 80, 80)
    sample = Sample(SCORES, SIMILAR, TARGETS, True)
    again = Sample(SCORES[index], SIMILAR[index], TARGETS[index], True, folds=0).measures()
    for name, value in sample.resampled(index).items():
        assert value == pytest.approx(again[name].value, abs=1e-12), name
    part = sample.part(np.arange(10, 30))
    assert part.scores.tolist() == SCORES[10:30].tolist()
    assert part.counted() == {"pairs": 20, "positives": SIMILAR[10:30].sum(), "negatives": 20 - SIMILAR[10:30].sum()}


def test_float32_scores_that_rounding_tells_apart_have_one_rank():
    scores = np.asarray([0.1, 0.1 + 1e-12, 0.3, 0.2])
    targets = np.asarray([2.0, 1.0, 4.0, 3.0])
    narrow = Sample(scores, None, targets, True, narrow=True).measures()["spearman"].value
    expected = stats.spearmanr(scores.round(6), targets).statistic
    assert narrow == pytest.approx(expected, abs=1e-12)
    assert Sample(scores, None, targets, True).measures()["spearman"].value != pytest.approx(expected, abs=1e-3)


def test_which_measures_have_thresholds():
    assert next(name for name in measure_names() if has_threshold(name)) == "eer"
    assert not has_threshold("roc_auc")
