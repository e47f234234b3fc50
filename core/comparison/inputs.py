"""What is compared: two sets or two lists of sets, checked and laid out, with their weights, padding and ids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .. import checks, finite_rows
from ..aggregates.record import AggregateRequest, Sets
from ..catalogue import find
from ..engine import Budget, Input, budget_of, gathered, prepare_input
from ..errors import DataError, ParameterError, ResourceError, ShapeError, SimtoolError
from ..io import RaggedVectors, Vectors, as_ragged
from ..io.vectors import name_rows
from ..results import Column, Scalar
from .join import Joined, join
from .requests import every_aggregate
from .token_blocks import Tokens
from .token_sets import check_tokens

SIDES = ("a", "b")
ALIGNED, BEST = "aligned", "best"  # how the items of two lists are compared
BEST_SIZES = ("items_a", "items_b")
SHOWN = 3
TWO_MODELS = "both inputs must come from the same model; cka and knn-overlap compare those of two models"


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
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of both inputs, of items of different length that of the longest."""
        return [
            side.vectors.shape if ragged is None else ragged.shape
            for side, ragged in zip(self.sides, self.ragged, strict=True)
        ]

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
        return [
            side.vectors.ids if ragged is None else ragged.ids
            for side, ragged in zip(self.sides, self.ragged, strict=True)
        ]

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
            return _caught(checks.check_same_width, a, b, a.shape[-1], b.shape[-1], TWO_MODELS)
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
            return [*notes, *self._padding_notes()]
        counts = [int(side.zero.sum()) for side in self.sides]
        if any(counts):
            notes.append(f"{checks.plural(counts[0], 'zero row')} in A, {counts[1]} in B: their cosine is 0")
        if any(request.record.same_items for request in requests) and isinstance(self.joined, Joined):
            notes += self.joined.notes
        return notes

    def _padding_notes(self) -> list[str]:
        notes = []
        for name, ragged in zip(SIDES, self.ragged, strict=True):
            if ragged is not None:
                extent = f"{ragged.lengths.min()} to {ragged.lengths.max()} tokens"
                notes.append(f"items of {name.upper()} have {extent}, {ragged.offsets[-1]} in all")
        sizes = [side.zero.size for side in self.sides]
        padded = [size - int(side.real.sum()) for size, side in zip(sizes, self.tokens, strict=True)]
        if any(padded):
            counted = f"{padded[0]} of {sizes[0]} in A, {padded[1]} of {sizes[1]} in B"
            given = any(lengths is not None for lengths in self.lengths)
            what = "rows beyond the lengths are padding" if given else "zero rows are padding"
            notes.append(f"{what} and were left out: {counted}")
        inside = [self._zeros_inside(side) for side in (0, 1)]
        if any(inside):
            notes.append(f"{checks.plural(inside[0], 'zero row')} in A, {inside[1]} in B: their cosine is 0")
        if self.matching == ALIGNED:
            return [*notes, *self._empty_note(self.tokens[0].empty | self.tokens[1].empty, "", self.items)]
        if self.matching == BEST:
            for side, name in enumerate(SIDES):
                notes += self._empty_note(self.tokens[side].empty, f" of {name.upper()}", self.item_ids(side))
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


def _array(given: Any, option: str, expected: str) -> Column:
    """Return numbers as an array; a list whose parts differ in length is none."""
    try:
        return np.asarray(given)
    except ValueError:
        what = f"expected {expected}, got a list whose parts differ in length"
        raise ShapeError(what, option, "fill shorter items up with zeros") from None


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


def read_inputs(
    a: Vectors | RaggedVectors,
    b: Vectors | RaggedVectors,
    *,
    weights: tuple[Any, Any],
    lengths: tuple[Any, Any],
    nonfinite: str,
    cross: bool,
    items: str | None,
) -> ComparisonInputs:
    """Check two inputs and lay them out.

    Raises:
        ShapeError: ranks or items do not fit; weights or lengths that are not one for each row or item.
        DataError: rows that are not finite, the same ids in another order, weights or lengths out of range.
        ParameterError: items of two sets, or rows to leave out of items.
    """
    given = a, b
    where = f"{given[0].name}, {given[1].name}"
    shapes = [each.shape for each in given]
    for each in given:
        if len(each.shape) not in (2, 3):
            hint = "a set is (n, d); a list of sets is (items, tokens, d)"
            raise ShapeError(f"expected 2 or 3 dims, got shape {each.shape}", each.name, hint)
    if len(shapes[0]) != len(shapes[1]):
        raise ShapeError(f"one input is a set, the other a list of sets: {shapes[0]} and {shapes[1]}", where)
    matching = _matching(shapes, items, cross=cross, where=where)
    if matching == ALIGNED:
        checks.check_same_ids(*given)
    budget = budget_of(None)
    sides = [_laid_out(each, nonfinite, budget) for each in given]
    read = [_weights(w, each, side, name) for w, each, side, name in zip(weights, given, sides, SIDES, strict=True)]
    own = [_lengths(w, each, name) for w, each, name in zip(lengths, given, SIDES, strict=True)]
    ragged = [each if isinstance(each, RaggedVectors) else None for each in given]
    return ComparisonInputs(
        (sides[0], sides[1]), (read[0], read[1]), (own[0], own[1]), (ragged[0], ragged[1]), matching
    )


def as_sets(x: Any, name: str) -> Vectors | RaggedVectors:
    """Return a set or a list of sets: a list of arrays, which may differ in length, or what other operations take."""
    if isinstance(x, RaggedVectors):
        return x
    return as_ragged(x, name) if isinstance(x, list | tuple) else checks.given(x, name)


def _matching(shapes: Sequence[tuple[int, ...]], items: str | None, *, cross: bool, where: str) -> str | None:
    """Return how the items of two lists are compared: as asked, else item i with item i where there are as many."""
    if len(shapes[0]) != 3:
        if items is not None:
            raise ParameterError("only lists of sets (items, tokens, d) have items", "«items»", "leave «items» out")
        return None
    if cross:
        return None
    n, m = shapes[0][0], shapes[1][0]
    if items == ALIGNED and n != m:
        what = f"item i of A belongs to item i of B, but there are {n} and {m}"
        raise ShapeError(what, where, "«items» best matches every item with the closest of the other list")
    return items or (ALIGNED if n == m else BEST)


def _laid_out(given: Vectors | RaggedVectors, nonfinite: str, budget: Budget) -> Input:
    """Return an input as rows; of items of different length all tokens, one after another."""
    if not isinstance(given, RaggedVectors):
        return prepare_input(given, -1, nonfinite, budget, finite_rows.DROP_HINT)
    side = prepare_input(given.tokens, -1, "propagate", budget)
    if side.missing.any():
        items = list(dict.fromkeys(given.item_of(token) for token in np.flatnonzero(side.missing).tolist()))
        verb = "holds" if len(items) == 1 else "hold"
        what = f"{name_rows(items, given.ids)} of {given.shape[0]} {verb} NaN or infinity"
        raise DataError(what, given.name, "leave these items out of the file")
    return side


def _weights(given: Any, vectors: Vectors | RaggedVectors, side: Input, name: str) -> Column | None:
    """Return the weights of the rows that are left, each a finite number, at least 0."""
    if given is None:
        return None
    shape, option = vectors.shape[:-1], f"«weights_{name}»"
    expected = f"{' x '.join(map(str, shape))} weights, one for each row"
    weights = _array(given, option, expected)
    if weights.shape != shape:
        raise ShapeError(f"expected {expected}, got shape {weights.shape}", option)
    if weights.dtype.kind not in "biuf":
        raise DataError(f"expected numbers, got dtype {weights.dtype}", option)
    bad = np.argwhere(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        place = ", ".join(map(str, bad[0].tolist()))
        what = f"the weight of row {place} is {weights[tuple(bad[0])]}, expected a finite number, at least 0"
        raise DataError(what, option)
    if not weights.any():
        raise DataError("all weights are 0", option, "at least one row has to count")
    if side.rows.shape != side.vectors.shape:  # rows that were left out
        weights = np.delete(weights, finite_rows.nonfinite_rows(side.vectors), axis=0)
    return weights.astype(np.float64)


def _lengths(given: Any, vectors: Vectors | RaggedVectors, name: str) -> Column | None:
    """Return how many tokens of each item count."""
    if given is None:
        return None
    option = f"«lengths_{name}»"
    if len(vectors.shape) != 3:
        raise ParameterError("only items of tokens have lengths", option, "the inputs are single sets (n, d)")
    items, tokens = vectors.shape[:2]
    expected = f"{items} lengths, one for each item"
    lengths = _array(given, option, expected)
    if lengths.shape != (items,):
        raise ShapeError(f"expected {expected}, got shape {lengths.shape}", option)
    most = vectors.lengths if isinstance(vectors, RaggedVectors) else np.full(items, tokens)
    whole = lengths.dtype.kind in "iuf" and np.array_equal(lengths, np.round(lengths))
    bad = np.flatnonzero((lengths < 0) | (lengths > most)) if whole else [0]
    if len(bad):
        most_here = f"expected a whole number from 0 to {most[bad[0]]}"
        raise DataError(f"the length of item {bad[0]} is {lengths[bad[0]]}, {most_here}", option)
    return lengths.astype(np.int64)
