"""What `compare` found, as a result: the percentage, a summary, a table and notes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan, nan
from typing import Any

import numpy as np

from ..aggregates.record import AggregateRequest
from ..backend import Backend
from ..errors import SimtoolError
from ..io.origins import provenance
from ..results import Column, Columns, Progress, Result, Scalar
from ..statistics.permutation import Null
from .best_items import best_keys
from .compared_sets import BEST, ComparisonInputs
from .matches import extremes

REPAIRED, POOLED = "re-paired", "pooled"  # what a null does with the rows of A and B
BOUNDS, NULLS = ("low", "high"), ("baseline", "sd", "p")
Failed = Mapping[str, SimtoolError]  # why an aggregate has no number, by its name


@dataclass(frozen=True)
class CompareSpec:
    """What was asked for beside the inputs.

    Args:
        requests: the aggregates that fit.
        everything: whether all were asked for, so that one may turn out to be undefined.
        percent: how a score becomes a percentage.
        null: permutations.
        bootstrap: draws.
        seed: of both.
        eps: the least norm that a cosine divides by.
        matches: whether to list who matched whom.
        top: how many of the best and of the worst matches to list; None for all.
        progress: called with what is done and the total.
    """

    requests: Sequence[AggregateRequest]
    everything: bool
    percent: str
    null: int
    bootstrap: int
    seed: int
    eps: float
    backend: Backend
    matches: bool
    top: int | None
    progress: Progress | None


@dataclass(frozen=True)
class ComparisonOutcome:
    """What was found.

    Args:
        values: key -> number, NaN where it is undefined.
        items: key -> (items,) numbers of each item.
        best: the rows of best matches of items.
        bounds: key -> (low, high).
        nulls: name -> its null.
        matrix: of all pairs of items, as `pairwise` gives it.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    items: Mapping[str, Column] = field(default_factory=dict)
    best: dict[str, Column] | None = None
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    nulls: Mapping[str, Null] = field(default_factory=dict)
    matches: dict[str, Column] | None = None
    matrix: Result | None = None
    notes: tuple[str, ...] = ()


def endings(*, null: bool, bootstrap: bool) -> tuple[str, ...]:
    """Return the ends of the summary keys that a null and a bootstrap add to each aggregate."""
    return (*(BOUNDS if bootstrap else ()), *(NULLS if null else ()))


def report(
    inputs: ComparisonInputs,
    spec: CompareSpec,
    outcome: ComparisonOutcome,
    *,
    every: Sequence[AggregateRequest],
    settings: Mapping[str, Any],
    by_item: bool,
) -> Result:
    """Return the result.

    Args:
        every: all aggregates in order, those too that do not fit.
        settings: further parameters to state.
        by_item: list 3-D inputs by item.
    """
    named = {name: side.vectors.name for name, side in zip("ab", inputs.sides, strict=True)}
    formed = provenance({name: side.vectors for name, side in zip("ab", inputs.sides, strict=True)})
    notes = (*inputs.notes(spec.requests), *outcome.notes)
    if outcome.matrix is not None:
        parameters = {"aggregates": [spec.requests[0].name], "cross": True, **settings}
        shown = replace(outcome.matrix, command="compare", inputs=named, parameters=parameters)
        return replace(shown, notes=notes, provenance=formed)
    of, percent, more = _percentage(spec, outcome)
    keys = {request.name: best_keys(request.name) if inputs.matching == BEST else request.keys for request in every}
    numbers = _numbers(keys, spec, outcome)
    if outcome.matches is not None:
        rows, said = (outcome.matches, "") if spec.top is None else extremes(outcome.matches, spec.top)
        more += [said] if said else []
    else:
        listed = inputs.nested and by_item
        rows = _item_rows(inputs, outcome) if listed else _rows(every, keys, spec, outcome, nested=inputs.nested)
    return Result(
        command="compare",
        inputs=named,
        parameters={**_parameters(inputs, spec, of), **settings},
        summary={"percent": percent, **numbers, **inputs.sizes},
        rows=Columns(rows),
        notes=(*notes, *more),
        provenance=formed,
        repeats=tuple(key for request in every for key in request.repeats),
    )


def _percentage(spec: CompareSpec, outcome: ComparisonOutcome) -> tuple[str | None, float | None, list[str]]:
    """Return the aggregate that the percentage is of, the percentage, and what to say of it."""
    request = percent_request(spec.requests)
    if request is None:
        return None, None, ["a distance has no percentage; name a similarity too, such as «aggregates=argmax»"]
    score = outcome.values.get(request.name, nan)
    null = outcome.nulls.get(request.name)
    baseline = nan if null is None else null.baseline
    shares = {"clip": max(0.0, score), "affine": (1 + score) / 2}
    if spec.percent == "baseline":
        shares["baseline"] = max(0.0, (score - baseline) / (1 - baseline)) if baseline < 1 else nan
    # max(0, NaN) is 0, and an undefined score has no percentage
    percent = nan if isnan(score) else 100 * shares[spec.percent]
    return request.name, _scalar(percent), []


def percent_request(requests: Sequence[AggregateRequest]) -> AggregateRequest | None:
    """Return the first similarity."""
    return next((request for request in requests if request.entry.larger_is_closer), None)


def _numbers(keys: Mapping[str, Sequence[str]], spec: CompareSpec, outcome: ComparisonOutcome) -> dict[str, Scalar]:
    """Return every number by its summary key, those that are undefined too."""
    found: dict[str, Scalar] = {}
    ends = endings(null=bool(spec.null), bootstrap=bool(spec.bootstrap))
    for name, own in keys.items():
        found |= {key: _scalar(outcome.values.get(key, nan)) for key in own}
        found |= {f"{name}.{end}": _scalar(_end(outcome, name, end)) for end in ends}
    return found


def _end(outcome: ComparisonOutcome, key: str, end: str) -> float:
    if end in BOUNDS:
        return outcome.bounds.get(key, (nan, nan))[BOUNDS.index(end)]
    return float(getattr(outcome.nulls[key], end)) if key in outcome.nulls else nan


def _rows(
    every: Sequence[AggregateRequest],
    by_name: Mapping[str, Sequence[str]],
    spec: CompareSpec,
    outcome: ComparisonOutcome,
    *,
    nested: bool,
) -> dict[str, Column]:
    """List the numbers of the aggregates, a row each; of those that are undefined the score alone."""
    keys = [key for name, own in by_name.items() for key in own if key in (*outcome.values, name)]
    columns = {"aggregate": np.asarray(keys, dtype=object)}
    columns["score"] = np.asarray([outcome.values.get(key, nan) for key in keys])
    for end in endings(null=bool(spec.null), bootstrap=bool(spec.bootstrap)):
        values: Column = np.asarray([_end(outcome, key, end) for key in keys])
        # what a number does not have is empty, not undefined; a column of nothing else stays one of numbers
        missing = np.isnan(values)
        if missing.any() and not missing.all():
            values = values.astype(object)
            values[missing] = None
        columns[end] = values
    if outcome.nulls:
        kinds = {request.name: REPAIRED if nested or request.record.same_items else POOLED for request in every}
        columns["null"] = np.asarray([kinds[key] if key in outcome.nulls else None for key in keys], dtype=object)
    return columns


def _item_rows(inputs: ComparisonInputs, outcome: ComparisonOutcome) -> dict[str, Column]:
    return {"item": inputs.items, **outcome.items} if outcome.best is None else outcome.best


def _parameters(inputs: ComparisonInputs, spec: CompareSpec, of: str | None) -> dict[str, Any]:
    own = {
        f"{request.name}.{key}": value
        for request in spec.requests
        for key, value in request.parameters.items()
        if key != "seed"
    }
    seeded = spec.null or spec.bootstrap or any("seed" in request.parameters for request in spec.requests)
    return {
        "aggregates": ["all"] if spec.everything else [request.name for request in spec.requests],
        "percent": spec.percent,
        "percent_of": of,
        **({"items": inputs.matching} if inputs.matching else {}),
        **own,
        **({"null": spec.null} if spec.null else {}),
        **({"bootstrap": spec.bootstrap} if spec.bootstrap else {}),
        **({"seed": spec.seed} if seeded else {}),
    }


def reasons_of(failed: Failed) -> list[str]:
    """Return why aggregates were left out, a sentence for each reason."""
    reasons: dict[str, list[str]] = {}
    for name, error in failed.items():
        reasons.setdefault(reason_of(name, error), []).append(name)
    return [f"{', '.join(names)} left out: {what}" for what, names in reasons.items()]


def reason_of(name: str, error: SimtoolError) -> str:
    """Return why an aggregate is undefined without its name, so that those with one reason share a sentence."""
    return error.what.removeprefix(f"{name} ").removeprefix("is undefined: ")


def _scalar(value: float) -> float | None:
    return None if isnan(value) else value
