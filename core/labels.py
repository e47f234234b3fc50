"""The label conventions and their guard: detected, stated, never guessed in doubt."""

from dataclasses import dataclass
from math import isnan
from typing import Self

import numpy as np

from .errors import LabelError
from .results import Column

# which values mean dissimilar and similar, and how to say so
BINARY = {
    (0.0, 1.0): "labels read as 0 = dissimilar, 1 = similar",
    (-1.0, 1.0): "labels read as -1 = dissimilar, 1 = similar",
}
WHOLE = 2.0**53  # from here on a float64 does not hold every integer
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


@dataclass(frozen=True)
class ClassLabels:
    """The class of every row.

    Args:
        codes: (n,) int64 from 0, in ascending order of the names.
        names: (classes,) integers or strings.
    """

    codes: Column
    names: Column

    @property
    def balance(self) -> str:
        """A sentence that says how many classes there are, and how large."""
        sizes = np.bincount(self.codes)
        alone = int((sizes == 1).sum())
        single = f"; {alone} of them with one row, which has no positive" if alone else ""
        noun = "class" if len(sizes) == 1 else "classes"
        rows = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
        return f"{len(sizes)} {noun} of {rows} row{'' if sizes.max() == 1 else 's'}{single}"


class SelectedName(str):
    """What messages call values of some rows of an input, with the number that each row has there."""

    rows: Column

    def __new__(cls, name: str, rows: Column) -> Self:
        """Name values of these rows; of values that are named so already, the rows are some of theirs."""
        self = super().__new__(cls, name)
        self.rows = name.rows[rows] if isinstance(name, SelectedName) else rows
        return self


def class_labels(values: Column, rows: int, where: str) -> ClassLabels:
    """Read the class of every row.

    Args:
        values: (rows,) integers or strings; floats only if they are whole.
        rows: how many there are.
        where: the file and column, for messages.

    Raises:
        LabelError: any other value, shape or length; the message names the first row and its value.

    Example:
        >>> class_labels(np.asarray(["dog", "cat", "dog"]), 3, "y.npy").codes.tolist()
        [1, 0, 1]
    """
    values = _one_per_row(values, rows, where, "row")
    if values.dtype.kind == "O":
        wrong = np.asarray(
            [value is None or (isinstance(value, float) and isnan(value)) for value in values], dtype=bool
        )
        kinds = {type(value) for value in values[~wrong]}
        if len(kinds) > 1:
            types = ", ".join(sorted(kind.__name__ for kind in kinds))
            raise LabelError(f"the classes are of several types: {types}", where, "integers or strings, not both")
    elif values.dtype.kind == "f":
        _refuse_large(values, where)
        wrong = ~np.isfinite(values) | (values != np.round(values))
    elif values.dtype.kind in "biuUS":
        wrong = np.zeros(rows, dtype=bool)
    else:
        raise LabelError(f"expected classes as integers or strings, got dtype {values.dtype}", where)
    _refuse(values, wrong, where, "which is not a class", "a class is an integer or a string")
    if values.dtype.kind == "f":
        values = values.astype(np.int64)
    try:
        names, codes = np.unique(values, return_inverse=True)
    except TypeError as error:  # objects without an order
        what = f"expected classes as integers or strings, got {type(values[0]).__name__}"
        raise LabelError(what, where, "str(label) makes a string of each") from error
    return ClassLabels(codes.astype(np.int64), names)


def _refuse_large(values: Column, where: str) -> None:
    """Refuse floats at which whole numbers are already rounded to their neighbours, and classes merged."""
    wrong = np.isfinite(values) & (np.abs(values) >= WHOLE)
    what = "and a float of that size may stand for several integers"
    _refuse(values, wrong, where, what, "write such classes as integers of 64 bits or as strings")


def score_labels(values: Column, rows: int, where: str, *, low: float = -np.inf, high: float = np.inf) -> Column:
    """Read one score per example.

    Args:
        values: (rows,) finite numbers.
        rows: how many examples there are.
        where: the file and column, for messages.
        low: the least score that has a meaning.
        high: the largest.

    Returns:
        (rows,) float64.

    Raises:
        LabelError: any other value, shape or length; the message names the first row and its value.

    Example:
        >>> score_labels(np.asarray(["0.5", "1"]), 2, "y.csv").tolist()
        [0.5, 1.0]
    """
    values = _one_per_row(values, rows, where, "example")
    if values.dtype.kind in "OUS":
        numbers = np.asarray([_number(value) for value in values], dtype=np.float64)
    elif values.dtype.kind in "biuf":
        numbers = values.astype(np.float64)
    else:
        raise LabelError(f"expected scores, got dtype {values.dtype}", where)
    _refuse(values, ~np.isfinite(numbers), where, "which is not a finite score", "a score is a finite number")
    hint = "bring the scores into that range, or choose a loss that needs only their order: «kind=cosent»"
    _refuse(values, (numbers < low) | (numbers > high), where, f"expected {low:g} to {high:g}", hint)
    return numbers


def _one_per_row(values: Column, rows: int, where: str, what: str) -> Column:
    values = np.asarray(values)
    if values.ndim != 1:
        hint = "flatten it: one label per row, shape (n,)"
        raise LabelError(f"expected {rows} labels in one dim, got shape {values.shape}", where, hint)
    if len(values) != rows:
        headed = len(values) == rows + 1 and values.dtype.kind == "O" and np.isnan(_number(values[0]))
        otherwise = f"a label for each {what}, in their order"
        hint = f"is the first line a header? then type «labels» {where}::{values[0]}" if headed else otherwise
        raise LabelError(f"expected one label per {what}: {rows} {what}s, {len(values)} labels", where, hint)
    return values


def _refuse(values: Column, wrong: Column, where: str, what: str, hint: str) -> None:
    rows = np.flatnonzero(wrong)
    if len(rows):
        row, others = int(rows[0]), len(rows) - 1
        more = f"; so {'are' if others > 1 else 'is'} {others} more row{'s' * (others > 1)}" if others else ""
        raise LabelError(f"row {_place(row, where)} has label {_shown(values[row])}, {what}{more}", where, hint)


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
    values = _one_per_row(values, rows, where, "pair")
    numbers = _numbers(values, where)
    similar, zeros, negatives = (numbers == number for number in (1, 0, -1))
    counts = [np.count_nonzero(each) for each in (similar, zeros, negatives)]
    if sum(counts) < len(values):
        hint = f"a pair loss takes {ACCEPTED}; turn scores into labels with a threshold first"
        _refuse(values, ~(similar | zeros | negatives), where, "which is not binary", hint)
    signed = counts[2] > 0
    if signed and counts[1]:
        first, second = sorted((int(negatives.argmax()), int(zeros.argmax())))
        what = " and ".join(f"row {_place(row, where)} is {_shown(values[row])}" for row in (second, first))
        raise LabelError(f"{what}: 0/1 and -1/1 cannot be mixed", where, "use one convention throughout")
    kind = values.dtype.kind
    if kind == "b" or (kind in "OUS" and any(str(value).lower() in WORDS for value in values[:1])):
        convention = "labels read as false = dissimilar, true = similar"
    else:
        convention = BINARY[(-1.0, 1.0) if signed else (0.0, 1.0)]
    return BinaryLabels(similar, convention)


def _numbers(values: Column, where: str) -> Column:
    """Return labels as numbers; NaN is what is none."""
    if values.dtype.kind in "OUS":
        return np.asarray([_number(value) for value in values], dtype=np.float64)
    if values.dtype.kind in "biuf":
        return values
    raise LabelError(f"expected labels {ACCEPTED}, got dtype {values.dtype}", where)


def _place(row: int, where: str) -> int:
    """Return the number that a row has in its file, which the name of selected labels knows."""
    return int(where.rows[row]) if isinstance(where, SelectedName) else row


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
