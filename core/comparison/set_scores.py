"""The numbers of `compare` of two sets, with intervals and nulls."""

from collections.abc import Sequence
from typing import Any

from ..aggregates.mixed import MixedSets
from ..aggregates.record import AggregateRequest, Evaluator
from ..aggregates.resample import Resample
from ..backend import quiet
from ..engine import gathered
from ..errors import ParameterError, SimtoolError
from ..results import Column
from ..statistics.bootstrap import Bounds, check_draws, interval
from ..statistics.permutation import Null, permuted_null
from .compared_sets import ComparisonInputs
from .matches import match_columns, matching_of
from .report import CompareSpec, ComparisonOutcome, Failed, percent_request, reasons_of
from .requests import names_with


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
    notes = (*reasons_of(failed), *drawn, *mixed)
    return ComparisonOutcome(values, bounds=bounds, nulls=nulls, matches=matches, notes=notes)


def _check_sets(inputs: ComparisonInputs, spec: CompareSpec) -> None:
    """Refuse, before the work, a baseline or a number of draws that there cannot be."""
    of = percent_request(spec.requests)
    if spec.percent == "baseline" and of is not None and not of.record.same_items:
        what = f"{of.name} of two sets has no baseline of unrelated sets: its null mixes the rows of both"
        joining = ", ".join(names_with("same_items"))
        hint = f"it works with {joining}, and with all of items (items, tokens, d); or «percent=clip»"
        raise ParameterError(what, "«percent=baseline»", hint)
    if spec.bootstrap:
        for side in inputs.sides:
            check_draws(len(side.rows), spec.bootstrap)
    mixed = spec.null and _mixable(*inputs.weights) and any(map(_mixes, spec.requests))
    if mixed:
        MixedSets.check(*(side.rows.shape for side in inputs.sides))


def _mixable(*weights: Column | None) -> bool:
    return all(each is None for each in weights)


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
    matched = matching_of(requests)
    if matched is None:
        return match_columns([], nested=False)
    pairs = matched(evaluator)
    carried = {**a.carried(pairs.a, "a"), **b.carried(pairs.b, "b")}
    return match_columns([(0, pairs, a.ids, b.ids)], nested=False, carried=carried)
