"""`loss`: the losses of pairs, one by one and together, and what they mean."""

from functools import partial
from math import fsum
from typing import Any

import numpy as np

from .. import checks
from ..aligned import similarity
from ..backend import quiet
from ..catalogue import Entry, find
from ..errors import LabelError, ParameterError, ShapeError
from ..io.vectors import name_rows
from ..labels import BinaryLabels, binary_labels
from ..metrics import EPS
from ..results import Column, Columns, Result, Scalar

REDUCTIONS = ("mean", "sum", "none", "active-mean")


def loss(
    a: Any,
    b: Any,
    labels: Any = None,
    *,
    labels_name: str = "labels",
    kind: str,
    margin: float | None = None,
    reduction: str = "mean",
    eps: float = EPS,
    top: int | None = None,
    nonfinite: str = "error",
    device: str = "cpu",
    backend: str = "auto",
) -> Result:
    """Compute the loss of each pair (row i of A, row i of B), their total and what is active.

    Args:
        a: Vectors or a numpy array, (n, d) of real numbers.
        b: (n, d).
        labels: (n,) 0/1, false/true or -1/1; None for a loss without labels.
        labels_name: the file and column of the labels, for messages.
        kind: a loss of the catalogue.
        margin: in units of the loss's metric; the catalogue has the defaults.
        reduction: what `loss` in the summary is: `mean`, `sum`, `none` (undefined) or `active-mean`,
            the mean over the pairs whose loss is not zero.
        eps: eps >= 0, the least norm that a cosine divides by.
        top: list only this many pairs, largest loss first.
        nonfinite: `error`, `propagate` or `drop`.
        device: where to compute: cpu, cuda, cuda:N or auto.
        backend: auto, numpy or torch.

    Returns:
        A result with the summary `loss`, `total`, `mean`, `items`, `active`, `positives`, `negatives` and rows
        `id`, `label`, `similarity` or `distance`, `loss`, `active`, `meaning`; `array` holds the (n,) losses.

    Raises:
        ShapeError: the inputs are not (n, d) alike.
        LabelError: labels that are missing, not wanted or not binary.
        ParameterError: an unknown kind or reduction, or a margin outside its range.
        DataError: rows that are not finite.

    Source:
        The catalogue row of the loss.

    Example:
        >>> loss(np.asarray([[1.0, 2, 3]]), np.asarray([[4.0, 5, 6]]), np.asarray([1]), kind="cosine").summary["loss"]
        0.025368153802923787
    """
    entry = find("loss", kind)
    parameters = _parameters(entry, margin)
    checks.check_choice("reduction", reduction, REDUCTIONS)
    checks.check_choice("nonfinite", nonfinite, checks.NONFINITE)
    if top is not None and top < 1:
        raise ParameterError(f"top is {top}, expected at least 1", "--top")
    a, b = checks.given(a, "A"), checks.given(b, "B")
    _check_pairs(a, b)
    read = _labels(entry, labels, a.shape[0], labels_name)
    options: dict[str, Any] = {"eps": eps, "device": device, "backend": backend}
    drop = nonfinite == "drop"
    aligned = similarity(a, b, metric=entry.metric, nonfinite="propagate" if drop else nonfinite, **options)
    scores: Column = np.asarray(aligned.array)
    keep = np.isfinite(scores) if drop else np.ones(a.shape[0], dtype=bool)
    notes = list(aligned.notes)
    if not keep.all():
        lost = np.flatnonzero(~keep)
        notes.append(f"{checks.plural(len(lost), 'pair')} not finite, left out: {name_rows(lost, a.ids)}")
        if not keep.any():
            checks.refuse_nonfinite(a, checks.NOTHING_LEFT)
            checks.refuse_nonfinite(b, checks.NOTHING_LEFT)
    values = scores[keep]
    similar = None if read is None else read.similar[keep]
    compute = partial(entry.load(), values, **parameters)
    with quiet():
        items = compute() if similar is None else compute(similar)
        if np.isinf(items.sum()):
            raise checks.refuse_overflow(f"{a.name}, {b.name}")
    ids = (np.arange(a.shape[0]) if a.ids is None and b.ids is None else a.ids if a.ids is not None else b.ids)[keep]
    summary = _summary(items, similar, reduction)
    notes += [] if read is None else [read.convention]
    if top is not None and top < len(items):
        notes.append(f"{top} of {len(items)} pairs are listed, largest loss first; --top {len(items)} lists all")
    if summary["active"] == 0 and summary["total"] is not None:
        notes.append("no pair is active: the loss and its gradient are zero, so nothing can be learnt from these pairs")
    return Result(
        command="loss",
        inputs={"a": a.name, "b": b.name},
        parameters={"kind": entry.name, **parameters, "reduction": reduction, "eps": eps, "nonfinite": nonfinite},
        summary=summary,
        rows=_rows(entry, ids, similar, values, items, top),
        array=items,
        notes=tuple(notes),
    )


def _parameters(entry: Entry, margin: float | None) -> dict[str, float]:
    if margin is None:
        return dict(entry.parameters)
    if "margin" not in entry.parameters:
        raise ParameterError(f"the loss {entry.name} has no margin", "--margin", "leave it out")
    if not np.isfinite(margin):
        raise ParameterError(f"margin is {margin}, expected a finite number", "--margin")
    return {"margin": margin}


def _check_pairs(a: Any, b: Any) -> None:
    for vectors in (a, b):
        if len(vectors.shape) != 2:
            raise ShapeError(f"expected one vector per pair, shape (n, d), got {vectors.shape}", vectors.name)
        checks.check_not_empty(vectors)
    checks.check_same_rows(a, b)
    checks.check_same_width(a, b, a.shape[1], b.shape[1])


def _labels(entry: Entry, labels: Any, rows: int, name: str) -> BinaryLabels | None:
    if entry.labels == "none":
        if labels is not None:
            raise LabelError(f"the loss {entry.name} takes no labels", "--labels", "leave them out, or choose a kind")
        return None
    if labels is None:
        raise LabelError(
            f"the loss {entry.name} needs one binary label per pair", "--labels", "--labels FILE, or a column `label`"
        )
    return binary_labels(np.asarray(labels), rows, name)


def _summary(items: Column, similar: Column | None, reduction: str) -> dict[str, Scalar]:
    total, active = fsum(items.tolist()), int((items > 0).sum())
    undefined = bool(np.isnan(items).any())
    reduced: dict[str, Scalar] = {
        "mean": total / len(items),
        "sum": total,
        "none": None,
        "active-mean": total / active if active else 0.0,
    }
    return {
        "loss": None if undefined else reduced[reduction],
        "total": None if undefined else total,
        "mean": None if undefined else total / len(items),
        "items": len(items),
        "active": active,
        "positives": None if similar is None else int(similar.sum()),
        "negatives": None if similar is None else int((~similar).sum()),
    }


def _rows(entry: Entry, ids: Column, similar: Column | None, values: Column, items: Column, top: int | None) -> Columns:
    order = slice(None) if top is None else np.lexsort((np.arange(len(items)), -items))[:top]
    columns = {"id": ids}
    if similar is not None:
        columns["label"] = similar.astype(np.int64)
    columns["similarity" if find("metric", entry.metric).larger_is_closer else "distance"] = values
    columns |= {"loss": items, "active": items > 0, "meaning": _meanings(similar, items)}
    return Columns({name: column[order] for name, column in columns.items()})


def _meanings(similar: Column | None, items: Column) -> Column:
    """Say of each pair what the loss does to it."""
    active = (items > 0).astype(np.intp)
    if similar is None:
        words = ["same direction: at rest", "apart: pulled together"]
        number = active
    else:
        words = [
            "dissimilar, past the margin: at rest",
            "dissimilar, inside the margin: pushed apart",
            "similar and there: at rest",
            "similar: pulled together",
        ]
        number = 2 * similar + active
    # looked up, because an array of long strings is slow to make
    words.append("not finite: left as it is")
    return np.asarray(words, dtype=object)[np.where(np.isnan(items), len(words) - 1, number)]
