"""Lists of sets: every aggregate per aligned pair of items, and of every item with every other."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..aggregates.record import AggregateRequest, Evaluator, Sets
from ..backend import Backend
from ..engine import budget_of
from ..errors import DataError, ShapeError, SimtoolError
from ..results import Column, Progress, begin
from .token_blocks import Tokens, item_scores

MOST_PAIRS = 2500  # pairs of items that are computed one by one: 50 x 50


@dataclass(frozen=True)
class ItemScores:
    """The numbers of every aligned pair of items.

    Args:
        values: key -> (items,) numbers, NaN where undefined.
        failures: name -> the items where the aggregate is undefined, and why.
    """

    values: dict[str, Column]
    failures: dict[str, list[tuple[int, SimtoolError]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Items:
    """Two lists of sets of tokens.

    Args:
        eps: the least norm that a cosine divides by.
        progress: called with the items that are done and their number.
    """

    requests: Sequence[AggregateRequest]
    a: Tokens
    b: Tokens
    eps: float
    backend: Backend
    progress: Progress | None = None

    def __len__(self) -> int:
        return len(self.a)

    @property
    def empty(self) -> Column:
        """(items,) which pairs have no token on a side."""
        return self.a.empty | self.b.empty

    def scores(self) -> ItemScores:
        """Measure item i of A against item i of B."""
        found = ItemScores({key: np.full(len(self), np.nan) for request in self.requests for key in request.keys})
        empty = self.empty
        begin(self.progress, "items", "items")
        for item in range(len(self)):
            if not empty[item]:
                self._measure(item, found)
            if self.progress is not None:
                self.progress(item + 1, len(self))
        return found

    def _measure(self, item: int, found: ItemScores) -> None:
        evaluator = self.evaluator(item, item)
        for request in self.requests:
            numbers = self._numbers(evaluator, request)
            if isinstance(numbers, SimtoolError):
                found.failures.setdefault(request.name, []).append((item, numbers))
                continue
            for key, number in numbers.items():
                found.values[key][item] = number

    def _numbers(self, evaluator: Evaluator, request: AggregateRequest) -> dict[str, float] | SimtoolError:
        if request.record.same_items and evaluator.same is None:
            return DataError("no token is in both items", "A, B")
        return evaluator.numbers(request)

    def evaluator(self, item: int, other: int) -> Evaluator:
        """Return the evaluator of an item of A and one of B; both have a token."""
        (x, weights_a), (y, weights_b) = self.a.of(item), self.b.of(other)
        return Evaluator(
            self.requests, Sets(x, y, weights_a, weights_b), self._same(item, other), self.eps, self.backend
        )

    def _same(self, item: int, other: int) -> Sets | None:
        """Return the tokens that both items have; None if there are none, or nobody asks."""
        if not any(request.record.same_items for request in self.requests):
            return None
        if self.a.longest != self.b.longest:
            return None
        both = self.a.real[item] & self.b.real[other]
        if not both.any():
            return None
        weights = [
            None if side.weights is None else side.weights[at][both] for side, at in ((self.a, item), (self.b, other))
        ]
        return Sets(self.a.at(item, both), self.b.at(other, both), *weights)

    def by_form(self) -> tuple[list[AggregateRequest], list[AggregateRequest]]:
        """Return the aggregates of many items at once, and those of two items at a time."""
        blocks = [request for request in self.requests if request.record.in_blocks is not None]
        return blocks, [request for request in self.requests if request not in blocks]

    def matrices(self) -> tuple[dict[str, Column], list[str]]:
        """Return the (items, items) scores of every two items, and which aggregates would take too long."""
        blocks, singles = self.by_form()
        n = len(self)
        size = 8 * n * n * len(blocks)
        budget_of(None).check(size, f"the matrix of {n:,} x {n:,} items", "a part of the items, or no «null»")
        found = {request.name: np.full((n, n), np.nan) for request in blocks}
        if blocks:
            for start, scores in item_scores(self.a, self.b, blocks, eps=self.eps, backend=self.backend):
                for name, part in scores.items():
                    found[name][start : start + len(part)] = part
        if n * n > MOST_PAIRS:
            return found, [request.name for request in singles]
        if singles:
            found |= self.one_by_one(singles).values
        return found, []

    def one_by_one(self, requests: Sequence[AggregateRequest]) -> ItemScores:
        """Measure every item of A against every item of B, pair by pair: (items of A, items of B) by name."""
        shape = len(self.a), len(self.b)
        found = ItemScores({request.name: np.full(shape, np.nan) for request in requests})
        begin(self.progress, "items with items", "pairs of items")
        places = np.argwhere(~(self.a.empty[:, None] | self.b.empty[None, :])).tolist()
        for done, (item, other) in enumerate(places, start=1):
            evaluator = self.evaluator(item, other)
            for request in requests:
                numbers = self._numbers(evaluator, request)
                if isinstance(numbers, SimtoolError):
                    found.failures.setdefault(request.name, []).append((item, numbers))
                else:
                    found.values[request.name][item, other] = numbers[request.name]
            if self.progress is not None:
                self.progress(done, len(places))
        return found


def check_tokens(name: str, a: Tokens, b: Tokens) -> None:
    """Refuse items whose tokens cannot belong together one by one."""
    tokens = a.longest, b.longest
    if tokens[0] != tokens[1]:
        what = (
            f"{name} compares token i with token i, but items of A have {tokens[0]} tokens and those of B {tokens[1]}"
        )
        raise ShapeError(what, "A, B", "«aggregates=argmax» matches items of different length")
