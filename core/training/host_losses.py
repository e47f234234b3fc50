"""Losses of pairs and triplets of float32 rows on the processor, computed by numpy with gradients of their own.

A batch of some hundred rows takes torch longer for the record of its sixty small operations than for the rows.
"""

from collections.abc import Callable, Sequence

import numpy as np

from ..backend import Array, Pull, computed, host_rows
from ..fitting.objective import Objective
from ..metrics import metric_of
from ..results import Column
from ..scoring.distances import distance_of
from ..scoring.example_scores import Term
from ..scoring.examples import terms_of
from ..scoring.reduction import item_weights


def host_loss(
    objective: Objective, sides: Sequence[Array], labels: Array | None, again: Callable[..., Array]
) -> Array | None:
    """Return the loss of aligned rows; None where torch has to compute it.

    Args:
        objective: the loss.
        sides: (n, d) tensors.
        labels: (n,) as it takes them, or None.
        again: the sides -> the same loss by torch.
    """
    spec = objective.request
    derive = spec.entry.load_slopes() if spec.entry.is_of_examples else None
    if derive is None or spec.parameters.get("swap") or (rows := host_rows(sides)) is None:
        return None
    terms = terms_of(spec)
    if (found := _scores(objective, rows, terms)) is None:
        return None
    (scores, scales), given = found, () if labels is None else (labels.numpy(),)
    plain = spec.entry.load()(*scores, *given, **spec.options)
    items = plain if spec.factor == 1.0 else spec.factor * plain
    weights = 1.0
    if spec.reduction != "none":
        weights = item_weights(spec.reduction, items, given[0] if given else None)
        items = (items * weights).sum()
    share = spec.factor * distance_of(spec.metric).slope * weights
    slopes = derive(plain, *given, **spec.options)
    pulls = [
        Pull((term.left, term.right), (share * slope * scale).astype(np.float32))
        for term, slope, scale in zip(terms, slopes, scales, strict=True)
    ]
    return computed(items, pulls, again, sides)


def _scores(
    objective: Objective, rows: Sequence[Array], terms: Sequence[Term]
) -> tuple[list[Column], list[Column]] | None:
    """Return the (n,) float64 scores per term, and the scales of rows in the gradients of the metric behind them."""
    distance = distance_of(objective.request.metric)
    if not distance.metric:
        return None
    metric = metric_of(distance.metric, eps=objective.eps)
    found = [metric.with_pulls(rows[term.left], rows[term.right]) for term in terms]
    scores, scales = [each[0] for each in found if each], [each[1] for each in found if each]
    if distance.metric != distance.name and distance.of_products is not None:
        scores = [distance.of_products(each) for each in scores]
    return (scores, scales) if len(scores) == len(terms) else None
