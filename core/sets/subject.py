"""What is compared: two sets or two lists of sets, checked and laid out, with their weights, padding and ids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .. import checks
from ..engine.budget import budget_of
from ..errors import DataError, ParameterError, ShapeError, SimtoolError
from ..inputs import Input, lay_out
from ..results import Column
from .blocks import Tokens
from .items import check_tokens
from .join import Joined, join
from .measures import Request
from .panel import Sets, chosen
from .transport import assignment_solver

SIDES = ("a", "b")
SHOWN = 3
TWO_MODELS = "both inputs must come from the same model; cka and knn-overlap compare those of two models"


@dataclass(frozen=True)
class Subject:
    """Two inputs about to be compared.

    Args:
        sides: both, their rows laid out.
        weights: of the rows of each, (n,) or (items, tokens), or None.
        lengths: (items,) how many tokens of each item count, or None: zero rows are padding.
    """

    sides: tuple[Input, Input]
    weights: tuple[Column | None, Column | None]
    lengths: tuple[Column | None, Column | None]

    @property
    def nested(self) -> bool:
        """Whether the inputs are lists of sets."""
        return self.sides[0].rows.ndim == 3

    @cached_property
    def tokens(self) -> tuple[Tokens, Tokens]:
        """The items of both sides."""
        found = []
        for side, weights, lengths in zip(self.sides, self.weights, self.lengths, strict=True):
            places = np.arange(side.zero.shape[1])
            real = ~side.zero if lengths is None else places[None] < lengths[:, None]
            found.append(Tokens(side.rows, real, weights))
        return found[0], found[1]

    @cached_property
    def items(self) -> Column:
        """Ids or numbers of the items."""
        ids = [side.vectors.ids for side in self.sides if side.vectors.ids is not None]
        return ids[0] if ids else np.arange(len(self.sides[0].rows))

    def item_ids(self, side: int) -> Column:
        """Return ids or numbers of the items of one side."""
        ids = self.sides[side].vectors.ids
        return np.arange(len(self.sides[side].rows)) if ids is None else ids

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

    def same(self, requests: Sequence[Request]) -> Sets | None:
        """Return the rows that belong together, if an aggregate asks for them."""
        if not any(request.measure.same_items for request in requests):
            return None
        assert isinstance(self.joined, Joined)
        parts = self.joined.a, self.joined.b
        rows = [chosen(side.rows, part) for side, part in zip(self.sides, parts, strict=True)]
        weights = [None if w is None else chosen(w, part) for w, part in zip(self.weights, parts, strict=True)]
        return Sets(*rows, *weights)

    def misfit(self, request: Request) -> SimtoolError | None:
        """Return why an aggregate does not fit the inputs, or cannot be computed here, if so."""
        if request.name == "optimal" and (missing := _caught(assignment_solver)) is not None:
            return missing
        a, b = (side.vectors for side in self.sides)
        weighed = request.weighs
        for side, weights, takes in zip(SIDES, self.weights, weighed, strict=True):
            if weights is not None and not takes:
                what = f"{request.name} takes no weights of {side.upper()}"
                return ParameterError(what, f"--weights-{side}", WEIGHING)
        if not request.measure.any_dims and a.shape[-1] != b.shape[-1]:
            return _caught(checks.check_same_width, a, b, a.shape[-1], b.shape[-1], TWO_MODELS)
        if request.measure.same_items and self.nested:
            return _caught(check_tokens, request.name, *self.tokens)
        if request.measure.same_items and isinstance(self.joined, SimtoolError):
            return self.joined
        return None

    def located(self, error: SimtoolError) -> SimtoolError:
        """Return an error of an aggregate with the names of the files where it has A and B."""
        names = {name.upper(): side.vectors.name for name, side in zip(SIDES, self.sides, strict=True)}
        parts = error.where.split(", ")
        if all(part in names for part in parts):
            error.where = ", ".join(names[part] for part in parts)
        return error

    def notes(self, requests: Sequence[Request]) -> list[str]:
        """Return what to tell the reader of the inputs."""
        notes = [note for side in self.sides for note in side.notes]
        if self.nested:
            return [*notes, *self._padding_notes()]
        counts = [int(side.zero.sum()) for side in self.sides]
        if any(counts):
            notes.append(f"{checks.plural(counts[0], 'zero row')} in A, {counts[1]} in B: their cosine is 0")
        if any(request.measure.same_items for request in requests) and isinstance(self.joined, Joined):
            notes += self.joined.notes
        return notes

    def _padding_notes(self) -> list[str]:
        real = [side.real for side in self.tokens]
        padded = [int((~side).sum()) for side in real]
        notes = []
        if any(padded):
            counted = f"{padded[0]} of {real[0].size} in A, {padded[1]} of {real[1].size} in B"
            given = any(lengths is not None for lengths in self.lengths)
            what = "rows beyond the lengths are padding" if given else "zero rows are padding"
            notes.append(f"{what} and were left out: {counted}")
        inside = [int((side.zero & mask).sum()) for side, mask in zip(self.sides, real, strict=True)]
        if any(inside):
            notes.append(f"{checks.plural(inside[0], 'zero row')} in A, {inside[1]} in B: their cosine is 0")
        if len(real[0]) != len(real[1]):
            return notes
        empty = np.flatnonzero(self.tokens[0].empty | self.tokens[1].empty)
        if len(empty):
            verb = "1 item is" if len(empty) == 1 else f"{len(empty)} items are"
            notes.append(f"{verb} all padding, undefined and not in the means: {self.listed(empty)}")
        return notes

    def listed(self, numbers: Sequence[int] | Column) -> str:
        """Return the first of some items by id or number."""
        more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
        return ", ".join(str(self.items[number]) for number in numbers[:SHOWN]) + more


WEIGHING = (
    "weights of both sides: mean, argmax, centroid, paired, chamfer, sinkhorn; of A alone also maxsim, top-k-mean"
)


def _caught(check: Callable[..., None], *arguments: Any) -> SimtoolError | None:
    try:
        check(*arguments)
    except SimtoolError as error:
        return error
    return None


def read_subject(
    a: Any, b: Any, *, weights: tuple[Any, Any], lengths: tuple[Any, Any], nonfinite: str, cross: bool
) -> Subject:
    """Check two inputs and lay them out.

    Raises:
        ShapeError: ranks or items do not fit; weights or lengths that are not one for each row or item.
        DataError: rows that are not finite, the same ids in another order, weights or lengths out of range.
    """
    a, b = checks.given(a, "A"), checks.given(b, "B")
    where = f"{a.name}, {b.name}"
    for vectors in (a, b):
        if len(vectors.shape) not in (2, 3):
            hint = "a set is (n, d); a list of sets is (items, tokens, d)"
            raise ShapeError(f"expected 2 or 3 dims, got shape {vectors.shape}", vectors.name, hint)
    if len(a.shape) != len(b.shape):
        raise ShapeError(f"one input is a set, the other a list of sets: {a.shape} and {b.shape}", where)
    if len(a.shape) == 3 and not cross:
        if a.shape[0] != b.shape[0]:
            what = f"item i of A belongs to item i of B, but there are {a.shape[0]} and {b.shape[0]}"
            raise ShapeError(what, where, "--cross compares every item with every other")
        checks.check_same_ids(a, b)
    mapped = budget_of(None).mapped
    a_side, b_side = (lay_out(side, -1, nonfinite, mapped, checks.DROP_HINT) for side in (a, b))
    sides = a_side, b_side
    read = [_weights(w, side, name) for w, side, name in zip(weights, sides, SIDES, strict=True)]
    own = [_lengths(w, side, name) for w, side, name in zip(lengths, sides, SIDES, strict=True)]
    return Subject(sides, (read[0], read[1]), (own[0], own[1]))


def _weights(given: Any, side: Input, name: str) -> Column | None:
    """Return the weights of the rows that are left, each a finite number, at least 0."""
    if given is None:
        return None
    weights, option = np.asarray(given), f"--weights-{name}"
    shape = side.vectors.shape[:-1]
    if weights.shape != shape:
        expected = " x ".join(map(str, shape))
        raise ShapeError(f"expected {expected} weights, one for each row, got shape {weights.shape}", option)
    if weights.dtype.kind not in "biuf":
        raise DataError(f"expected numbers, got dtype {weights.dtype}", option)
    bad = np.argwhere(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        place = ", ".join(map(str, bad[0].tolist()))
        what = f"the weight of row {place} is {weights[tuple(bad[0])]}, expected a finite number, at least 0"
        raise DataError(what, option)
    if not weights.any():
        raise DataError("all weights are 0", option, "at least one row has to count")
    if side.rows.shape != side.vectors.shape:
        weights = np.delete(weights, checks.nonfinite_rows(side.vectors), axis=0)
    return weights.astype(np.float64)


def _lengths(given: Any, side: Input, name: str) -> Column | None:
    """Return how many tokens of each item count."""
    if given is None:
        return None
    lengths, option = np.asarray(given), f"--lengths-{name}"
    if side.rows.ndim != 3:
        raise ParameterError("only items of tokens have lengths", option, "the inputs are single sets (n, d)")
    items, tokens = side.rows.shape[:2]
    if lengths.shape != (items,):
        raise ShapeError(f"expected {items} lengths, one for each item, got shape {lengths.shape}", option)
    whole = lengths.dtype.kind in "iuf" and np.array_equal(lengths, np.round(lengths))
    bad = np.flatnonzero((lengths < 0) | (lengths > tokens)) if whole else [0]
    if len(bad):
        what = f"the length of item {bad[0]} is {lengths[bad[0]]}, expected a whole number from 0 to {tokens}"
        raise DataError(what, option)
    return lengths.astype(np.int64)
