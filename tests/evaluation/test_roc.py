"""The area below the ROC curve, equal error rates and true accept rates, against scikit-learn and loops."""

import numpy as np
import pytest
from scored_samples import KINDS, decided, sample
from sklearn import metrics

from simtool.evaluation.roc import FARS, far_name, roc_auc, tar_at_far
from simtool.evaluation.threshold_metrics import pair_measures
from simtool.statistics.counts import Grouped, counts_of


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_eer_is_where_the_lines_of_the_roc_curve_of_scikit_learn_cross(kind, seed):
    scores, similar = sample(kind, seed)
    far, tar, thresholds = metrics.roc_curve(similar, scores, drop_intermediate=False)
    # brute force on the straight lines: FAR + TAR = 1
    x = np.linspace(0, 1, 2_000_001)
    crossing = x[np.argmax(x + np.interp(x, far, tar) >= 1)]
    found = pair_measures(counts_of(scores, similar))["eer"]
    steep = np.interp(found.value, far, tar)
    assert found.value == pytest.approx(crossing, abs=1e-6) or abs(found.value + steep - 1) < 1e-9
    gap = np.abs(far + tar - 1)[1:]
    assert gap[thresholds[1:] == found.threshold] == pytest.approx(gap.min(), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_tar_at_far_is_the_best_of_a_loop(kind, seed):
    scores, similar = sample(kind, seed, 2500)
    positives, negatives = int(similar.sum()), int((~similar).sum())
    for far in FARS:
        fitting = [(right / positives, t) for t, right, wrong in decided(scores, similar) if wrong <= far * negatives]
        best = max((value for value, _ in fitting), default=0.0)
        found = tar_at_far(counts_of(scores, similar), far)
        if negatives * far < 1:
            assert found == (None, None)
        else:
            assert found.value == pytest.approx(best, abs=1e-12)
            assert found.threshold == next((t for value, t in fitting if value == best and best), None)


@pytest.mark.parametrize(("negatives", "names"), [(9, 0), (10, 1), (99, 1), (100, 2), (1000, 3), (10**6, 6)])
def test_a_false_accept_rate_needs_one_over_it_negatives(negatives, names):
    found = pair_measures(counts_of(np.arange(negatives + 1.0), np.arange(negatives + 1) == negatives))
    shown = [far for far in FARS if found[far_name(far)].value is not None]
    assert shown == list(FARS[:names])
    assert all(found[far_name(far)].value == 1.0 for far in shown)


def test_names_of_rates():
    assert [far_name(far) for far in FARS] == [f"tar@far1e-{power}" for power in range(1, 7)]


def test_no_hidden_sigmoid():
    # through a sigmoid in float64 these would all be 1, and tie
    scores, similar = np.asarray([100.0, 200.0, 300.0, 400.0]), np.asarray([0, 1, 0, 1])
    assert pair_measures(counts_of(scores, similar))["roc_auc"].value == 0.75


def test_counts_beyond_int64_products():
    scores, similar = np.asarray([0.0, 1.0, 2.0]), np.asarray([False, True, False])
    grouped = Grouped.of(scores, similar, larger_is_closer=True)
    found = pair_measures(grouped.counts(np.asarray([3e12, 5e12, 1e12])))
    assert found["roc_auc"].value == pytest.approx(0.75, abs=1e-15)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_auc_is_that_of_scikit_learn(kind, seed):
    scores, similar = sample(kind, seed)
    assert roc_auc(counts_of(scores, similar)).value == pytest.approx(metrics.roc_auc_score(similar, scores), abs=1e-12)
