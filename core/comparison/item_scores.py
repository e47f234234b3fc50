"""The numbers of `compare` of two lists of sets: items that are aligned or best matches, with intervals and nulls."""

from collections.abc import Mapping
from math import fsum, nan

import numpy as np

from ..aggregates.record import AggregateRequest
from ..backend import quiet
from ..errors import ParameterError
from ..results import Column
from ..statistics.bootstrap import Bounds, bootstrap_items, check_draws
from ..statistics.permutation import Null, permuted_null
from .best_items import BestMatches, best_keys, best_matches_of_items, best_rows
from .compared_sets import ComparisonInputs
from .matches import match_columns, matching_of
from .report import CompareSpec, ComparisonOutcome, Failed, reason_of, reasons_of
from .token_sets import Items, ItemScores


def score_items(inputs: ComparisonInputs, spec: CompareSpec, left_out: Failed) -> ComparisonOutcome:
    """Measure the aligned items of two lists of sets."""
    items = Items(spec.requests, *inputs.tokens, spec.eps, spec.backend, spec.progress)
    if spec.null and len(items) < 2:
        raise ParameterError("one item has no other to be paired with", "«null»", "leave «null» out")
    found, measured = items.scores(), len(items) - int(items.empty.sum())
    for failed in found.failures.values():
        # a parameter that fits no item is a mistake; one that some items are too short for is not
        if len(failed) == measured and isinstance(failed[0][1], ParameterError) and not spec.everything:
            raise inputs.located(failed[0][1])
    values = {key: _mean(numbers) for key, numbers in found.values.items()}
    notes = [*reasons_of(left_out), *_item_reasons(inputs, found, measured)]
    bounds: Bounds = {}
    if spec.bootstrap:
        bounds = bootstrap_items(found.values, spec.bootstrap, spec.seed)
        notes.append(f"low and high: 95 % of {spec.bootstrap} draws of the items")
    nulls, reading = _item_nulls(items, spec) if spec.null else ({}, [])
    matches = _item_matches(inputs, items) if spec.matches else None
    return ComparisonOutcome(
        values, found.values, bounds=bounds, nulls=nulls, matches=matches, notes=(*notes, *reading)
    )


def score_best_items(inputs: ComparisonInputs, spec: CompareSpec, left_out: Failed) -> ComparisonOutcome:
    """Match every item of A with the closest of B, and back; the score is F1 of both means, as argmax is of rows."""
    items = Items(spec.requests, *inputs.tokens, spec.eps, spec.backend, spec.progress)
    if spec.bootstrap:
        for side in inputs.tokens:
            check_draws(len(side), spec.bootstrap)
    found, failed = best_matches_of_items(items)
    for error in failed.values():
        if not spec.everything:
            raise inputs.located(error)
    values: dict[str, float] = {}
    bounds: Bounds = {}
    for name, matches in found.items():
        precision, recall, f1 = matches.means()
        values |= dict(zip(best_keys(name), (f1, precision, recall, f1), strict=True))
        if spec.bootstrap:
            bounds |= matches.bounds(name, spec.bootstrap, spec.seed)
    n, m = len(items.a), len(items.b)
    notes = [
        *reasons_of({**left_out, **failed}),
        *_without_match(items, {name: matches for name, matches in found.items() if name not in failed}),
        f"items: each of the {n:,} of A with its best match of the {m:,} of B, and back; "
        "a score is F1 of the means of both ways",
    ]
    if bounds:
        draws = f"{spec.bootstrap} draws of the items of both sides"
        notes.append(f"low and high: 95 % of {draws}; best matches are held fixed")
    rows = best_rows(found, [inputs.item_ids(0), inputs.item_ids(1)])
    return ComparisonOutcome(values, bounds=bounds, best=rows, notes=tuple(notes))


def _without_match(items: Items, found: Mapping[str, BestMatches]) -> list[str]:
    """Return how many items that have tokens have no score with any other, under which aggregates."""
    notes = []
    for side, tokens in enumerate((items.a, items.b)):
        names: dict[int, list[str]] = {}
        for name, matches in found.items():
            names.setdefault(int((np.isinf(matches.scores[side]) & ~tokens.empty).sum()), []).append(name)
        names.pop(0, None)
        notes += [
            f"{', '.join(which)} undefined for {count} of {len(tokens)} items of {'AB'[side]} with every other item"
            for count, which in names.items()
        ]
    return notes


def _mean(values: Column) -> float:
    defined = values[~np.isnan(values)].tolist()
    # a mean lies between its extremes, which the rounded sum of equal values may leave
    return min(max(fsum(defined) / len(defined), min(defined)), max(defined)) if defined else nan


def _item_reasons(inputs: ComparisonInputs, found: ItemScores, items: int) -> list[str]:
    """Return which aggregates are undefined for which items, a sentence for each reason."""
    reasons: dict[tuple[tuple[int, ...], str], list[str]] = {}
    for name, failed in found.failures.items():
        key = tuple(item for item, _ in failed), reason_of(name, failed[0][1])
        reasons.setdefault(key, []).append(name)
    return [
        f"{', '.join(names)} undefined for {len(numbers)} of {items} items, {inputs.listed(numbers)}: {what}"
        for (numbers, what), names in reasons.items()
    ]


def _item_nulls(items: Items, spec: CompareSpec) -> tuple[dict[str, Null], list[str]]:
    matrices, without = items.matrices()
    nulls = {
        request.name: _item_null(matrices[request.name], request, spec)
        for request in items.requests
        if request.name in matrices
    }
    notes = [
        f"null: re-paired, each item of A with a random item of B, {spec.null} permutations; "
        "p is the share at least as close as the items are"
    ]
    if without:
        notes.append(f"no null for {', '.join(without)}: {len(items):,} x {len(items):,} items would be too many")
    return nulls, notes


def _item_null(matrix: Column, request: AggregateRequest, spec: CompareSpec) -> Null:
    """Return what the mean over items is when item i of A is paired with another item of B, drawn without replacement.

    `matrix` holds the scores of every item of A with every item of B; NaN where one is undefined.
    """
    rows = np.arange(len(matrix))
    with quiet():
        return permuted_null(
            lambda other: _defined_mean(matrix[rows, other]),
            len(matrix),
            spec.null,
            spec.seed,
            larger=request.entry.larger_is_closer,
        )


def _defined_mean(values: Column) -> float:
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else nan


def _item_matches(inputs: ComparisonInputs, items: Items) -> dict[str, Column]:
    matched = matching_of(items.requests)
    found = []
    for number in np.flatnonzero(~items.empty).tolist() if matched is not None else []:
        ids = [np.flatnonzero(tokens.real[number]) for tokens in inputs.tokens]
        assert matched is not None
        found.append((inputs.items[number], matched(items.evaluator(number, number)), ids[0], ids[1]))
    return match_columns(found, nested=True)
