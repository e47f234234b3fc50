"""What scores of unrelated items look like: seeded permutations of what was computed once."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

import numpy as np

from ..aggregates.neighbours import overlap_of
from ..backend import quiet
from ..results import Column
from .evaluator import Evaluator, chosen
from .measures import Request

EQUAL = 1e-12  # scores this close, as a share of the larger or of 1, count as equal


@dataclass(frozen=True)
class Null:
    """Scores under permutation, in numbers.

    Args:
        baseline: their mean.
        sd: their standard deviation, NaN for a single permutation.
        p: (1 + how many are at least as extreme as the score itself) / (1 + permutations).
    """

    baseline: float
    sd: float
    p: float

    @classmethod
    def of(cls, drawn: Column, score: float, *, larger: bool) -> "Null":
        """Sum up permuted scores; extreme is what is larger, or what is smaller.

        Example:
            >>> Null.of(np.asarray([0.0, 0.5, 1.0]), 1.0, larger=True)
            Null(baseline=0.5, sd=0.5, p=0.5)
        """
        drawn = drawn[~np.isnan(drawn)]
        if not len(drawn) or isnan(score):
            return cls(nan, nan, nan)
        slack = EQUAL * max(1.0, abs(score))
        extreme = drawn >= score - slack if larger else drawn <= score + slack
        spread = float(drawn.std(ddof=1)) if len(drawn) > 1 else nan
        return cls(float(drawn.mean()), spread, (1 + int(extreme.sum())) / (1 + len(drawn)))


def permutations(rows: int, count: int, seed: int) -> Iterator[Column]:
    """Yield seeded permutations of the row numbers."""
    generator = np.random.default_rng(seed)
    return (generator.permutation(rows) for _ in range(count))


def item_null(matrix: Column, count: int, seed: int, *, larger: bool) -> Null:
    """Return what the mean over items is when item i of A is paired with another item of B, drawn without replacement.

    Args:
        matrix: (items, items) scores of every item of A with every item of B; NaN where one is undefined.
        count: permutations.
        seed: of the permutations.
        larger: whether larger is closer.

    Example:
        >>> item_null(np.eye(4), 100, 0, larger=True).p < 0.2
        True
    """
    rows = np.arange(len(matrix))
    with quiet():
        means = [_defined_mean(matrix[rows, other]) for other in permutations(len(matrix), count, seed)]
        return Null.of(np.asarray(means), _defined_mean(matrix.diagonal()), larger=larger)


def _defined_mean(values: Column) -> float:
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else nan


def row_null(panel: Evaluator, request: Request, count: int, seed: int) -> Null:
    """Return the scores of an aggregate of the same items when the rows of B are permuted."""
    sets = panel.same
    assert sets is not None
    near = panel.neighbours(request.parameters["k"]) if request.name == "knn-overlap" else None

    def weigh(order: Column) -> Any:
        if near is not None:
            return _permuted_overlap(near[0], near[1], order)
        own = None if sets.weights_b is None else sets.weights_b[order]
        weights = {"weights_a": sets.weights_a, "weights_b": own}
        return request.call(sets.x, chosen(sets.y, order), **weights, eps=panel.eps, backend=panel.backend)

    drawn = [weigh(order) for order in permutations(len(sets.x), count, seed)]
    scores = np.asarray([getattr(value, "score", value) for value in drawn])
    observed = weigh(np.arange(len(sets.x)))
    return Null.of(scores, float(getattr(observed, "score", observed)), larger=request.entry.larger_is_closer)


def _permuted_overlap(near: Column, other: Column, order: Column) -> Any:
    """Return the overlap when row i of B is what was row order[i]."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return overlap_of(near, place[other[order]])
