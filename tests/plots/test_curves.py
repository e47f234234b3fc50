"""Pictures of an evaluation: the curves and histograms that stand in a figure."""

import numpy as np
import pytest
from drawn_pictures import RNG, SCORES, checked, evaluation, figure_of, texts, words_of

import simtool
from simtool.errors import LabelError
from simtool.evaluation.curves import det_curve, precision_recall_curve, roc_curve
from simtool.plots.curves import _deviates, _seen, curve_drawing


def test_the_text_of_an_svg_is_text(tmp_path):
    checked(tmp_path / "roc.svg").write(curve_drawing(evaluation(), "roc"))
    words = words_of(tmp_path / "roc.svg")
    low, high = (evaluation().summary[f"roc_auc.{end}"] for end in ("low", "high"))
    for expected in (
        f"AUC {evaluation().summary['roc_auc']:.4f} [{low:.4f}, {high:.4f}]",
        f"AUC {evaluation().summary['roc_auc.against']:.4f}, against",
        "false accept rate FAR",
        "true accept rate TAR",
        "ROC curve: s.txt",
        "score, 30 positives, 60 negatives",
    ):
        assert expected in words


def test_the_curves_drawn_are_those_of_both_models():
    models = evaluation().counts.values()
    for kind, curve in (("roc", roc_curve), ("precision-recall", precision_recall_curve)):
        (axes,) = figure_of(curve_drawing(evaluation(), kind)).axes
        lines = [line for line in axes.lines if len(line.get_xdata()) > 2]
        for line, counts in zip(lines, models, strict=True):
            assert np.array_equal(line.get_xydata(), np.column_stack(curve(counts)[:2]))
        assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 2
    assert all(line.get_drawstyle() == "steps-pre" for line in lines)


def test_the_det_curve_stands_on_normal_deviates():
    (axes,) = figure_of(curve_drawing(evaluation(), "det")).axes
    curve = det_curve(evaluation().counts["overall"])
    assert np.array_equal(axes.lines[0].get_xdata(), _deviates(curve.x))
    # of the standard normal distribution: tables have 1.644854 for 0.95
    np.testing.assert_allclose(_deviates(np.asarray([0.5, 0.05, 0.95])), [0, -1.644854, 1.644854], atol=1e-6)
    for axis in (axes.xaxis, axes.yaxis):
        shown = dict(zip((tick.get_text() for tick in axis.get_ticklabels()), axis.get_ticklocs(), strict=True))
        assert shown["50"] == 0
        assert shown["5"] == pytest.approx(-1.644854, abs=1e-6)


def test_scores_show_shares_and_the_threshold():
    (axes,) = figure_of(curve_drawing(evaluation(), "scores")).axes
    (histogram,) = evaluation().histograms
    outlines = [patch for patch in axes.patches if not patch.get_fill()]
    for outline, counts, total in zip(outlines, histogram.counts.values(), (30, 60), strict=True):
        values, edges, _ = outline.get_data()
        np.testing.assert_allclose(values, 100 * counts / total)
        assert np.array_equal(edges, histogram.edges)
    (threshold,) = axes.lines
    assert threshold.get_xdata()[0] == evaluation().summary["best_f1.threshold"]
    assert texts(axes)[:2] == ["30 positives", "60 negatives"]
    assert texts(axes)[2].startswith(f"best F1 {evaluation().summary['best_f1']:.4f} at ")


def test_one_class_has_scores_but_no_curve():
    result = simtool.evaluate(scores=SCORES, labels=np.ones(90, dtype=bool))
    (axes,) = figure_of(curve_drawing(result, "scores")).axes
    assert texts(axes) == ["90 positives"]
    for kind in ("roc", "all"):
        with pytest.raises(LabelError, match="there are no negatives"):
            curve_drawing(result, kind)


def test_many_points_are_thinned_to_what_can_be_seen():
    x = np.sort(RNG.random(300_000))
    y = np.sort(RNG.random(300_000))
    seen_x, seen_y = _seen(x, y)
    assert len(seen_x) < 30_000
    assert (seen_x[0], seen_y[-1]) == (x[0], y[-1])
    assert np.abs(np.interp(x, seen_x, seen_y) - y).max() < 1 / 2000
    assert _seen(x[:4000], y[:4000])[0] is not None
    assert len(_seen(x[:4000], y[:4000])[0]) == 4000
