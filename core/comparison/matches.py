"""Who matched whom, as a table: the pairs behind an aggregate, and the rows that are left without a match."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..aggregates.record import AggregateRequest, Evaluator, MatchedPairs
from ..results import Column


def match_columns(
    found: Sequence[tuple[object, MatchedPairs, Column, Column]],
    *,
    nested: bool,
    carried: Mapping[str, Column] = {},
) -> dict[str, Column]:
    """List the pairs of several items.

    Args:
        found: per item its id, its pairs, and the ids of its rows of A and of B.
        nested: whether there is a column `item`.
        carried: further columns of the pairs of a single item.
    """
    parts: dict[str, list[Column]] = {"item": [], "direction": [], "a": [], "b": [], "score": []}
    for item, pairs, ids_a, ids_b in found:
        parts["item"].append(np.full(len(pairs.score), item))
        if pairs.direction is not None:
            parts["direction"].append(pairs.direction)
        parts["a"].append(_named(ids_a, pairs.a))
        parts["b"].append(_named(ids_b, pairs.b))
        parts["score"].append(pairs.score)
    columns = {name: np.concatenate(part) for name, part in parts.items() if part} | dict(carried)
    if not nested:
        columns.pop("item", None)
    last = np.argsort(np.isnan(columns["score"]), kind="stable") if columns else np.empty(0, dtype=int)
    return {name: column[last] for name, column in columns.items()}


def _named(ids: Column, numbers: Column) -> Column:
    """Return ids by number, None for -1."""
    if (numbers >= 0).all():
        return ids[numbers]
    names = ids.astype(object)[numbers]
    names[numbers < 0] = None
    return names


def extremes(columns: dict[str, Column], most: int) -> tuple[dict[str, Column], str]:
    """Return the `most` best and the `most` worst matches, best first, and a sentence that says so."""
    score = columns["score"]
    order = np.argsort(-score, kind="stable")
    if len(order) > 2 * most:
        order = np.append(order[:most], order[len(order) - most :])
        said = f"the {most} best and the {most} worst of {len(score)} matches; «top=N» shows more, «output=FILE» all"
    else:
        said = ""
    return {name: column[order] for name, column in columns.items()}, said


def matching_of(requests: Sequence[AggregateRequest]) -> Callable[[Evaluator], MatchedPairs] | None:
    """Return what lists the matches of the first aggregate that has them."""
    return next((request.record.matched for request in requests if request.record.matched is not None), None)
