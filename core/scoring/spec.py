"""What was asked for: which losses, as whom, on which metric, with which parameters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Self

from ..catalogue import Entry, Variant, check_parameter, find, unknown_name
from ..errors import ParameterError

SWITCHES = ("swap", "symmetric")  # what the report follows, not the function
BY_LABEL = "active-mean-by-label"
REDUCTIONS = ("mean", "sum", "none", "active-mean", BY_LABEL)


@dataclass(frozen=True)
class LossSpec:
    """One loss with everything that shapes its number.

    Args:
        entry: its row in the catalogue.
        variant: the name of the variant, or None.
        metric: what it is computed on.
        parameters: name -> value, defaults filled in.
        reduction: one of REDUCTIONS.
        factor: what every item is multiplied with.
    """

    entry: Entry
    variant: str | None
    metric: str
    parameters: Mapping[str, float]
    reduction: str
    factor: float = 1.0

    @property
    def options(self) -> dict[str, float]:
        """The parameters that the function takes; the others are the report's to follow."""
        return {name: value for name, value in self.parameters.items() if name not in SWITCHES}

    @property
    def halves(self) -> tuple[Self, ...]:
        """The loss itself; of all pairs of a batch by label, that of positives and that of negatives.

        A margin that all keep leaves a half without active pairs of the other kind.
        """
        if self.entry.inputs != "classes" or self.reduction != BY_LABEL:
            return (self,)
        half = replace(self, reduction="active-mean")
        return half.with_parameter("margin", 0.0), half.with_parameter("positive_margin", inf)

    def with_parameter(self, name: str, value: float) -> Self:
        """Return the spec with another value of a parameter that it has."""
        return replace(self, parameters={**self.parameters, name: value})


def read_specs(
    kinds: Sequence[str],
    *,
    one_set: bool = False,
    variant: str | None,
    metric: str | None,
    reduction: str | None,
    parameters: Mapping[str, float | None],
) -> list[LossSpec]:
    """Return what was asked for, defaults filled in.

    Args:
        kinds: names of the catalogue; all of them must take the same inputs and labels.
        one_set: whether there is a single set of vectors, of which the triplet loss takes all triplets.
        variant: of each of them, or None.
        metric: to compute them on, or None.
        reduction: or None.
        parameters: name -> value; None where none was given. Each goes to the losses that have it.

    Raises:
        ParameterError: an unknown name, a parameter that no loss has, or losses that do not go together.
    """
    found = [_entry(kind, one_set) for kind in kinds]
    entries = list({(entry.name, entry.variant): entry for entry in found}.values())
    if not entries:
        raise ParameterError("no loss was asked for", "«kind»", "as in «kind=contrastive»")
    first = entries[0]
    for entry in entries:
        _check_named(entry, [other.name for other in entries], variant)
        if entry.inputs != first.inputs:
            what = f"{first.name} takes {first.inputs}, {entry.name} takes {entry.inputs}"
            raise ParameterError(what, "«kind»", "ask for them in two runs")
        if "none" not in (entry.labels, first.labels) and entry.labels != first.labels:
            what = f"{first.name} takes {first.labels} labels, {entry.name} {entry.labels} ones"
            raise ParameterError(what, "«kind»", "ask for them in two runs")
    given = {name: value for name, value in parameters.items() if value is not None}
    for name, value in given.items():
        check_parameter(entries, name)
        if not isfinite(value):
            raise ParameterError(f"{name} is {value}, expected a finite number", f"«{name}»")
        _check_switch(name, value)
    return [_spec(entry, variant, metric, reduction, given) for entry in entries]


def _entry(kind: str, one_set: bool) -> Entry:
    entry = find("loss", kind)
    if not entry.of_classes or not one_set:
        return entry
    every = find("loss", entry.of_classes)
    variants = {name: each for name, each in entry.variants.items() if each.metric in ("", *every.metrics)}
    every = replace(every, name=entry.name, aliases=(), of_classes=entry.of_classes)
    return replace(every, reduction="mean", variants=variants, variant=entry.variant)


def _check_named(entry: Entry, names: Sequence[str], variant: str | None) -> None:
    """Refuse one loss as several libraries have it, and a variant beside a library's name."""
    if names.count(entry.name) > 1:
        raise ParameterError(f"{entry.name} is asked for as of several libraries", "«kind»", "ask in two runs")
    if variant is not None and entry.variant:
        what = f"a library's name means its own variant of {entry.name}, {entry.variant}"
        raise ParameterError(what, "«variant»", "leave it out")


def swept(specs: Iterable[LossSpec], name: str, values: Sequence[float]) -> list[LossSpec]:
    """Return each spec with each value of a parameter."""
    specs = list(specs)
    for spec in specs:
        check_parameter([spec.entry], name, "«sweep»")
    for value in values:
        _check_switch(name, value)
    return [spec.with_parameter(name, value) for spec in specs for value in values]


def _spec(
    entry: Entry, variant: str | None, metric: str | None, reduction: str | None, given: Mapping[str, float]
) -> LossSpec:
    as_whom = Variant(entry.source, reduction=entry.reduction)
    variant = variant or entry.variant or None
    if variant is not None:
        if variant not in entry.variants:
            if not entry.variants:
                raise ParameterError(f"the loss {entry.name} has no variants", "«variant»", "leave it out")
            raise unknown_name(f"variant of {entry.name}", variant, entry.variants)
        as_whom = entry.variants[variant]
    chosen = as_whom.metric or entry.metric
    if metric is not None:
        if metric not in (entry.metric, *entry.metrics):
            choices = ", ".join(dict.fromkeys((entry.metric, *entry.metrics))) or "none"
            what = f"the loss {entry.name} is not defined on {metric}"
            raise ParameterError(what, "«distance»", f"one of: {choices}")
        chosen = metric
    if reduction == BY_LABEL and entry.labels != "binary" and entry.reduction != BY_LABEL:
        what = f"the loss {entry.name} has no binary labels to take the means by"
        raise ParameterError(what, "«reduction»", "active-mean is that over all items")
    own = {name: value for name, value in given.items() if name in entry.parameters}
    merged = {**entry.parameters, **as_whom.parameters, **own}
    return LossSpec(entry, variant, chosen, merged, reduction or as_whom.reduction, as_whom.factor)


def _check_switch(name: str, value: float) -> None:
    if name in SWITCHES and value not in (0.0, 1.0):
        raise ParameterError(f"{name} is {value:g}, expected 0 or 1", "«parameters»")
