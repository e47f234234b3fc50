"""Who matched whom: the pairs behind argmax, optimal and mutual, and what is left without a partner."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..results import Column
from .evaluator import Evaluator
from .measures import Request

MATCHING = ("argmax", "optimal", "mutual")  # aggregates that match rows


class Pairs(NamedTuple):
    """Matched rows of two sets by number, -1 for no partner.

    Args:
        direction: (pairs,) who chose: `a to b` or `b to a`; None where both did.
        a: (pairs,) rows of A.
        b: (pairs,) rows of B.
        score: (pairs,) their cosines, NaN without a partner.
    """

    direction: Column | None
    a: Column
    b: Column
    score: Column


def matched(panel: Evaluator, request: Request) -> Pairs:
    """Return the pairs behind an aggregate: of A in order, then what else is of B; rows without a partner last."""
    if request.name == "optimal":
        found = panel.assignment
        return _with_rest(panel, found.rows, found.columns, found.scores)
    there, back = panel.matches.forward, panel.matches.backward
    n, m = len(there.scores), len(back.scores)
    if request.name == "mutual":
        rows = np.flatnonzero(back.neighbours[there.neighbours] == np.arange(n))
        return _with_rest(panel, rows, there.neighbours[rows], there.scores[rows])
    direction = np.repeat(np.asarray(["a to b", "b to a"], dtype=object), [n, m])
    a, b = np.append(np.arange(n), back.neighbours), np.append(there.neighbours, np.arange(m))
    return Pairs(direction, a, b, np.append(there.scores, back.scores))


def _with_rest(panel: Evaluator, a: Column, b: Column, scores: Column) -> Pairs:
    alone = [np.setdiff1d(np.arange(len(rows)), taken) for rows, taken in zip(panel.sets[:2], (a, b), strict=True)]
    none = [np.full(len(rows), -1) for rows in alone]
    a, b = np.concatenate([a, alone[0], none[1]]), np.concatenate([b, none[0], alone[1]])
    return Pairs(None, a, b, np.concatenate([scores, np.full(len(alone[0]) + len(alone[1]), np.nan)]))


def match_columns(found: Sequence[tuple[object, Pairs, Column, Column]], *, nested: bool) -> dict[str, Column]:
    """List the pairs of several items.

    Args:
        found: per item its id, its pairs, and the ids of its rows of A and of B.
        nested: whether there is a column `item`.
    """
    parts: dict[str, list[Column]] = {"item": [], "direction": [], "a": [], "b": [], "score": []}
    for item, pairs, ids_a, ids_b in found:
        parts["item"].append(np.full(len(pairs.score), item))
        if pairs.direction is not None:
            parts["direction"].append(pairs.direction)
        parts["a"].append(_named(ids_a, pairs.a))
        parts["b"].append(_named(ids_b, pairs.b))
        parts["score"].append(pairs.score)
    columns = {name: np.concatenate(part) for name, part in parts.items() if part}
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
