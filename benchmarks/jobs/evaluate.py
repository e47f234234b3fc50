"""Measures of all pairs of a labelled set: beside a histogram by hand, and beside scikit-learn where the pairs fit."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from harness import Report, present, require_close, timed
from numpy.typing import NDArray

import simtool

DIMS, CLASSES = 64, 300
BINS = 1 << 16
TILE = 1024

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Check and time the evaluation of a labelled set."""
    x, classes = labelled(6000 if quick else 25_000)
    check_histogram(x, classes)
    contenders = {
        "products and histogram, by hand": timed(lambda: histograms(x, classes)),
        "simtool, every measure": timed(lambda: simtool.evaluate(x, labels=classes)),
        "simtool, without retrieval": timed(lambda: simtool.evaluate(x, labels=classes, retrieval=False)),
    }
    pairs = len(x) * (len(x) - 1) / 2
    shape = f"{len(x)} rows, d {DIMS}, {CLASSES} classes, float32"
    goals = {"simtool, every measure": 2.0}
    report.contest("evaluate all pairs", contenders, shape=shape, work=(pairs / 1e6, "Mpairs"), goals=goals)
    if present("scikit-learn", "sklearn"):
        some, own = labelled(1200 if quick else 2500)
        scores, same = all_pairs(some, own)
        found = simtool.evaluate(some, labels=own, retrieval=False).summary
        for name, value in zip(("roc_auc", "average_precision"), peer(scores, same), strict=True):
            require_close(name, abs(float(found[name]) - value), 1e-6)
        both = {
            "scikit-learn, two measures": timed(lambda: peer(*all_pairs(some, own))),
            "simtool, all measures of pairs": timed(lambda: simtool.evaluate(some, labels=own, retrieval=False)),
        }
        report.contest("evaluate pairs that fit", both, shape=f"{len(scores)} pairs, d {DIMS}, float32")


def labelled(rows: int) -> tuple[Floats, Integers]:
    """Return rows around the centre of their class, and the classes."""
    random = np.random.default_rng(0)
    classes = random.integers(0, CLASSES, rows)
    x = 0.5 * random.standard_normal((CLASSES, DIMS))[classes] + random.standard_normal((rows, DIMS))
    return x.astype(np.float32), classes


def histograms(x: Floats, classes: Integers) -> tuple[Integers, Integers]:
    """Return the counts of all pairs i < j, and of those of one class, by cosine."""
    order = np.argsort(classes, kind="stable")
    unit = x[order] / np.linalg.norm(x[order], axis=1, keepdims=True)
    starts = np.searchsorted(classes[order], np.arange(CLASSES + 1))
    everything, positives = np.zeros((2, BINS + 2), dtype=np.int64)
    for i in range(0, len(x), TILE):
        for j in range(i, len(x), TILE):
            place = ((unit[i : i + TILE] @ unit[j : j + TILE].T + 1) * (BINS / 2)).astype(np.int32)
            above = place[np.triu_indices(len(place), 1)] if i == j else place.ravel()
            everything += np.bincount(above, minlength=BINS + 2)
    for start, stop in pairwise(starts.tolist()):
        place = ((unit[start:stop] @ unit[start:stop].T + 1) * (BINS / 2)).astype(np.int32)
        positives += np.bincount(place[np.triu_indices(len(place), 1)], minlength=BINS + 2)
    return everything, positives


def check_histogram(x: Floats, classes: Integers) -> None:
    """Refuse counts whose area below the ROC curve is not the one that simtool states, by its own bound."""
    everything, positives = histograms(x, classes)
    negatives = everything - positives
    below = np.cumsum(negatives) - negatives / 2
    area = float(positives @ below) / (float(positives.sum()) * float(negatives.sum()))
    summary = simtool.evaluate(x, labels=classes, retrieval=False).summary
    if (summary["pairs"], summary["positives"]) != (everything.sum(), positives.sum()):
        raise AssertionError("the pairs are not as many")
    require_close("roc_auc", abs(area - float(summary["roc_auc"])), 1e-4)


def all_pairs(x: Floats, classes: Integers) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the cosines of all pairs i < j, and whether both rows are of one class."""
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    i, j = np.triu_indices(len(x), 1)
    return (unit @ unit.T)[i, j], classes[i] == classes[j]


def peer(scores: Floats, same: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the measures of scikit-learn."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    return roc_auc_score(same, scores), average_precision_score(same, scores)
