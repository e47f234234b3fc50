"""Losses of pairs and triplets: scores in one pass, any number of losses and parameters from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from math import fsum
from typing import Any

import numpy as np

from ..backend import Array, choose_backend, derivatives, quiet
from ..engine import in_blocks
from ..results import Column, GradientSink
from .example_scores import AlignedRows, Term
from .reduction import LossOutcome, item_weights, norm_of, sums_of, total_of
from .spec import LossSpec

Sink = GradientSink


def among_all(sink: Sink, kept: Column, rows: int, sides: int) -> Sink:
    """Return a sink for gradients of the rows that were kept; those of the rows left out are 0.

    Args:
        sink: takes the gradients of all rows.
        kept: (k,) their numbers, ascending.
        rows: n, how many there are.
        sides: how many inputs these are the rows of; what comes after them passes as it is.
    """

    def write(start: int, parts: list[Column]) -> None:
        stop = start + len(parts[0])
        first = int(kept[start - 1]) + 1 if start else 0
        last = rows if stop == len(kept) else int(kept[stop - 1]) + 1
        whole = [np.zeros((last - first, part.shape[1])) for part in parts[:sides]]
        for side, part in zip(whole, parts[:sides], strict=True):
            side[kept[start:stop] - first] = part
        sink(first, [*whole, *parts[sides:]])

    return write


@dataclass(frozen=True)
class Scored:
    """The scores of all examples.

    Args:
        values: term -> (n,) float64.
        labels: (n,) float64 labels or scores as the losses take them; None for losses without.
        similar: (n,) bool, of binary labels.
    """

    values: dict[Term, Column]
    labels: Column | None
    similar: Column | None


def terms_of(spec: LossSpec) -> list[Term]:
    """Return the scores that a loss is a function of."""
    entry, metric = spec.entry, spec.metric
    if entry.inputs == "teacher":
        return [Term(f"{entry.name} {dict(spec.options)}", 0, 1, partial(entry.load(), **spec.options))]
    if entry.inputs == "pairs":
        return [Term(metric, 0, 1)]
    ends = [Term(metric, 0, 1), Term(metric, 0, 2)]
    return [*ends, Term(metric, 1, 2)] if spec.parameters.get("swap") else ends


def score(rows: AlignedRows, specs: Sequence[LossSpec], labels: Column | None, similar: Column | None) -> Scored:
    """Compute all scores that the losses and their report need, in one pass."""
    cosines = [Term("cosine", 0, other) for other in range(1, len(rows.inputs))]
    wanted = list(dict.fromkeys([*cosines, *(term for spec in specs for term in terms_of(spec))]))
    return Scored(dict(zip(wanted, rows.scores(wanted), strict=True)), labels, similar)


def outcome(spec: LossSpec, scored: Scored, batches: Sequence[Column]) -> LossOutcome:
    """Return the loss of scored examples.

    Args:
        spec: what was asked for.
        scored: the scores.
        batches: the rows of each batch; none for a loss of single examples.
    """
    values = [scored.values[term] for term in terms_of(spec)]
    if not spec.entry.takes_batches:
        return _alone(spec, values, scored)
    with quiet():
        parts = [example_items(spec, [v[rows] for v in values], scored.labels, rows) for rows in batches]
    items, rows = np.concatenate(parts), None if spec.entry.item == "batch" else np.concatenate(batches)
    similar = None if scored.similar is None or rows is None else scored.similar[rows]
    places = None if rows is None else rows[None, :]
    return LossOutcome(spec, items, places, total_of(items), len(items), int((items > 0).sum()), similar)


def _alone(spec: LossSpec, values: list[Column], scored: Scored) -> LossOutcome:
    """Return a loss whose items do not depend on each other."""
    items = np.empty(len(values[0]))

    def fill(block: slice) -> tuple[list[float], int]:
        with quiet():
            items[block] = example_items(spec, [v[block] for v in values], scored.labels, block)
            return sums_of(items[block]), int(np.count_nonzero(items[block] > 0))

    sums, active = zip(*in_blocks(fill, len(items)), strict=True)
    return LossOutcome(spec, items, None, fsum(chain.from_iterable(sums)), len(items), sum(active), scored.similar)


def example_items(spec: LossSpec, values: list[Any], labels: Any, rows: Column | slice) -> Any:
    """Return the losses of some examples from their scores."""
    entry = spec.entry
    if entry.inputs == "teacher":
        return spec.factor * values[0]
    arguments = list(values[:2])
    options: dict[str, Any] = dict(spec.options)
    if len(values) > 2:
        options["other_negative"] = values[2]
    if entry.labels != "none":
        arguments.append(labels[rows])
    items = spec.factor * entry.load()(*arguments, **options)
    return items if items.ndim else items[None]


def slopes(spec: LossSpec, scored: Scored, batches: Sequence[Column]) -> Column:
    """Return the (k, n) derivatives of the reduced loss by each of its scores."""
    backend = choose_backend("torch")
    values = [scored.values[term] for term in terms_of(spec)]
    labels = None if scored.labels is None else backend.put(scored.labels)
    leaves = [backend.put(value).requires_grad_() for value in values]
    numbers = [backend.put(rows) for rows in batches] or [slice(None)]
    items = backend.xp.concat([example_items(spec, [leaf[rows] for leaf in leaves], labels, rows) for rows in numbers])
    similar = None
    if scored.similar is not None and spec.entry.item != "batch":
        similar = backend.put(scored.similar[np.concatenate(batches)] if batches else scored.similar)
    weights: Array = item_weights(spec.reduction, items.detach(), similar)
    found = derivatives((items * weights).sum(), leaves)
    return np.stack([backend.get(slope) for slope in found])


def gradient_norms(
    rows: AlignedRows, specs: Sequence[LossSpec], scored: Scored, batches: Sequence[Column]
) -> list[float]:
    """Return the norm of the gradient of each reduced loss; the inputs are read once per kind of score."""
    overlaps: dict[tuple[Term, ...], Column] = {}
    norms = []
    for spec in specs:
        wanted = tuple(terms_of(spec))
        if wanted not in overlaps:
            overlaps[wanted] = rows.overlaps(wanted)
        slope = slopes(spec, scored, batches)
        norms.append(norm_of(np.einsum("in,nij,jn->n", slope, overlaps[wanted], slope)))
    return norms


def write_gradients(rows: AlignedRows, spec: LossSpec, scored: Scored, batches: Sequence[Column], sink: Sink) -> Column:
    """Give the gradient of the reduced loss by every input to the sink, and return its (n,) squared norms."""
    squares = np.empty(rows.rows)
    for start, stop, parts in rows.gradients(terms_of(spec), slopes(spec, scored, batches)):
        squares[start:stop] = sum(np.vecdot(part, part) for part in parts)
        sink(start, parts)
    return squares
