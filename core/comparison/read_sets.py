"""Reads what is compared: two sets or two lists of sets, checked and laid out as rows, with weights and lengths."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks, given_inputs
from ..engine import Budget, Input, budget_of, prepare_input
from ..errors import DataError, ParameterError, ShapeError
from ..io import RaggedVectors, Vectors, as_ragged, as_source, open_items, select
from ..io.listed_columns import has_ids, source_rows
from ..io.vectors import name_rows
from ..nonfinite import DROP_HINT, nonfinite_rows
from ..results import Column
from ..settings import Settings
from .compared_sets import ALIGNED, BEST, SIDES, ComparisonInputs

ITEMS_HINT = "leave these items out of the file"


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
    first = _laid_out(a, nonfinite, budget)
    sides = [first, first if b is a else _laid_out(b, nonfinite, budget)]
    read = [_weights(w, each, side, name) for w, each, side, name in zip(weights, given, sides, SIDES, strict=True)]
    own = [_lengths(w, each, name) for w, each, name in zip(lengths, given, SIDES, strict=True)]
    ragged = [each if isinstance(each, RaggedVectors) else None for each in given]
    return ComparisonInputs(
        (sides[0], sides[1]), (read[0], read[1]), (own[0], own[1]), (ragged[0], ragged[1]), matching
    )


def source_of_sets(given: Any, name: str) -> Any:
    """Return what a caller hands over as a source, Vectors or an array; a list of sets as it is."""
    is_list = isinstance(given, list | tuple) and not (len(given) and np.ndim(given[0]) == 1)
    return given if is_list or isinstance(given, RaggedVectors) else as_source(given, name)


def open_sets(side: Any, ids: Any, *others: Any, name: str, settings: Settings) -> Vectors | RaggedVectors:
    """Return a set, or a list of sets that may differ in length.

    Args:
        side: what `source_of_sets` returns.
        *others: what else is read, as for `open_vectors`.
    """
    if isinstance(side, str):
        return open_items(side, ids=ids, others=[each for each in others if isinstance(each, str)], **settings.reading)
    if ids is not None:
        side = settings.open(side, "vectors", ids)
    return as_sets(side, name)


def as_sets(x: Any, name: str) -> Vectors | RaggedVectors:
    """Return a set or a list of sets: a list of arrays, which may differ in length, or what other operations take."""
    if isinstance(x, RaggedVectors):
        return x
    return as_ragged(x, name) if isinstance(x, list | tuple) else given_inputs.given(x, name)


def rows_by_id(rows: Vectors) -> RaggedVectors:
    """Return rows (n, d) as items: the rows of one id are the tokens of one item; items in order of their first row.

    Raises:
        ShapeError: the rows have no ids.
    """
    if not has_ids(rows):
        what = f"expected sets of tokens, got single rows {rows.shape} without ids"
        hint = "an array (items, tokens, d), nested lists, or ids of the items: rows of one id are one set («ids_a»)"
        raise ShapeError(what, rows.name, hint)
    assert rows.ids is not None
    codes: dict[Any, int] = {}
    item = np.asarray([codes.setdefault(each, len(codes)) for each in rows.ids.tolist()])
    order = np.argsort(item, kind="stable")
    tokens = rows if np.array_equal(order, np.arange(len(order))) else select(rows, order)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(item))])
    return RaggedVectors(tokens, offsets, np.asarray(list(codes), dtype=rows.ids.dtype))


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
        return prepare_input(given, -1, nonfinite, budget, DROP_HINT if len(given.shape) == 2 else ITEMS_HINT)
    side = prepare_input(given.tokens, -1, "propagate", budget)
    if side.missing.any():
        items = list(dict.fromkeys(given.item_of(token) for token in np.flatnonzero(side.missing).tolist()))
        verb = "holds" if len(items) == 1 else "hold"
        what = f"{name_rows(items, given.ids)} of {given.shape[0]} {verb} NaN or infinity"
        raise DataError(what, given.name, ITEMS_HINT)
    return side


def _weights(given: Any, vectors: Vectors | RaggedVectors, side: Input, name: str) -> Column | None:
    """Return the weights of the rows that are left, each a finite number, at least 0."""
    if given is None:
        return None
    shape, option = vectors.shape[:-1], f"«weights_{name}»"
    expected = f"{' x '.join(map(str, shape))} weights, one for each row"
    weights = np.asarray(given)
    if weights.shape != shape:
        raise ShapeError(f"expected {expected}, got shape {weights.shape}", option)
    if weights.dtype.kind not in "biuf":
        raise DataError(f"expected numbers, got dtype {weights.dtype}", option)
    bad = np.argwhere(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        row = source_rows(vectors, bad[0][:1])
        place = ", ".join(map(str, [*row.tolist(), *bad[0][1:].tolist()]))
        what = f"the weight of row {place} is {weights[tuple(bad[0])]}, expected a finite number, at least 0"
        raise DataError(what, option)
    if not weights.any():
        raise DataError("all weights are 0", option, "at least one row has to count")
    if side.rows.shape != side.vectors.shape:  # rows that were left out
        weights = np.delete(weights, nonfinite_rows(side.vectors), axis=0)
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
    lengths = np.asarray(given)
    if lengths.shape != (items,):
        raise ShapeError(f"expected {expected}, got shape {lengths.shape}", option)
    most = vectors.lengths if isinstance(vectors, RaggedVectors) else np.full(items, tokens)
    whole = lengths.dtype.kind in "iuf" and np.array_equal(lengths, np.round(lengths))
    bad = np.flatnonzero((lengths < 0) | (lengths > most)) if whole else [0]
    if len(bad):
        most_here = f"expected a whole number from 0 to {most[bad[0]]}"
        raise DataError(f"the length of item {bad[0]} is {lengths[bad[0]]}, {most_here}", option)
    return lengths.astype(np.int64)
