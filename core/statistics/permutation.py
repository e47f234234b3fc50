"""Permutation nulls: what scores look like when rows or items are paired or mixed at random; seeded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from ..results import Column

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


def permuted_null(score: Callable[[Column], float], rows: int, count: int, seed: int, *, larger: bool) -> Null:
    """Return the null of a score that is computed for an order of the rows."""
    drawn = np.asarray([score(order) for order in permutations(rows, count, seed)])
    return Null.of(drawn, score(np.arange(rows)), larger=larger)


def flipped_p(differences: Column, count: int, seed: int) -> float:
    """Return the two-sided p value of a mean of paired differences, where each may as well have the other sign.

    Args:
        differences: (n,) of pairs.
        count: how many times all signs are drawn.
        seed: of the draws.

    Source:
        Smucker, Allan and Carterette 2007, the randomisation test of two retrieval systems.

    Example:
        >>> flipped_p(np.zeros(5), 99, seed=0)
        1.0
    """
    generator, size = np.random.default_rng(seed), len(differences)
    drawn = [abs(float(np.mean(np.where(generator.random(size) < 0.5, 1, -1) * differences))) for _ in range(count)]
    return Null.of(np.asarray(drawn), abs(float(np.mean(differences))), larger=True).p
