"""Several aggregates of one pair of sets: what more than one of them needs is computed once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..aggregates.best_match import (
    best_of_all,
    chamfer_of,
    greedy_of,
    hausdorff_of,
    maxsim_of,
    mutual_of,
    top_k_mean_of,
)
from ..aggregates.closed_forms import TwoSample, pair_weights, paired_of, paired_scores
from ..aggregates.neighbours import neighbour_numbers
from ..aggregates.transport import Assignment, optimal
from ..aggregates.two_sample import METRICS, Discrepancy, median_width, two_sample
from ..backend import Backend
from ..engine import Match, Matches, gathered, nearest, nearest_both
from ..errors import SimtoolError
from ..results import Column, Progress
from .measures import Request

BOTH_WAYS = ("argmax", "mutual")  # aggregates of the best rows of B for A, and of A for B


class Sets(NamedTuple):
    """Two sets of rows and their weights.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        weights_a: (n,) of the rows of x, or None.
        weights_b: (m,) of the rows of y.
    """

    x: Column
    y: Column
    weights_a: Column | None = None
    weights_b: Column | None = None


@dataclass(frozen=True)
class Evaluator:
    """The aggregates of one pair of sets.

    Args:
        requests: all that are asked for.
        sets: the two sets.
        same: the rows of both that belong together, row i with row i; None where they are unknown.
        eps: the least norm that a cosine divides by.
        backend: where to compute.
        progress: called with the rows that are done and their total.
    """

    requests: Sequence[Request]
    sets: Sets
    same: Sets | None
    eps: float
    backend: Backend
    progress: Progress | None = None

    @cached_property
    def matches(self) -> Matches:
        """The best partners both ways, by cosine."""
        return nearest_both(self.sets.x, self.sets.y, k=self._k, **self._options, progress=self.progress)

    @cached_property
    def forward(self) -> Match:
        """The best partners of the rows of A."""
        if any(request.name in BOTH_WAYS for request in self.requests):
            return self.matches.forward
        return nearest(self.sets.x, self.sets.y, k=self._k, **self._options, progress=self.progress)

    @cached_property
    def nearest(self) -> Matches:
        """The best partners both ways, by distance."""
        x, y = self.sets[:2]
        return nearest_both(x, y, metric="euclidean", backend=self.backend, progress=self.progress)

    @cached_property
    def assignment(self) -> Assignment:
        """The best one-to-one assignment."""
        return optimal(*self.sets[:2], **self._options)

    @cached_property
    def pair_scores(self) -> Column:
        """The cosines of the rows that belong together."""
        x, y = self._sets(same=True)[:2]
        return paired_scores(x, y, **self._options)

    @cached_property
    def discrepancies(self) -> dict[str, TwoSample | Discrepancy]:
        """All two-sample distances that are asked for, those of one width from one sweep."""
        asked = {request.name: self.width(request) for request in self.requests if request.name in METRICS}
        found: dict[str, TwoSample | Discrepancy] = {}
        widths = dict.fromkeys(width for width in asked.values() if width is not None) or {1.0: None}
        for number, width in enumerate(widths):
            names = [name for name, own in asked.items() if own == width or (own is None and not number)]
            options: dict[str, Any] = {"width": width, "backend": self.backend, "progress": self.progress}
            for name, value in two_sample(*self.sets[:2], names, **options).items():
                found[name] = value if asked[name] is None else Discrepancy(*value, width)
        return found

    def width(self, request: Request) -> float | None:
        """Return the width of the kernel of a two-sample distance; None where it has none."""
        if not request.name.startswith("mmd") or "seed" not in request.parameters:
            return None
        given = request.parameters.get("width")
        return self._median if given is None else float(given)

    def neighbours(self, k: int) -> list[Column]:
        """Return the (n, k) nearest neighbours of both sides within themselves."""
        return [
            neighbour_numbers(rows, k, progress=self.progress, **self._options) for rows in self._sets(same=True)[:2]
        ]

    def value(self, request: Request) -> Any:
        """Return what the function of an aggregate returns."""
        sets = self._sets(same=request.measure.same_items)
        weights = sets.weights_a, sets.weights_b
        shared: dict[str, Callable[[], Any]] = {
            "argmax": lambda: greedy_of(self.matches, *weights),
            "max": lambda: best_of_all(self.forward),
            "maxsim": lambda: maxsim_of(self.forward, weights[0]),
            "top-k-mean": lambda: top_k_mean_of(self.forward, weights[0], k=request.parameters["k"]),
            "mutual": lambda: mutual_of(self.matches),
            "chamfer": lambda: chamfer_of(self.nearest, *weights),
            "optimal": lambda: self.assignment,
            "hausdorff": lambda: hausdorff_of(self.nearest),
            "paired": lambda: paired_of(self.pair_scores, pair_weights(len(sets.x), *weights)),
            **dict.fromkeys(METRICS, lambda: self.discrepancies[request.name]),
        }
        if request.name in shared:
            return shared[request.name]()
        given = {"weights_a": weights[0], "weights_b": weights[1], "progress": self.progress}
        return request.call(sets.x, sets.y, **given, **self._options)

    def numbers(self, request: Request) -> dict[str, float] | SimtoolError:
        """Return the numbers of an aggregate by summary key, or why it is undefined here."""
        try:
            return request.numbers(self.value(request))
        except SimtoolError as error:
            return error

    def _sets(self, *, same: bool) -> Sets:
        if not same:
            return self.sets
        assert self.same is not None
        return self.same

    @cached_property
    def _median(self) -> float:
        seed = next(request.parameters["seed"] for request in self.requests if "seed" in request.parameters)
        return median_width(*self.sets[:2], seed=seed)

    @property
    def _k(self) -> int:
        return next((int(request.parameters["k"]) for request in self.requests if request.name == "top-k-mean"), 1)

    @property
    def _options(self) -> dict[str, Any]:
        return {"eps": self.eps, "backend": self.backend}


def chosen(rows: Column, numbers: Column | None) -> Column:
    """Return some rows; all of them, not copied, where they are all wanted in order."""
    if numbers is None or (len(numbers) == len(rows) and np.array_equal(numbers, np.arange(len(rows)))):
        return rows
    return gathered(rows, numbers)
