"""Inputs and labels for every loss of the catalogue."""

import numpy as np

import simtool

ROWS, DIMS, CLASSES = 14, 6, 3


def data(kind, seed=0):
    """Inputs and options that the loss takes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, DIMS))
    y, z = x + 0.6 * rng.normal(size=x.shape), rng.normal(size=x.shape)
    entry = simtool.find("loss", kind)
    inputs = {"pairs": [x, y], "views": [x, y], "teacher": [x, y], "triplets": [x, y, z]}.get(entry.inputs, [x])
    labels = {
        "binary": rng.integers(0, 2, ROWS),
        "score": rng.uniform(-1, 1, ROWS),
        "class": np.r_[np.arange(CLASSES), rng.integers(0, CLASSES, ROWS - CLASSES)],
        "none": None,
    }[entry.labels]
    weights = rng.normal(size=(CLASSES, DIMS)) if entry.inputs == "classifier" else None
    return inputs, {"kind": kind, "labels": labels, "weights": weights}
