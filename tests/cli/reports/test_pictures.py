"""The pictures of a page: points of curves against scikit-learn, sweeps, and drift."""

import re

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_curve

import simtool
from simtool.cli.reports.html import html_report
from simtool.cli.reports.pictures import curve_pictures, drift_pictures

RNG = np.random.default_rng(3)
LABELS = np.arange(60) % 2
SCORES = RNG.normal(size=60) + LABELS


def points(picture):
    """Return what is drawn, as x and y between 0 and 1, and the marked point."""
    (line,) = re.findall(r'<polyline points="([^"]*)"', picture)
    drawn = np.asarray([list(map(float, pair.split(","))) for pair in line.split()])
    mark = np.asarray([float(value) for value in re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)"', picture).groups()])
    return [np.stack([(each[..., 0] - 56) / 240, 1 - (each[..., 1] - 14) / 240], axis=-1) for each in (drawn, mark)]


def test_curves_are_those_of_scikit_learn_with_the_chosen_threshold():
    result = simtool.evaluate(scores=SCORES, labels=LABELS)
    roc, det, precision_recall = curve_pictures(result)
    drawn, mark = points(roc)
    far, tar, _ = roc_curve(LABELS, SCORES, drop_intermediate=False)
    np.testing.assert_allclose(drawn, np.stack([far, tar], axis=1), atol=0.001)
    chosen = result.summary["best_f1.threshold"]
    at = [(SCORES[label == LABELS] >= chosen).mean() for label in (0, 1)]
    np.testing.assert_allclose(mark, at, atol=0.001)
    assert f"best F1 at {chosen:.4g}: false accept rate {at[0]:.4g}" in roc
    precision, recall, _ = precision_recall_curve(LABELS, SCORES)
    drawn, mark = points(precision_recall)
    expected = np.stack([recall, precision], axis=1)[::-1][1:]
    np.testing.assert_allclose(drawn[1:], expected, atol=0.001)
    drawn, mark = points(det)
    assert drawn[0] == pytest.approx([0, 1], abs=0.001)
    assert (np.diff(drawn[:, 0]) >= 0).all()
    assert (np.diff(drawn[:, 1]) <= 0).all()


def test_pairs_of_one_class_have_no_curves():
    assert list(curve_pictures(simtool.evaluate(scores=SCORES, labels=np.ones(60, dtype=int)))) == []
    assert list(curve_pictures(simtool.evaluate(scores=SCORES, targets=SCORES))) == []


def test_a_sweep_shows_loss_active_share_and_gradient():
    x, y = RNG.normal(size=(2, 60, 4))
    swept = simtool.loss(x, y, labels=LABELS, kind="contrastive", sweep=("margin", [0.5, 1.0, 2.0]))
    page = "".join(html_report(swept, ()))
    for name in ("loss", "active_share", "gradient_norm"):
        values = [row[name] for row in swept]
        assert f"{name}, contrastive by margin, from {values[0]:.4g} at 0.5 to {values[-1]:.4g} at 2.0" in page


def test_ids_are_drawn_by_how_far_they_moved():
    x, y = RNG.normal(size=(2, 60, 4))
    moved = simtool.compare(x, y, per_id=True)
    (picture,) = drift_pictures(moved)
    cosines = sorted(row["cosine"] for row in moved)
    assert f"from {cosines[0]:.4g} at 1 to {cosines[-1]:.4g} at 60" in picture
    assert list(drift_pictures(simtool.compare(x, y))) == []
