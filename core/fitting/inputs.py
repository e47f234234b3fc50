"""From what the caller hands over to examples: shapes, finite rows and labels, checked once."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from .. import checks
from ..catalogue import ROLES
from ..engine import budget_of
from ..errors import DataError, LabelError, ParameterError, ShapeError
from ..io import Vectors
from ..labels import binary_labels, class_labels, score_labels
from ..results import Column
from ..scoring.spec import LossSpec
from .examples import Examples

COPIES = 4  # of every vector: as read, the finite ones, the parts of the split, and those of the step
LEARNING = 64 << 20  # what the steps take besides

PLAIN = {1: "classes", 2: "pairs", 3: "triplets"}  # what a whitening without a loss takes its inputs for


@dataclass(frozen=True)
class Given:
    """Checked inputs.

    Args:
        examples: all of them.
        names: role -> what the user typed.
        rows: (n,) the number of each example in the inputs, before any was left out.
        total: how many rows the inputs have.
        ids: (n,) or None.
    """

    examples: Examples
    names: dict[str, str]
    rows: Column
    total: int
    ids: Column | None

    @property
    def where(self) -> str:
        """The inputs, for messages."""
        return ", ".join(dict.fromkeys(self.names.values()))


def read_inputs(
    vectors: Sequence[Any],
    request: LossSpec | None,
    labels: Any,
    labels_name: str,
    nonfinite: str,
    notes: list[str],
    max_memory: str | int | None = None,
) -> Given:
    """Check and read everything that trains or evaluates the head.

    Args:
        vectors: one input per role.
        request: the loss, or None.
        labels: what the loss takes, or None.
        labels_name: the file and column of the labels, for messages.
        nonfinite: `error`, or `drop` the examples.
        notes: takes what to tell the reader.
        max_memory: as for `pairwise`.

    Raises:
        ShapeError, LabelError, DataError, ParameterError: as `fit`.
    """
    checks.check_choice("nonfinite", nonfinite, ("error", "drop"))
    roles = _roles(request, len(vectors))
    sides = tuple(checks.given(side, role) for side, role in zip(vectors, roles, strict=True))
    _check_shapes(sides)
    held = COPIES * sum(prod(side.shape) * max(4, side.dtype.itemsize) for side in sides)
    budget_of(max_memory, *sides).check(held + LEARNING, f"training with {sides[0].shape[0]:,} examples")
    if request is not None:
        for side in sides:
            checks.refuse_rounded(side, request.metric or request.entry.name)
    rows = _finite_rows(sides, nonfinite, notes)
    form = _form(request, len(sides))
    examples = _labelled(form, request, sides, labels, labels_name, notes)
    ids = next((side.ids for side in sides if side.ids is not None), None)
    names = {role: side.name for role, side in zip(roles, sides, strict=True)}
    return Given(examples.part(rows), names, rows, len(examples), None if ids is None else ids[rows])


def _roles(request: LossSpec | None, count: int) -> tuple[str, ...]:
    if request is None or (count == 1 and request.entry.inputs == "pairs"):
        if count not in PLAIN:
            raise ShapeError(f"expected one, two or three inputs, got {count}")
        return ("vectors",) if count == 1 else ROLES[PLAIN[count]]
    roles = request.entry.roles
    if count != len(roles):
        counted = f"{len(roles)} inputs ({', '.join(roles)})" if len(roles) > 1 else "one input"
        raise ShapeError(f"the loss {request.entry.name} takes {counted}, got {count}")
    return roles


def _form(request: LossSpec | None, count: int) -> str:
    if request is None or count == 1:
        return PLAIN[count]
    return request.entry.inputs


def _check_shapes(sides: Sequence[Vectors]) -> None:
    for side in sides:
        if len(side.shape) != 2:
            raise ShapeError(f"expected one vector per row, shape (n, d), got {side.shape}", side.name)
        checks.check_not_empty(side)
    for side in sides[1:]:
        checks.check_same_rows(sides[0], side)
        checks.check_same_ids(sides[0], side)
        checks.check_same_width(sides[0], side, sides[0].shape[1], side.shape[1])


def _finite_rows(sides: Sequence[Vectors], nonfinite: str, notes: list[str]) -> Column:
    """Return the rows that are finite on every side, or refuse the others."""
    if nonfinite == "error":
        for side in sides:
            checks.refuse_nonfinite(side, "«nonfinite=drop» leaves them out")
    return checks.drop_nonfinite(sides, "example", notes)


def _labelled(
    form: str, request: LossSpec | None, sides: Sequence[Vectors], labels: Any, name: str, notes: list[str]
) -> Examples:
    """Return examples with their labels in the convention that the loss takes."""
    rows = tuple(side.read(0, side.shape[0]) for side in sides)
    n = len(rows[0])
    convention = _convention(form, request, labels is not None)
    if convention == "none":
        if labels is not None and request is not None:
            raise LabelError(f"the loss {request.entry.name} takes no labels", "«labels»", "leave them out")
        return Examples(form, rows)
    if labels is None:
        noun = {"binary": "binary label", "score": "score", "class": "class"}[convention]
        per = {"classes": "row", "triplets": "triplet"}.get(form, "pair")
        column = "`score`" if convention == "score" else "`label`"
        what = f"the loss {request.entry.name if request else ''} needs one {noun} per {per}"
        raise LabelError(what, "«labels»", f"«labels» FILE, or a column {column}")
    if convention == "class":
        classes = class_labels(np.asarray(labels), n, name)
        notes.append(classes.balance)
        return Examples(form, rows, codes=classes.codes, classes=len(classes.names))
    if convention == "score":
        low, high = request.entry.score_range if request else (-np.inf, np.inf)
        return Examples(form, rows, numbers=score_labels(np.asarray(labels), n, name, low=low, high=high))
    read = binary_labels(np.asarray(labels), n, name)
    notes.append(read.convention)
    return Examples(form, rows, numbers=read.similar.astype(np.float64), similar=read.similar)


def _convention(form: str, request: LossSpec | None, labelled: bool) -> str:
    if form == "classes":
        return "class" if labelled or request is not None else "none"
    if request is None:
        return "binary" if labelled and form == "pairs" else "none"
    return request.entry.labels


def check_trainable(train: Examples, per_class: int, where: str) -> None:
    """Refuse training examples that hold no pair to train with."""
    if train.codes is not None:
        sizes = np.bincount(train.codes)
        if not (sizes > 1).any():
            what = "no class has two training rows, so no pair to pull together"
            raise DataError(what, where, "more rows per class, or a smaller «held_out»")
        if (sizes > 0).sum() < 2:
            raise DataError("all training rows are of one class, so there is no pair to push apart", where)
    if per_class == 1:
        raise ParameterError("one row per class makes no pair to pull together", "«per_class»", "2 or more, or 0")
