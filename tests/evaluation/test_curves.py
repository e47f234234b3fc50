"""Curves against scikit-learn's, and areas against the measures."""

import numpy as np
import pytest
from sklearn import metrics

import simtool
from simtool.errors import LabelError
from simtool.evaluation.curves import det_curve, precision_recall_curve, roc_curve
from simtool.evaluation.precision_recall import average_precision
from simtool.evaluation.roc import equal_error_rate, roc_auc
from simtool.statistics.counts import counts_of

RNG = np.random.default_rng(8)
LABELS = np.arange(200) % 5 == 0
SCORES = RNG.normal(size=200) + 1.5 * LABELS


@pytest.fixture(params=["all different", "tied"])
def scores(request):
    return SCORES if request.param == "all different" else np.round(SCORES, 0) + 0.0


@pytest.mark.parametrize("larger_is_closer", [True, False])
def test_the_roc_curve_is_that_of_scikit_learn(scores, larger_is_closer):
    counts = counts_of(scores if larger_is_closer else -scores, LABELS, larger_is_closer=larger_is_closer)
    curve = roc_curve(counts)
    far, tar, thresholds = metrics.roc_curve(LABELS, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve.x, far, rtol=1e-15)
    np.testing.assert_allclose(curve.y, tar, rtol=1e-15)
    assert np.isnan(curve.thresholds[0])
    assert curve.thresholds[1:].tolist() == (thresholds[1:] if larger_is_closer else -thresholds[1:]).tolist()
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(roc_auc(counts).value, abs=1e-14)


def test_the_det_curve_is_that_of_scikit_learn(scores):
    counts = counts_of(scores, LABELS)
    curve = det_curve(counts)
    ours = {t: (x, y) for x, y, t in zip(curve.x, curve.y, curve.thresholds, strict=True)}
    far, frr, thresholds = metrics.det_curve(LABELS, scores)
    assert len(far) > 3
    for x, y, threshold in zip(far, frr, thresholds, strict=True):
        assert ours[threshold] == pytest.approx((x, y), abs=1e-15)
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 1, 1, 0)
    # the two rates are equal at the equal error rate
    gap = curve.x - curve.y
    assert np.interp(0.0, gap, curve.x) == pytest.approx(equal_error_rate(counts).value, abs=1e-14)


def test_the_precision_recall_curve_is_that_of_scikit_learn(scores):
    counts = counts_of(scores, LABELS)
    curve = precision_recall_curve(counts)
    precision, recall, thresholds = metrics.precision_recall_curve(LABELS, scores)
    np.testing.assert_allclose(curve.y[1:], precision[-2::-1], rtol=1e-15)
    np.testing.assert_allclose(curve.x[1:], recall[-2::-1], rtol=1e-15)
    assert curve.thresholds[1:].tolist() == thresholds[::-1].tolist()
    assert (curve.x[0], curve.y[0]) == (0, curve.y[1])
    assert np.sum(np.diff(curve.x) * curve.y[1:]) == pytest.approx(average_precision(counts).value, abs=1e-14)


def test_precision_starts_at_that_of_the_first_score():
    curve = precision_recall_curve(counts_of([0.9, 0.9, 0.9, 0.2], [1, 0, 0, 1]))
    assert (curve.x.tolist(), curve.y.tolist()) == ([0, 0.5, 1], [1 / 3, 1 / 3, 0.5])


@pytest.mark.parametrize("draw", [roc_curve, det_curve, precision_recall_curve])
@pytest.mark.parametrize(("label", "missing"), [(True, "negatives"), (False, "positives")])
def test_a_curve_needs_both_classes(draw, label, missing):
    with pytest.raises(LabelError, match=f"there are no {missing}"):
        draw(counts_of(SCORES[:3], np.full(3, label)))


def test_an_evaluation_of_pairs_has_counts_of_both_models():
    labels = LABELS.astype(int)
    result = simtool.evaluate(scores=SCORES, labels=labels, against=-SCORES, bootstrap=0)
    assert set(result.counts) == {"overall", "against"}
    assert roc_auc(result.counts["overall"]).value == result.summary["roc_auc"]
    assert roc_auc(result.counts["against"]).value == result.summary["roc_auc.against"]
    (histogram,) = result.histograms
    assert histogram.name == "score"
    assert histogram.counts["positives"].sum() == LABELS.sum()
    only_targets = simtool.evaluate(scores=SCORES, targets=SCORES)
    assert (only_targets.counts, only_targets.histograms) == ({}, ())


def test_counts_of_bins_draw_the_curve_of_the_exact_scores():
    rows = RNG.normal(size=(60, 5)).astype(np.float32)
    classes = np.arange(60) % 3
    exact, binned = (simtool.evaluate(rows, labels=classes, retrieval=False, exact_pairs=most) for most in (1 << 22, 1))
    curves = [roc_curve(result.counts["overall"]) for result in (exact, binned)]
    assert curves[1].x[-1] == curves[1].y[-1] == 1
    # a bin is 2^-17 wide, so no more than a pair or two of 1770 change places
    places = np.linspace(0, 1, 50)
    near = [np.interp(places, curve.thresholds[:0:-1], curve.y[:0:-1]) for curve in curves]
    assert np.abs(near[0] - near[1]).max() < 5e-3
    counts = [result.histograms[0].counts["negatives"] for result in (exact, binned)]
    assert counts[0].sum() == counts[1].sum() == 1770 - 3 * 190
    assert np.abs(counts[0] - counts[1]).max() <= 1
