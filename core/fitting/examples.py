"""What a head is trained with: rows on the host and what labels them, checked and read once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import prod
from typing import Any, Self

import numpy as np

from .. import checks, given_inputs
from ..catalogue import ROLES
from ..errors import DataError, ParameterError, ShapeError
from ..io import Vectors
from ..io.vectors import ids_of
from ..joining import by_number
from ..loss_labels import check_labels, read_labels
from ..nonfinite import DROP_HINT, drop_nonfinite, refuse_nonfinite
from ..results import Column
from ..scoring.spec import LossSpec
from ..settings import Settings

COPIES = 4  # of every vector: as read, the finite ones, the parts of the split, and those of the step
LEARNING = 64 << 20  # what the steps take besides

PLAIN = {1: "classes", 2: "pairs", 3: "triplets"}  # what a whitening without a loss takes its inputs for


@dataclass(frozen=True)
class Examples:
    """Rows to train with or to evaluate; checked by the caller.

    Args:
        form: what an example is. `pairs` and `triplets`: row i of every side. `views`: the same, with the other rows
            of the second side as negatives. `classes`: one row with a class, whose pairs are those with all others.
        sides: (n, d) finite rows each.
        numbers: (n,) float64 labels or scores as a loss takes them, or None.
        similar: (n,) bool of binary labels, or None.
        codes: (n,) numbers of the classes, or None.
        classes: how many classes there are, in whatever part.
    """

    form: str
    sides: tuple[Column, ...]
    numbers: Column | None = None
    similar: Column | None = None
    codes: Column | None = None
    classes: int = 0

    def __len__(self) -> int:
        return len(self.sides[0])

    @property
    def width(self) -> int:
        """d."""
        return int(self.sides[0].shape[1])

    def part(self, rows: Column) -> Self:
        """Return some examples."""
        sides = tuple(side[rows] for side in self.sides)
        labels = (None if each is None else each[rows] for each in (self.numbers, self.similar, self.codes))
        numbers, similar, codes = labels
        return replace(self, sides=sides, numbers=numbers, similar=similar, codes=codes)

    def vectors(self) -> Column:
        """Return the (m, d) rows of all sides, one under the other."""
        return np.concatenate(self.sides)

    def digest(self) -> str:
        """Return the SHA-256 of all numbers, which tells other data from the same."""
        found = sha256(self.form.encode())
        for array in (*self.sides, self.numbers, self.similar, self.codes):
            found.update(b"-" if array is None else f"{array.dtype.str}{array.shape}".encode())
            if array is not None:
                found.update(np.ascontiguousarray(array).data)
        return found.hexdigest()


@dataclass(frozen=True)
class Given:
    """Checked inputs.

    Args:
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


def read_examples(
    vectors: Sequence[Any],
    request: LossSpec | None,
    labels: Any,
    labels_name: str,
    settings: Settings,
    notes: list[str],
) -> Given:
    """Check and read everything that trains or evaluates the head.

    Raises:
        ShapeError, LabelError, DataError, ParameterError: as `fit`.
    """
    roles = _roles(request, len(vectors))
    sides = tuple(given_inputs.given(side, role) for side, role in zip(vectors, roles, strict=True))
    checks.check_aligned(sides)
    notes += by_number(sides)
    held = COPIES * sum(prod(side.shape) * max(4, side.dtype.itemsize) for side in sides)
    settings.budget(*sides).check(held + LEARNING, f"training with {sides[0].shape[0]:,} examples")
    if request is not None:
        for side in sides:
            checks.refuse_rounded(side, request.metric or request.entry.name)
    if settings.nonfinite == "error":
        for side in sides:
            refuse_nonfinite(side, DROP_HINT)
    rows = drop_nonfinite(sides, "example", notes)
    form = PLAIN[len(sides)] if request is None or len(sides) == 1 else request.entry.inputs
    examples = _labelled(form, request, sides, labels, labels_name, notes)
    ids, names = ids_of(*sides), {role: side.name for role, side in zip(roles, sides, strict=True)}
    return Given(examples.part(rows), names, rows, len(examples), None if ids is None else ids[rows])


def _roles(request: LossSpec | None, count: int) -> tuple[str, ...]:
    if request is None or (count == 1 and request.entry.inputs == "pairs"):
        if count not in PLAIN:
            raise ShapeError(f"expected one, two or three inputs, got {count}")
        return ("vectors",) if count == 1 else ROLES[PLAIN[count]]
    checks.check_roles(request.entry, count)
    return request.entry.roles


def _labelled(
    form: str, request: LossSpec | None, sides: Sequence[Vectors], labels: Any, name: str, notes: list[str]
) -> Examples:
    """Return examples with their labels in the convention that the loss takes."""
    rows = tuple(side.read(0, side.shape[0]) for side in sides)
    kind = _label_kind(form, request, labelled=labels is not None)
    low, high = -np.inf, np.inf
    if request is not None:
        low, high = request.entry.score_range
        check_labels(request.entry.name, kind, labels, {"classes": "row", "triplets": "triplet"}.get(form, "pair"))
    read = read_labels(kind, np.asarray(labels), len(rows[0]), name, low=low, high=high)
    notes += [read.note] if read.note else []
    if read.classes is not None:
        return Examples(form, rows, codes=read.classes.codes, classes=len(read.classes.names))
    numbers = read.scores if read.similar is None else read.similar.astype(np.float64)
    return Examples(form, rows, numbers=numbers, similar=read.similar)


def _label_kind(form: str, request: LossSpec | None, *, labelled: bool) -> str:
    """Return which labels are read, as `read_labels` names them; without a loss those that are there."""
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
