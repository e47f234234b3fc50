"""The pictures of a page: curves with the chosen threshold, and how far ids moved."""

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np

from simtool.evaluation import Curve, det_curve, precision_recall_curve, roc_curve
from simtool.results import Column, Columns, Result, curve_figures, plane_figure

LEAST = 1e-4  # of a rate that a DET curve shows
MOST_IDS = 100_000


def curve_pictures(result: Result) -> Iterator[str]:
    """Yield ROC, DET and precision over recall, with the threshold of the best F1 marked."""
    chosen = result.summary.get("best_f1.threshold")
    counts = {name: each for name, each in result.counts.items() if all(each.totals)}
    if not isinstance(chosen, float) or "overall" not in counts:
        return
    curves = {
        "ROC": (roc_curve, ("false accept rate", "true accept rate")),
        "DET": (det_curve, ("false accept rate", "false reject rate")),
        "Precision and recall": (precision_recall_curve, ("recall", "precision")),
    }
    for title, (curve_of, axes) in curves.items():
        found = {name: curve_of(each) for name, each in counts.items()}
        at = _place(found["overall"], chosen)
        x, y = float(found["overall"].x[at]), float(found["overall"].y[at])
        lines, ends = {name: (curve.x, curve.y) for name, curve in found.items()}, ("0", "1")
        if title == "DET":
            lines = {name: (_deviates(curve.x), _deviates(curve.y)) for name, curve in found.items()}
            ends = "0.01 %", "99.99 %"
        across, up = (float(values[at]) for values in lines["overall"])
        said = f"best F1 at {chosen:.4g}: {axes[0]} {x:.4g}, {axes[1]} {y:.4g}"
        yield plane_figure(title, axes, lines, (across, up, said), ends)


def drift_pictures(result: Result) -> Iterator[str]:
    """Yield the cosine of each id with itself, the least first."""
    if result.parameters.get("per_id"):
        cosines = np.sort(result.rows.read(0, min(len(result.rows), MOST_IDS))["cosine"])
        ranks = np.arange(1, len(cosines) + 1)
        yield from curve_figures(Columns({"ids, the furthest first": ranks, "cosine": cosines}))


def _place(curve: Curve, threshold: float) -> int:
    """Return the last point of a curve at which what is as close as the threshold is accepted."""
    return int(np.nanargmin(np.abs(curve.thresholds - threshold)))


def _deviates(rates: Column) -> Column:
    """Return rates on an axis of normal deviates, from 0.01 % to 99.99 %, as places between 0 and 1."""
    normal = NormalDist()
    distinct, place = np.unique(np.clip(rates, LEAST, 1 - LEAST), return_inverse=True)
    ends = normal.inv_cdf(1 - LEAST)
    return np.asarray([normal.inv_cdf(rate) / ends / 2 + 0.5 for rate in distinct.tolist()])[place]
