"""The labels that a loss of the catalogue takes: whether they must be there, and read by their kind."""

from typing import NamedTuple

import numpy as np

from .errors import LabelError
from .labels import ClassLabels, binary_labels, class_labels, score_labels
from .results import Column


class LabelsRead(NamedTuple):
    """Labels of one kind: scores, or which pairs are similar, or the classes.

    Args:
        scores: (n,) float64.
        similar: (n,) bool.
        classes: of the rows.
        note: how they were read, for the reader.
    """

    scores: Column | None = None
    similar: Column | None = None
    classes: ClassLabels | None = None
    note: str = ""


def read_labels(
    kind: str, values: Column, rows: int, where: str, *, low: float = -np.inf, high: float = np.inf
) -> LabelsRead:
    """Read labels of a kind of the catalogue: `binary`, `score` (from low to high) or `class`; `none` reads nothing."""
    if kind == "binary":
        binary = binary_labels(values, rows, where)
        return LabelsRead(similar=binary.similar, note=binary.convention)
    if kind == "score":
        return LabelsRead(scores=score_labels(values, rows, where, low=low, high=high))
    if kind == "class":
        classes = class_labels(values, rows, where)
        return LabelsRead(classes=classes, note=classes.balance)
    return LabelsRead()


def check_labels(loss: str, kind: str, labels: object, per: str, others: str = "") -> None:
    """Refuse labels that a loss does not take, or needs and does not have; `per` has one, `others` do without."""
    if kind == "none" and labels is not None:
        raise LabelError(f"the loss {loss} takes no labels", "«labels»", "leave them out, or choose another «kind»")
    if kind != "none" and labels is None:
        noun = {"binary": "binary label", "score": "score", "class": "class"}[kind]
        column = "`score`" if kind == "score" else "`label`"
        what = f"the loss {loss} needs one {noun} per {per}"
        raise LabelError(what, "«labels»", f"«labels» FILE or ::NAME, or a column {column}{others}")
