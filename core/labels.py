"""The label conventions and their guard: detected, stated, never guessed in doubt."""

from dataclasses import dataclass

import numpy as np

from .errors import LabelError
from .results import Column

# which values mean dissimilar and similar, and how to say so
BINARY = {
    (0.0, 1.0): "labels read as 0 = dissimilar, 1 = similar",
    (-1.0, 1.0): "labels read as -1 = dissimilar, 1 = similar",
}
WORDS = {"false": 0.0, "true": 1.0}
ACCEPTED = "0/1, false/true or -1/1"


@dataclass(frozen=True)
class BinaryLabels:
    """Labels of pairs.

    Args:
        similar: (n,) bool.
        convention: a sentence that says how they were read.
    """

    similar: Column
    convention: str


def binary_labels(values: Column, rows: int, where: str) -> BinaryLabels:
    """Read one binary label per pair.

    Args:
        values: (rows,) 0/1, false/true or -1/1 as numbers, bools or strings.
        rows: how many pairs there are.
        where: the file and column, for messages.

    Raises:
        LabelError: any other value, shape or length; the message names the first row and its value.

    Example:
        >>> binary_labels(np.asarray([1, -1]), 2, "y.npy").similar.tolist()
        [True, False]
    """
    values = np.asarray(values)
    if values.ndim != 1:
        hint = "flatten it: one label per row, shape (n,)"
        raise LabelError(f"expected {rows} labels in one dim, got shape {values.shape}", where, hint)
    if len(values) != rows:
        headed = len(values) == rows + 1 and values.dtype.kind == "O" and np.isnan(_number(values[0]))
        hint = f"is the first line a header? then type --labels {where}::{values[0]}" if headed else ""
        raise LabelError(f"expected one label per pair: {rows} pairs, {len(values)} labels", where, hint)
    numbers = _numbers(values, where)
    negatives = np.flatnonzero(numbers == -1)
    zeros = np.flatnonzero(numbers == 0)
    if len(negatives) and len(zeros):
        first, second = sorted((int(negatives[0]), int(zeros[0])))
        what = f"row {second} is {_shown(values[second])} and row {first} is {_shown(values[first])}"
        raise LabelError(f"{what}: 0/1 and -1/1 cannot be mixed", where, "use one convention throughout")
    if values.dtype == bool or any(str(value).lower() in WORDS for value in values[:1]):
        convention = "labels read as false = dissimilar, true = similar"
    else:
        convention = BINARY[(-1.0, 1.0) if len(negatives) else (0.0, 1.0)]
    return BinaryLabels(numbers == 1, convention)


def _numbers(values: Column, where: str) -> Column:
    """Return labels as -1, 0 and 1, or refuse the first that is none of them."""
    if values.dtype.kind in "OUS":
        numbers = np.asarray([_number(value) for value in values], dtype=np.float64)
    elif values.dtype.kind in "biuf":
        numbers = values.astype(np.float64)
    else:
        raise LabelError(f"expected labels {ACCEPTED}, got dtype {values.dtype}", where)
    wrong = np.flatnonzero(~np.isin(numbers, (-1.0, 0.0, 1.0)))
    if len(wrong):
        row = int(wrong[0])
        more = f"; so are {len(wrong) - 1} more rows" if len(wrong) > 1 else ""
        raise LabelError(
            f"row {row} has label {_shown(values[row])}, which is not binary{more}",
            where,
            f"a pair loss takes {ACCEPTED}; turn scores into labels with a threshold first",
        )
    return numbers


def _number(value: object) -> float:
    text = str(value).strip().lower()
    if text in WORDS:
        return WORDS[text]
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _shown(value: object) -> str:
    return repr(value.item() if isinstance(value, np.generic) else value)
