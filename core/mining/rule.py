"""Which negatives of an anchor are taken: how close they may be, at which ranks, how many."""

from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import numpy as np

from ..checks import check_choice, check_count, check_least
from ..errors import ParameterError
from ..metrics import Metric
from ..results import Column

STRATEGIES = ("hardest", "semi-hard")
SAMPLINGS = ("top", "random")
RANDOM_FROM = 10  # times as many candidates as negatives, where a random choice has no window


@dataclass(frozen=True)
class NegativeRule:
    """Which negatives of an anchor are taken, as `mine` explains them."""

    strategy: str = "hardest"
    range_min: int = 0
    range_max: int | None = None
    absolute_margin: float | None = None
    relative_margin: float | None = None
    max_score: float | None = None
    min_score: float | None = None
    num_negatives: int = 3
    sampling: str = "top"
    seed: int = 0

    def check(self) -> None:
        """Refuse what has no meaning, or what leaves no negative.

        Raises:
            ParameterError: a number or a name out of range.
        """
        check_choice("strategy", self.strategy, STRATEGIES)
        check_choice("sampling", self.sampling, SAMPLINGS)
        check_least(0, range_min=self.range_min, seed=self.seed)
        check_count("«num_negatives»", self.num_negatives)
        for name in ("absolute_margin", "relative_margin"):
            margin = getattr(self, name)
            if margin is not None and not 0 <= margin < inf:
                what = f"{name.replace('_', ' ')} is {margin}, expected at least 0"
                raise ParameterError(what, f"«{name}»", "leave it out to allow negatives closer than the positive")
        for name in ("min_score", "max_score"):
            score = getattr(self, name)
            if score is not None and not isfinite(score):
                raise ParameterError(f"{name.replace('_', ' ')} is {score}, expected a number", f"«{name}»")
        if self.min_score is not None and self.max_score is not None and self.min_score > self.max_score:
            what = f"no score is at least {self.min_score:g} and at most {self.max_score:g}"
            raise ParameterError(what, "«min_score», «max_score»", "change the two round")
        if self.stop - self.range_min < self.num_negatives:
            what = f"ranks {self.range_min} to {self.stop} hold fewer than {self.num_negatives} negatives"
            raise ParameterError(what, "«range_max»", "raise «range_max», or lower «range_min» or «num_negatives»")

    def stated(self) -> dict[str, Any]:
        """Return the parameters for the result; the seed, and a window by default, only of a random choice."""
        if self.sampling == "random":
            return {**vars(self), "range_max": self.stop}
        return {**vars(self), "seed": None}

    @property
    def stop(self) -> int:
        """The rank at which the candidates end."""
        if self.range_max is not None:
            return self.range_max
        return self.range_min + self.num_negatives * (RANDOM_FROM if self.sampling == "random" else 1)

    def threshold(self, metric: Metric) -> float | None:
        """Return the score that a negative reaches or is closer than, or None."""
        return self.min_score if metric.larger_is_closer else self.max_score

    def caps(self, positives: Column, metric: Metric) -> Column | None:
        """Return the score that the negatives of each anchor are no closer than, or None where they may be any.

        Args:
            positives: (n,) the score of the least close positive of each anchor.
            metric: of the scores.
        """
        sign = 1.0 if metric.larger_is_closer else -1.0
        limit = self.max_score if metric.larger_is_closer else self.min_score
        caps = [] if limit is None else [np.full(len(positives), limit)]
        if self.absolute_margin is not None:
            caps.append(positives - sign * self.absolute_margin)
        if self.relative_margin is not None:
            caps.append(positives - sign * np.abs(positives) * self.relative_margin)
        if self.strategy == "semi-hard":
            caps.append(np.nextafter(positives, -sign * inf))
        if not caps:
            return None
        strictest: Column = (np.minimum if metric.larger_is_closer else np.maximum).reduce(caps)
        return strictest

    def chosen(self, anchors: Column, draw: np.random.Generator) -> Column:
        """Return the places of the negatives that are taken.

        Args:
            draw: of a random choice; it is asked for the same numbers however the anchors come in parts.
        """
        ranks = ranks_of(anchors)
        window = np.flatnonzero((ranks >= self.range_min) & (ranks < self.stop))
        if self.sampling == "top":
            return window[ranks[window] < self.range_min + self.num_negatives]
        drawn = np.lexsort((draw.random(len(window)), anchors[window]))
        return np.sort(window[drawn[ranks_of(anchors[window]) < self.num_negatives]])


def ranks_of(groups: Column) -> Column:
    """Return the place of each item within its group, from 0; equal numbers stand together, ascending."""
    ranks: Column = np.arange(len(groups)) - np.searchsorted(groups, groups)
    return ranks
