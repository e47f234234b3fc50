"""The numbers of `compare`: of two sets, or of two lists of sets, with intervals and nulls."""

from collections.abc import Callable, Mapping, Sequence
from math import fsum, nan
from typing import Any

import numpy as np

from ..aggregates.mixed import MixedSets
from ..aggregates.record import AggregateRequest, Evaluator, MatchedPairs
from ..aggregates.resample import Resample
from ..backend import quiet
from ..engine import gathered
from ..errors import ParameterError, SimtoolError
from ..results import Column
from ..statistics.bootstrap import Bounds, bootstrap_items, check_draws, interval
from ..statistics.permutation import Null, permuted_null
from .best_items import BestMatches, best_keys, best_matches_of_items, best_rows
from .compared_sets import ComparisonInputs
from .matches import match_columns
from .report import CompareSpec, ComparisonOutcome, percent_request
from .token_sets import Items, ItemScores

Failed = Mapping[str, SimtoolError]


def score_sets(inputs: ComparisonInputs, spec: CompareSpec, left_out: Failed) -> ComparisonOutcome:
    """Measure two sets; under `all`, aggregates that turn out to be undefined are left out with the reason."""
    _check_sets(inputs, spec)
    evaluator = Evaluator(spec.requests, inputs.sets, inputs.same(spec.requests), spec.eps, spec.backend, spec.progress)
    values: dict[str, float] = {}
    failed = dict(left_out)
    for request in spec.requests:
        numbers = evaluator.numbers(request)
        if not isinstance(numbers, SimtoolError):
            values |= numbers
        elif spec.everything:
            failed[request.name] = numbers
        else:
            raise inputs.located(numbers)
    defined = [request for request in spec.requests if request.name in values]
    bounds, drawn = _set_bounds(evaluator, defined, spec) if spec.bootstrap else ({}, [])
    nulls, mixed = _set_nulls(evaluator, defined, spec) if spec.null else ({}, [])
    matches = _set_matches(inputs, evaluator, defined) if spec.matches else None
    notes = (*_reasons(failed), *drawn, *mixed)
    return ComparisonOutcome(values, bounds=bounds, nulls=nulls, matches=matches, notes=notes)


def _check_sets(inputs: ComparisonInputs, spec: CompareSpec) -> None:
    """Refuse, before the work, a baseline or a number of draws that there cannot be."""
    of = percent_request(spec.requests)
    if spec.percent == "baseline" and of is not None and not of.record.same_items:
        what = f"{of.name} of two sets has no baseline of unrelated sets: its null mixes the rows of both"
        hint = "«percent=clip», or inputs (items, tokens, d), where items are paired with others"
        raise ParameterError(what, "«percent=baseline»", hint)
    if spec.bootstrap:
        for side in inputs.sides:
            check_draws(len(side.rows), spec.bootstrap)
    mixed = spec.null and _mixable(*inputs.weights) and any(map(_mixes, spec.requests))
    if mixed:
        MixedSets.check(*(side.rows.shape for side in inputs.sides))


def _mixable(*weights: Column | None) -> bool:
    return all(each is None for each in weights)


def _reasons(failed: Failed) -> list[str]:
    """Return why aggregates were left out, a sentence for each reason."""
    reasons: dict[str, list[str]] = {}
    for name, error in failed.items():
        reasons.setdefault(_reason(name, error), []).append(name)
    return [f"{', '.join(names)} left out: {what}" for what, names in reasons.items()]


def _reason(name: str, error: SimtoolError) -> str:
    """Return why an aggregate is undefined without its name, so that those with one reason share a sentence."""
    return error.what.removeprefix(f"{name} ").removeprefix("is undefined: ")


def _set_bounds(
    evaluator: Evaluator, requests: Sequence[AggregateRequest], spec: CompareSpec
) -> tuple[Bounds, list[str]]:
    """Return the 95 % percentile intervals of two sets whose rows are drawn with replacement, and what to say of them.

    Both sides are drawn apart, but pairs of rows together. Aggregates of best matches are means over the rows: the
    matches of the whole sets are held fixed, so that nothing is searched again.
    """
    resample = Resample(evaluator, spec.bootstrap, spec.seed)
    bounds: Bounds = {}
    for request in requests:
        if request.record.resampled is not None:
            for key, values in request.record.resampled(resample, request).items():
                bounds |= interval(key, values)
    without = [request.name for request in requests if request.record.resampled is None]
    notes = []
    if bounds:
        notes.append(f"low and high: 95 % of {spec.bootstrap} draws of the rows; best matches are held fixed")
    if without:
        notes.append(f"no interval for {', '.join(without)}: not a mean over rows, each draw would be a new comparison")
    return bounds, notes


def _set_nulls(
    evaluator: Evaluator, requests: Sequence[AggregateRequest], spec: CompareSpec
) -> tuple[dict[str, Null], list[str]]:
    """Return the nulls: rows of B permuted where rows belong together, else the rows of both sets mixed."""
    nulls: dict[str, Null] = {}
    notes = []
    paired = [request for request in requests if request.record.same_items]
    nulls |= {request.name: _permuted_null(evaluator, request, spec) for request in paired}
    if paired:
        names = ", ".join(request.name for request in paired)
        notes.append(
            f"null of {names}: re-paired, {spec.null} permutations of the rows of B; "
            "p is the share at least as close as A and B"
        )
    others = [request for request in requests if not request.record.same_items]
    mixed = [request for request in others if _mixes(request)]
    if not _mixable(*evaluator.sets[2:]):
        return nulls, [*notes, "no null of rows with weights: rows that are mixed have none"] if others else notes
    sets = MixedSets(evaluator, spec.null, spec.seed)
    nulls |= {request.name: _mixed_null(sets, request) for request in mixed}
    if mixed:
        which = "the others" if paired else "sets"
        notes.append(
            f"null of {which}: pooled, the rows of A and B mixed and dealt again {spec.null} times; "
            "p is the share of deals at least as far apart, small where the sets differ"
        )
    without = [request.name for request in others if request not in mixed]
    if without:
        notes.append(f"no null for {', '.join(without)}: not a part of one matrix, each deal would be a new comparison")
    return nulls, notes


def _mixes(request: AggregateRequest) -> bool:
    return request.record.mixed is not None


def _mixed_null(sets: MixedSets, request: AggregateRequest) -> Null:
    """Return the null of mixed sets; `p` counts what is at least as far apart as the sets are."""
    assert request.record.mixed is not None
    with quiet():
        scores = request.record.mixed(sets, request)
    return Null.of(scores[1:], float(scores[0]), larger=not request.entry.larger_is_closer)


def _permuted_null(evaluator: Evaluator, request: AggregateRequest, spec: CompareSpec) -> Null:
    """Return the null of an aggregate of the same items when the rows of B are permuted."""
    sets = evaluator.paired

    def called(order: Column) -> Any:
        own = None if sets.weights_b is None else sets.weights_b[order]
        weights = {"weights_a": sets.weights_a, "weights_b": own}
        return request.call(sets.x, gathered(sets.y, order), **weights, **evaluator.options)

    of = request.record.permuted
    value = called if of is None else of(evaluator, request.parameters)

    def score(order: Column) -> float:
        found = value(order)
        return float(getattr(found, "score", found))

    return permuted_null(score, len(sets.x), spec.null, spec.seed, larger=request.entry.larger_is_closer)


def _set_matches(
    inputs: ComparisonInputs, evaluator: Evaluator, requests: Sequence[AggregateRequest]
) -> dict[str, Column]:
    a, b = inputs.sides
    matched = _matching(requests)
    if matched is None:
        return match_columns([], nested=False)
    pairs = matched(evaluator)
    carried = {**a.carried(pairs.a, "a"), **b.carried(pairs.b, "b")}
    return match_columns([(0, pairs, a.ids, b.ids)], nested=False, carried=carried)


def _matching(requests: Sequence[AggregateRequest]) -> Callable[[Evaluator], MatchedPairs] | None:
    """Return what lists the matches of the first aggregate that has them."""
    return next((request.record.matched for request in requests if request.record.matched is not None), None)


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
    notes = [*_reasons(left_out), *_item_reasons(inputs, found, measured)]
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
        *_reasons({**left_out, **failed}),
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
        key = tuple(item for item, _ in failed), _reason(name, failed[0][1])
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
    matched = _matching(items.requests)
    found = []
    for number in np.flatnonzero(~items.empty).tolist() if matched is not None else []:
        ids = [np.flatnonzero(tokens.real[number]) for tokens in inputs.tokens]
        assert matched is not None
        found.append((inputs.items[number], matched(items.evaluator(number, number)), ids[0], ids[1]))
    return match_columns(found, nested=True)
