"""What is compared: two sets or two lists of sets, checked and laid out, with their weights, padding and ids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .. import checks
from ..aggregates.record import AggregateRequest, Sets
from ..catalogue import find
from ..engine import Input, gathered
from ..errors import ParameterError, ResourceError, SimtoolError
from ..io import RaggedVectors, Vectors
from ..joining import Joined, by_number
from ..results import Column, Scalar
from .join import join
from .requests import every_aggregate
from .token_blocks import Tokens
from .token_sets import check_tokens

SIDES = ("a", "b")
ALIGNED, BEST = "aligned", "best"  # how the items of two lists are compared
BEST_SIZES = ("items_a", "items_b")
SHOWN = 3


@dataclass(frozen=True)
class ComparisonInputs:
    """Two inputs about to be compared.

    Args:
        sides: both, their rows laid out.
        weights: of the rows of each, (n,) or (items, tokens), or None.
        lengths: (items,) how many tokens of each item count, or None: zero rows are padding.
        ragged: where the items of each begin in its rows, or None where all have as many tokens.
        matching: how lists of sets are compared, `aligned` or `best`; None for two sets and for all with all.
    """

    sides: tuple[Input, Input]
    weights: tuple[Column | None, Column | None]
    lengths: tuple[Column | None, Column | None]
    ragged: tuple[RaggedVectors | None, RaggedVectors | None]
    matching: str | None

    @property
    def nested(self) -> bool:
        """Whether the inputs are lists of sets."""
        return len(self.shapes[0]) == 3

    @property
    def given(self) -> list[Vectors | RaggedVectors]:
        """Both inputs as they came."""
        return [
            side.vectors if ragged is None else ragged for side, ragged in zip(self.sides, self.ragged, strict=True)
        ]

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of both inputs, of items of different length that of the longest."""
        return [each.shape for each in self.given]

    @cached_property
    def tokens(self) -> tuple[Tokens, Tokens]:
        """The items of both sides."""
        found = []
        for side, weights, lengths, ragged in zip(self.sides, self.weights, self.lengths, self.ragged, strict=True):
            zero = side.zero if ragged is None else _by_item(side.zero, ragged)
            real = ~zero if lengths is None else np.arange(zero.shape[1])[None] < lengths[:, None]
            found.append(Tokens(side.rows, real, weights, None if ragged is None else ragged.offsets))
        return found[0], found[1]

    @cached_property
    def items(self) -> Column:
        """Ids or numbers of the items that belong together."""
        return self.item_ids(0 if self.ids[0] is not None or self.ids[1] is None else 1)

    @property
    def ids(self) -> list[Column | None]:
        """The ids of the rows or items of both inputs."""
        return [each.ids for each in self.given]

    def item_ids(self, side: int) -> Column:
        """Return ids or numbers of the items of one side."""
        ids = self.ids[side]
        return np.arange(self.shapes[side][0]) if ids is None else ids

    @property
    def sizes(self) -> dict[str, Scalar]:
        """How many items there are, by summary key."""
        if self.matching == BEST:
            return dict(zip(BEST_SIZES, (shape[0] for shape in self.shapes), strict=True))
        return {"items": self.shapes[0][0]} if self.nested else {}

    @cached_property
    def joined(self) -> Joined | SimtoolError:
        """The rows that belong together, or why none do."""
        try:
            return join(*self.sides)
        except SimtoolError as error:
            return error

    @property
    def sets(self) -> Sets:
        """Both sets."""
        return Sets(self.sides[0].rows, self.sides[1].rows, *self.weights)

    def same(self, requests: Sequence[AggregateRequest]) -> Sets | None:
        """Return the rows that belong together, if an aggregate asks for them."""
        if not any(request.record.same_items for request in requests):
            return None
        assert isinstance(self.joined, Joined)
        parts = self.joined.a, self.joined.b
        rows = [_chosen(side.rows, part) for side, part in zip(self.sides, parts, strict=True)]
        weights = [None if w is None else _chosen(w, part) for w, part in zip(self.weights, parts, strict=True)]
        return Sets(*rows, *weights)

    def misfit(self, request: AggregateRequest) -> SimtoolError | None:
        """Return why an aggregate does not fit the inputs, or cannot be computed here, if so."""
        a, b = (side.vectors for side in self.sides)
        weighed = request.weighs
        for side, weights, takes in zip(SIDES, self.weights, weighed, strict=True):
            if weights is not None and not takes:
                what = f"{request.name} takes no weights of {side.upper()}"
                return ParameterError(what, f"«weights_{side}»", _weighing())
        if not request.record.any_dims and a.shape[-1] != b.shape[-1]:
            return _caught(checks.check_same_width, a, b, a.shape[-1], b.shape[-1])
        if request.record.same_items and self.nested:
            return _caught(check_tokens, request.name, *self.tokens)
        if request.record.same_items and isinstance(self.joined, SimtoolError):
            return self.joined
        return None

    def too_much_for_all(self, request: AggregateRequest) -> SimtoolError | None:
        """Return why an aggregate that takes long has to be named, if so."""
        most = request.record.most_in_all
        if most is None or (not self.nested and sum(side.rows.size for side in self.sides) <= most):
            return None
        what = f"takes long: it is computed where it is named, and in all for two sets of at most {most:,} numbers"
        return ResourceError(f"{request.name} {what}", "«aggregates»", f"name {request.name} alone")

    def located(self, error: SimtoolError) -> SimtoolError:
        """Return an error of an aggregate with the names of the files where it has A and B."""
        names = {name.upper(): side.vectors.name for name, side in zip(SIDES, self.sides, strict=True)}
        parts = error.where.split(", ")
        if all(part in names for part in parts):
            error.where = ", ".join(names[part] for part in parts)
        return error

    def notes(self, requests: Sequence[AggregateRequest]) -> list[str]:
        """Return what to tell the reader of the inputs."""
        notes = [note for side in self.sides for note in side.notes]
        if self.nested:
            joined = by_number(self.given, "items") if self.matching == ALIGNED else ()
            return [*notes, *joined, *self._padding_notes()]
        counts = [int(side.zero.sum()) for side in self.sides]
        if any(counts):
            notes.append(f"{checks.plural(counts[0], 'zero row')} in A, {counts[1]} in B: their cosine is 0")
        if any(request.record.same_items for request in requests) and isinstance(self.joined, Joined):
            notes += self.joined.notes
        return notes

    def _padding_notes(self) -> list[str]:
        notes = []
        own = (0,) if self.sides[0] is self.sides[1] else (0, 1)  # a list against itself is named once
        for side in own:
            if (ragged := self.ragged[side]) is not None:
                extent = f"{ragged.lengths.min()} to {ragged.lengths.max()} tokens"
                notes.append(f"items of {SIDES[side].upper()} have {extent}, {ragged.offsets[-1]} in all")
        sizes = [side.zero.size for side in self.sides]
        padded = [size - int(side.real.sum()) for size, side in zip(sizes, self.tokens, strict=True)]
        if any(padded):
            counted = ", ".join(f"{padded[side]} of {sizes[side]} in {SIDES[side].upper()}" for side in own)
            given = any(lengths is not None for lengths in self.lengths)
            what = "rows beyond the lengths are padding" if given else "zero rows are padding"
            notes.append(f"{what} and were left out: {counted}")
        inside = [self._zeros_inside(side) for side in (0, 1)]
        if any(inside):
            notes.append(f"{checks.plural(inside[0], 'zero row')} in A, {inside[1]} in B: their cosine is 0")
        if self.matching == ALIGNED:
            return [*notes, *self._empty_note(self.tokens[0].empty | self.tokens[1].empty, "", self.items)]
        for side in own:
            notes += self._empty_note(self.tokens[side].empty, f" of {SIDES[side].upper()}", self.item_ids(side))
        return notes

    def _zeros_inside(self, side: int) -> int:
        """Return how many zero rows of a side count."""
        ragged, zero = self.ragged[side], self.sides[side].zero
        return int(((zero if ragged is None else _by_item(zero, ragged)) & self.tokens[side].real).sum())

    @staticmethod
    def _empty_note(empty: Column, of: str, ids: Column) -> list[str]:
        numbers = np.flatnonzero(empty)
        if not len(numbers):
            return []
        verb = f"1 item{of} is" if len(numbers) == 1 else f"{len(numbers)} items{of} are"
        return [f"{verb} all padding, undefined and not in the means: {_listed(numbers, ids)}"]

    def listed(self, numbers: Sequence[int] | Column) -> str:
        """Return the first of some items by id or number."""
        return _listed(numbers, self.items)


def _listed(numbers: Sequence[int] | Column, ids: Column) -> str:
    more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
    return ", ".join(str(ids[number]) for number in numbers[:SHOWN]) + more


def _by_item(zero: Column, ragged: RaggedVectors) -> Column:
    """Return (items, tokens of the longest) which tokens are zero, or beyond the end of their item."""
    padded = np.ones(ragged.shape[:2], dtype=bool)
    padded[np.arange(padded.shape[1]) < ragged.lengths[:, None]] = zero
    return padded


def _weighing() -> str:
    """Say which aggregates take weights."""
    weighs = {name: AggregateRequest(find("aggregate", name), {}).weighs for name in every_aggregate()}
    both = [name for name, sides in weighs.items() if all(sides)]
    alone = [name for name, sides in weighs.items() if sides == (True, False)]
    return f"weights of both sides: {', '.join(both)}; of A alone also {', '.join(alone)}"


def _chosen(rows: Column, numbers: Column | None) -> Column:
    """Return some rows; all of them, not copied, where they are all wanted in order."""
    if numbers is None or (len(numbers) == len(rows) and np.array_equal(numbers, np.arange(len(rows)))):
        return rows
    return gathered(rows, numbers)


def _caught(check: Callable[..., None], *arguments: Any) -> SimtoolError | None:
    try:
        check(*arguments)
    except SimtoolError as error:
        return error
    return None
