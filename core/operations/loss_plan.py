"""What `loss` computes: the rows that stay, with their labels as the losses take them, and what gradients are by."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..catalogue import Entry
from ..io import Vectors
from ..io.vectors import ids_of
from ..joining import by_number
from ..loss_labels import LabelsRead, check_labels, read_labels
from ..nonfinite import drop_rows
from ..results import Column
from ..scoring.examples import Sink, among_all
from ..scoring.job import LossJob
from ..scoring.spec import LossSpec
from ..settings import Settings
from .loss_inputs import classes_of_weights


def plan_losses(
    specs: list[LossSpec],
    inputs: tuple[Vectors, ...],
    weights: Vectors | None,
    labels: Any,
    labels_name: str,
    settings: Settings,
    *,
    gradients: Sink | None,
    said: Sequence[str],
    all_rows: bool,
    **options: Any,
) -> LossJob:
    """Return what is computed: the inputs without rows that are to be dropped, unless all stay, and their labels."""
    notes = [*said, *by_number(inputs)]
    if settings.nonfinite == "drop" and not all_rows:
        rows, noun = inputs[0].shape[0], {1: "row", 2: "pair", 3: "triplet"}[len(inputs)]
        inputs, kept = drop_rows(inputs, noun, notes)
        if np.ndim(labels) and len(labels) == rows:
            labels = np.asarray(labels)[kept]
        gradients = None if gradients is None else among_all(gradients, kept, rows, len(inputs))
    read = _read_labels(specs, labels, inputs[0].shape[0], labels_name)
    notes += [read.note] if read.note else []
    classes = read.classes
    if classes is not None and weights is not None:
        classes = classes_of_weights(classes, weights, labels_name)
    settings.space()  # a device that is missing is an error before any work
    return LossJob(
        specs=specs,
        inputs=inputs,
        weights=weights,
        labels=read.similar if read.scores is None else read.scores,
        similar=read.similar,
        classes=classes,
        eps=settings.eps,
        gradients=gradients,
        nonfinite=settings.nonfinite,
        device=settings.device,
        backend=settings.backend,
        notes=notes,
        budget=settings.budget(*inputs, weights),
        **options,
    )


def _read_labels(specs: Sequence[LossSpec], labels: Any, rows: int, name: str) -> LabelsRead:
    """Return the labels that the losses take, in the range that all of them do."""
    wanting = [spec.entry for spec in specs if spec.entry.labels != "none"]
    entry = (wanting or [specs[0].entry])[0]
    per = {"pairs": "pair", "triplets": "triplet"}.get(entry.inputs, "row")
    others = ", or three inputs: anchor, positive, negative" if entry.of_classes else ""
    check_labels(entry.name, entry.labels, labels, per, others)
    low, high = (limit(each.score_range[end] for each in wanting or [entry]) for end, limit in enumerate((max, min)))
    return read_labels(entry.labels, np.asarray(labels), rows, name, low=low, high=high)


def gradient_shapes(
    entry: Entry, sides: Sequence[Vectors], weights: Vectors | None
) -> tuple[dict[str, Vectors], Column | None]:
    """Return what the gradients are by, by role, and the ids of their rows."""
    roles = entry.roles
    roles = roles if len(sides) == len(roles) else ("vectors",)
    shaped = dict(zip(roles, sides, strict=True)) | ({} if weights is None else {"weights": weights})
    return shaped, ids_of(*sides)
