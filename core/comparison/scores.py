"""The numbers of `compare`: of two sets, or of two lists of sets, with intervals and nulls."""

from collections.abc import Mapping, Sequence
from math import fsum, nan

import numpy as np

from ..errors import ParameterError, SimtoolError
from ..results import Column
from .best_items import BestMatches, best_keys, best_matches_of_items, best_rows
from .bootstrap import Bounds, bootstrap_items, bootstrap_sets, check_draws
from .evaluator import Evaluator
from .inputs import ComparisonInputs
from .matches import MATCHING, match_columns, matched
from .measures import Request
from .permutation_null import Null, item_null, row_null
from .pooled_null import Pool
from .report import Asked, Outcome, percent_request
from .token_sets import Items, ItemScores

Failed = Mapping[str, SimtoolError]


def score_sets(subject: ComparisonInputs, asked: Asked, left_out: Failed) -> Outcome:
    """Measure two sets; under `all`, aggregates that turn out to be undefined are left out with the reason."""
    _check_sets(subject, asked)
    panel = Evaluator(
        asked.requests, subject.sets, subject.same(asked.requests), asked.eps, asked.backend, asked.progress
    )
    values: dict[str, float] = {}
    failed = dict(left_out)
    for request in asked.requests:
        numbers = panel.numbers(request)
        if not isinstance(numbers, SimtoolError):
            values |= numbers
        elif asked.everything:
            failed[request.name] = numbers
        else:
            raise subject.located(numbers)
    defined = [request for request in asked.requests if request.name in values]
    bounds, drawn = _set_bounds(panel, defined, asked) if asked.bootstrap else ({}, [])
    nulls, mixed = _set_nulls(panel, defined, asked) if asked.null else ({}, [])
    matches = _set_matches(subject, panel, defined) if asked.matches else None
    notes = (*_reasons(failed), *drawn, *mixed)
    return Outcome(values, bounds=bounds, nulls=nulls, matches=matches, notes=notes)


def _check_sets(subject: ComparisonInputs, asked: Asked) -> None:
    """Refuse, before the work, a baseline or a number of draws that there cannot be."""
    of = percent_request(asked.requests)
    if asked.percent == "baseline" and of is not None and not of.measure.same_items:
        what = f"{of.name} of two sets has no baseline of unrelated sets: its null mixes the rows of both"
        hint = "«percent=clip», or inputs (items, tokens, d), where items are paired with others"
        raise ParameterError(what, "«percent=baseline»", hint)
    if asked.bootstrap:
        for side in subject.sides:
            check_draws(len(side.rows), asked.bootstrap)
    mixed = asked.null and _mixable(*subject.weights) and any(map(Pool.mixes, asked.requests))
    if mixed:
        Pool.check(*(side.rows.shape for side in subject.sides))


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


def _set_bounds(panel: Evaluator, requests: Sequence[Request], asked: Asked) -> tuple[Bounds, list[str]]:
    bounds, without = bootstrap_sets(panel, requests, asked.bootstrap, asked.seed)
    notes = []
    if bounds:
        notes.append(f"low and high: 95 % of {asked.bootstrap} draws of the rows; best matches are held fixed")
    if without:
        notes.append(f"no interval for {', '.join(without)}: not a mean over rows, each draw would be a new comparison")
    return bounds, notes


def _set_nulls(panel: Evaluator, requests: Sequence[Request], asked: Asked) -> tuple[dict[str, Null], list[str]]:
    """Return the nulls: rows of B permuted where rows belong together, else the rows of both sets mixed."""
    nulls: dict[str, Null] = {}
    notes = []
    paired = [request for request in requests if request.measure.same_items]
    nulls |= {request.name: row_null(panel, request, asked.null, asked.seed) for request in paired}
    if paired:
        names = ", ".join(request.name for request in paired)
        notes.append(
            f"null of {names}: re-paired, {asked.null} permutations of the rows of B; "
            "p is the share at least as close as A and B"
        )
    others = [request for request in requests if not request.measure.same_items]
    mixed = [request for request in others if Pool.mixes(request)]
    if not _mixable(*panel.sets[2:]):
        return nulls, [*notes, "no null of rows with weights: rows that are mixed have none"] if others else notes
    pool = Pool(panel, asked.null, asked.seed)
    nulls |= {request.name: pool.null(request) for request in mixed}
    if mixed:
        which = "the others" if paired else "sets"
        notes.append(
            f"null of {which}: pooled, the rows of A and B mixed and dealt again {asked.null} times; "
            "p is the share of deals at least as far apart, small where the sets differ"
        )
    without = [request.name for request in others if request not in mixed]
    if without:
        notes.append(f"no null for {', '.join(without)}: not a part of one matrix, each deal would be a new comparison")
    return nulls, notes


def _set_matches(subject: ComparisonInputs, panel: Evaluator, requests: Sequence[Request]) -> dict[str, Column]:
    ids = [side.ids for side in subject.sides]
    request = _matching(requests)
    found = [] if request is None else [(0, matched(panel, request), ids[0], ids[1])]
    return match_columns(found, nested=False)


def _matching(requests: Sequence[Request]) -> Request | None:
    return next((request for request in requests if request.name in MATCHING), None)


def score_items(subject: ComparisonInputs, asked: Asked, left_out: Failed) -> Outcome:
    """Measure the aligned items of two lists of sets."""
    items = Items(asked.requests, *subject.tokens, asked.eps, asked.backend, asked.progress)
    if asked.null and len(items) < 2:
        raise ParameterError("one item has no other to be paired with", "«null»", "leave «null» out")
    found, measured = items.scores(), len(items) - int(items.empty.sum())
    for failed in found.failures.values():
        # a parameter that fits no item is a mistake; one that some items are too short for is not
        if len(failed) == measured and isinstance(failed[0][1], ParameterError) and not asked.everything:
            raise subject.located(failed[0][1])
    values = {key: _mean(numbers) for key, numbers in found.values.items()}
    notes = [*_reasons(left_out), *_item_reasons(subject, found, measured)]
    bounds: Bounds = {}
    if asked.bootstrap:
        bounds = bootstrap_items(found.values, asked.bootstrap, asked.seed)
        notes.append(f"low and high: 95 % of {asked.bootstrap} draws of the items")
    nulls, told = _item_nulls(items, asked) if asked.null else ({}, [])
    matches = _item_matches(subject, items) if asked.matches else None
    return Outcome(values, found.values, bounds=bounds, nulls=nulls, matches=matches, notes=(*notes, *told))


def score_best_items(subject: ComparisonInputs, asked: Asked, left_out: Failed) -> Outcome:
    """Match every item of A with the closest of B, and back; the score is F1 of both means, as argmax is of rows."""
    items = Items(asked.requests, *subject.tokens, asked.eps, asked.backend, asked.progress)
    if asked.bootstrap:
        for side in subject.tokens:
            check_draws(len(side), asked.bootstrap)
    found, failed = best_matches_of_items(items)
    for error in failed.values():
        if not asked.everything:
            raise subject.located(error)
    values: dict[str, float] = {}
    bounds: Bounds = {}
    for name, matches in found.items():
        precision, recall, f1 = matches.means()
        values |= dict(zip(best_keys(name), (f1, precision, recall, f1), strict=True))
        if asked.bootstrap:
            bounds |= matches.bounds(name, asked.bootstrap, asked.seed)
    n, m = len(items.a), len(items.b)
    notes = [
        *_reasons({**left_out, **failed}),
        *_without_match(items, {name: matches for name, matches in found.items() if name not in failed}),
        f"items: each of the {n:,} of A with its best match of the {m:,} of B, and back; "
        "a score is F1 of the means of both ways",
    ]
    if bounds:
        draws = f"{asked.bootstrap} draws of the items of both sides"
        notes.append(f"low and high: 95 % of {draws}; best matches are held fixed")
    rows = best_rows(found, [subject.item_ids(0), subject.item_ids(1)])
    return Outcome(values, bounds=bounds, best=rows, notes=tuple(notes))


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


def _item_reasons(subject: ComparisonInputs, found: ItemScores, items: int) -> list[str]:
    """Return which aggregates are undefined for which items, a sentence for each reason."""
    reasons: dict[tuple[tuple[int, ...], str], list[str]] = {}
    for name, failed in found.failures.items():
        key = tuple(item for item, _ in failed), _reason(name, failed[0][1])
        reasons.setdefault(key, []).append(name)
    return [
        f"{', '.join(names)} undefined for {len(numbers)} of {items} items, {subject.listed(numbers)}: {what}"
        for (numbers, what), names in reasons.items()
    ]


def _item_nulls(items: Items, asked: Asked) -> tuple[dict[str, Null], list[str]]:
    matrices, without = items.matrices()
    nulls = {
        request.name: item_null(matrices[request.name], asked.null, asked.seed, larger=request.entry.larger_is_closer)
        for request in items.requests
        if request.name in matrices
    }
    notes = [
        f"null: re-paired, each item of A with a random item of B, {asked.null} permutations; "
        "p is the share at least as close as the items are"
    ]
    if without:
        notes.append(f"no null for {', '.join(without)}: {len(items):,} x {len(items):,} items would be too many")
    return nulls, notes


def _item_matches(subject: ComparisonInputs, items: Items) -> dict[str, Column]:
    request = _matching(items.requests)
    found = []
    for number in np.flatnonzero(~items.empty).tolist() if request is not None else []:
        ids = [np.flatnonzero(tokens.real[number]) for tokens in subject.tokens]
        panel = items.panel(number, number)
        assert request is not None
        found.append((subject.items[number], matched(panel, request), ids[0], ids[1]))
    return match_columns(found, nested=True)
