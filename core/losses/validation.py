"""What the losses refuse: shapes, labels and parameters that would give a number without a meaning."""

from math import inf, isfinite

from ..backend import Array, namespace
from ..errors import LabelError, ParameterError, ShapeError


def similar(values: Array, labels: Array) -> Array:
    """Return the (n,) bools of binary labels.

    Args:
        values: (n,) what the labels belong to, for their shape.
        labels: (n,) 1, 0 or -1, or bool; the same namespace.

    Raises:
        ShapeError: the two arrays differ in shape.
        LabelError: a label is not binary; the message names the first one.
    """
    check_same_shape(values, labels, "labels")
    xp = namespace(values, labels)
    if labels.dtype == xp.bool:
        return labels
    wrong = (labels != 0) & (labels != 1) & (labels != -1)
    if bool(xp.any(wrong)):
        row = first(wrong)
        what = f"row {row} has label {float(labels[row]):g}, which is not binary"
        raise LabelError(what, "labels", "labels are 0/1, false/true or -1/1")
    return labels == 1


def finite_scores(values: Array, scores: Array, where: str) -> Array:
    """Return the (n,) scores in the values' dtype, or refuse another shape and scores that are not finite."""
    check_same_shape(values, scores, where)
    xp = namespace(scores)
    if xp.isdtype(scores.dtype, "real floating") and not bool(xp.all(xp.isfinite(scores))):
        row = first(~xp.isfinite(scores))
        what = f"row {row} has score {float(scores[row]):g}, which is not finite"
        raise LabelError(what, where, "leave the row out, or mend its score")
    return xp.astype(scores, values.dtype)


def check_same_shape(values: Array, others: Array, where: str) -> None:
    """Refuse arrays that would broadcast instead of belonging to each other."""
    if values.shape != others.shape:
        raise ShapeError(f"expected shape {tuple(values.shape)}, got {tuple(others.shape)}", where)


def check_at_least(least: float, **parameters: float) -> None:
    """Refuse a parameter that is below `least` or not finite."""
    for name, value in parameters.items():
        if not least <= value < inf:
            raise ParameterError(f"{name} is {value}, expected a finite number of at least {least:g}", f"«{name}»")


def check_positive(**parameters: float) -> None:
    """Refuse a parameter that is 0, negative or not finite."""
    for name, value in parameters.items():
        if not 0 < value < inf:
            raise ParameterError(f"{name} is {value}, expected a finite number above 0", f"«{name}»")


def check_switch(**parameters: float) -> None:
    """Refuse a parameter that is neither 0 nor 1."""
    for name, value in parameters.items():
        if value not in (0, 1):
            raise ParameterError(f"{name} is {value}, expected 0 or 1", f"«{name}»")


def check_masks(scores: Array, positives: Array, negatives: Array) -> None:
    """Refuse masks that do not fit the scores; negatives that are no mask are what they come to, per anchor."""
    known = is_known(negatives) and scores.ndim == 2 and negatives.shape[0] == scores.shape[0]
    for mask in (positives,) if known else (positives, negatives):
        if scores.ndim != 2 or mask.shape != scores.shape:
            got = f"{tuple(mask.shape)} for scores {tuple(scores.shape)}"
            raise ShapeError(f"expected masks (r, n) for scores (r, n), got {got}", "masks")


def is_known(negatives: Array) -> bool:
    """Tell whether negatives are no mask, but what they come to."""
    return bool(negatives.dtype != namespace(negatives).bool)


def check_finite(**parameters: float) -> None:
    """Refuse a parameter that is NaN or infinite."""
    for name, value in parameters.items():
        if not isfinite(value):
            raise ParameterError(f"{name} is {value}, expected a finite number", f"«{name}»")


def first(mask: Array) -> int:
    """Return the row of the first true value of an (n, ...) mask that has one."""
    xp = namespace(mask)
    if mask.ndim > 1:
        mask = xp.any(mask, axis=tuple(range(1, mask.ndim)))
    return int(xp.argmax(xp.astype(mask, xp.int64)))
