"""Pictures of an evaluation: ROC, DET, precision and recall, scores."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import LabelError, ParameterError, closest
from ..evaluation.curves import Curve, det_curve, precision_recall_curve, roc_curve
from ..results import Column, Result
from .style import BLUE, GREY, LINES, SIZE, Drawing, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

ALL = "all"  # kinds in one figure
WIDE = (11.0, 9.0)  # inches
FINE = 4000  # steps of an axis; points that are closer than one cannot be told apart
RATES = (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999)
ROOM = 0.12  # of an axis, from one label to the next
DEEPEST = 1e-7  # the least rate that an axis shows


@dataclass(frozen=True)
class Kind:
    """A picture of an evaluation.

    Args:
        two_classes: whether it needs positives and negatives.
    """

    draw: Callable[["Axes", Result], None]
    two_classes: bool = True


def check_curves(kind: str, where: str) -> None:
    """Refuse what is no picture of an evaluation.

    Raises:
        ParameterError: there is no such kind.
    """
    known = (*KINDS, ALL)
    if kind not in known:
        nearest = closest(kind, known)
        guess = f"did you mean {nearest}? " if nearest else ""
        raise ParameterError(f"no picture is called {kind!r}", where, f"{guess}there is {', '.join(known)}")


def curve_drawing(result: Result, kind: str | None = None) -> Drawing:
    """Return a picture of an evaluation.

    Args:
        result: of `evaluate`, with counts.
        kind: roc, which is the default, det, precision-recall, scores, or all.

    Raises:
        LabelError: a curve of one class only.
    """
    positives, negatives = result.counts["overall"].totals
    kinds = list(KINDS.values()) if kind == ALL else [KINDS[kind or "roc"]]
    if any(each.two_classes for each in kinds) and not (positives and negatives):
        missing = "negatives" if positives else "positives"
        what = f"a curve needs positives and negatives, and there are no {missing}"
        raise LabelError(what, "«plot»", "the kind scores shows one class; or leave it out")

    def draw(figure: "Figure") -> None:
        side = 2 if len(kinds) > 1 else 1
        for axes, each in zip(np.ravel(figure.subplots(side, side)), kinds, strict=True):
            each.draw(axes, result)

    return Drawing(draw, WIDE if len(kinds) > 1 else SIZE)


def _draw_roc(axes: "Axes", result: Result) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":", label="chance")
    for (name, counts), style in zip(result.counts.items(), LINES, strict=False):
        _line(axes, roc_curve(counts), style, _named(result, name, "roc_auc", "AUC"))
    value, threshold = (_measured(result, key) for key in ("eer", "eer.threshold"))
    label = f"EER {_number(value)} at {_number(threshold)}"
    axes.plot([value], [1 - value], "o", color=BLUE, markerfacecolor="white", label=label)
    _finish(axes, result, "ROC curve", "false accept rate FAR", "true accept rate TAR")
    axes.legend(loc="lower right")


def _draw_det(axes: "Axes", result: Result) -> None:
    positives = result.counts["overall"].totals[0]
    lefts, tops = [], []
    for (name, counts), style in zip(result.counts.items(), LINES, strict=False):
        curve = det_curve(counts)
        line = Curve(_deviates(curve.x), _deviates(curve.y), curve.thresholds)
        _line(axes, line, style, _named(result, name, "eer", "EER"))
        lefts.append(float(curve.x[curve.x > 0].min()))
        tops.append(float(curve.y[curve.x > 0].max()))
    ends = _deviates(np.asarray([DEEPEST, 1 - DEEPEST]))
    axes.plot(ends, ends, color=GREY, linewidth=1, linestyle=":", label="FAR = FRR")
    axes.set_xlim(*_scaled(axes.xaxis, max(min(lefts) / 2, DEEPEST), 0.6))
    axes.set_ylim(*_scaled(axes.yaxis, max(0.5 / positives, DEEPEST), min(max(0.6, *tops), 0.999)))
    _finish(axes, result, "DET curve", "false accept rate FAR (%)", "false reject rate FRR (%)")
    axes.legend(loc="lower left")


def _draw_precision_recall(axes: "Axes", result: Result) -> None:
    positives, negatives = result.counts["overall"].totals
    share = positives / (positives + negatives)
    axes.axhline(share, color=GREY, linewidth=1, linestyle=":", label=f"chance {share:.3g}")
    for (name, counts), style in zip(result.counts.items(), LINES, strict=False):
        label = _named(result, name, "average_precision", "average precision")
        _line(axes, precision_recall_curve(counts), style, label, drawstyle="steps-pre")
    _finish(axes, result, "Precision and recall", "recall", "precision")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.legend(loc="best")


def _draw_scores(axes: "Axes", result: Result) -> None:
    (histogram,) = result.histograms
    for (name, counts), (color, style) in zip(histogram.counts.items(), LINES, strict=False):
        total = int(counts.sum())
        if not total:
            continue
        share = 100.0 * counts / total
        axes.stairs(share, histogram.edges, fill=True, color=color, alpha=0.25)
        label = f"{total:,} {name}"
        axes.stairs(share, histogram.edges, color=color, linestyle=style, linewidth=1.6, label=label)
    value, threshold = (result.summary[key] for key in ("best_f1", "best_f1.threshold"))
    if isinstance(threshold, float):
        label = f"best F1 {_number(value)} at {_number(threshold)}"
        axes.axvline(threshold, color="black", linewidth=1.4, linestyle="-.", label=label)
    axes.set_ylim(0, 1.3 * axes.dataLim.ymax)  # room for the legend above the highest bin
    _finish(axes, result, "Scores", histogram.name, "share of the class in each bin (%)")
    axes.legend(loc="upper left")


KINDS = {
    "roc": Kind(_draw_roc),
    "det": Kind(_draw_det),
    "precision-recall": Kind(_draw_precision_recall),
    "scores": Kind(_draw_scores, two_classes=False),
}


def _line(axes: "Axes", curve: Curve, style: tuple[str, str], label: str, **options: Any) -> None:
    x, y = _seen(curve.x, curve.y)
    color, dashes = style
    axes.plot(x, y, color=color, linestyle=dashes, label=label, solid_joinstyle="round", **options)


def _seen(x: Column, y: Column) -> tuple[Column, Column]:
    """Leave out points that lie where the one before and the one after are: a picture is not a table."""
    if len(x) <= FINE:
        return x, y
    places = []
    for values in (x, y):
        low, span = values.min(), max(float(np.ptp(values)), 1e-300)
        places.append(np.floor((values - low) / span * FINE))
    moved = (np.diff(places[0]) != 0) | (np.diff(places[1]) != 0)
    keep = np.concatenate([[True], moved]) | np.concatenate([moved, [True]])
    return x[keep], y[keep]


def _scaled(axis: "Axis", low: float, high: float) -> Column:
    """Put ticks at rates in percent on an axis of normal deviates, where there is room; return its ends."""
    first, last = ends = _deviates(np.asarray([low, high]))
    places: list[float] = []
    labels: list[str] = []
    for rate in reversed(RATES):
        place = float(_deviates(np.asarray([rate]))[0])
        if first <= place <= last and (not places or places[-1] - place > ROOM * (last - first)):
            places.append(place)
            labels.append(f"{100 * rate:g}")
    axis.set_ticks(places, labels=labels)
    return ends


def _deviates(rates: Column) -> Column:
    """Return the normal deviates of rates; 0 and 1 go where no axis reaches."""
    distinct, place = np.unique(np.clip(rates, DEEPEST / 10, 1 - DEEPEST / 10), return_inverse=True)
    normal = NormalDist()
    return np.asarray([normal.inv_cdf(rate) for rate in distinct.tolist()])[place]


def _named(result: Result, model: str, key: str, name: str) -> str:
    """Return a legend's text: the measure of a model, with its interval if it has one."""
    if model != "overall":
        return f"{name} {_number(result.summary[f'{key}.{model}'])}, {model}"
    low, high = (result.summary.get(f"{key}.{end}") for end in ("low", "high"))
    interval = "" if low is None or high is None else f" [{_number(low)}, {_number(high)}]"
    return f"{name} {_number(result.summary[key])}{interval}"


def _measured(result: Result, key: str) -> float:
    value = result.summary[key]
    assert isinstance(value, float)
    return value


def _number(value: object) -> str:
    if not isinstance(value, float):
        return "undefined"
    return f"{value:.4f}" if value == 0 or 0.001 <= abs(value) < 1000 else f"{value:.4g}"


def _finish(axes: "Axes", result: Result, name: str, x: str, y: str) -> None:
    positives, negatives = result.counts["overall"].totals
    counted = f"{result.histograms[0].name}, {positives:,} positives, {negatives:,} negatives"
    axes.set_title(f"{name}: {title_of(result.inputs)}\n{counted}")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
