"""One run of `loss`: the checked inputs and what was asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..catalogue import Entry
from ..engine import Budget
from ..io import Vectors
from ..labels import ClassLabels
from ..results import Column, Columns, Progress, Scalar
from .examples import Sink
from .reduction import LossOutcome
from .spec import LossSpec

LOSS_KEYS = ("loss", "total", "mean", "active_mean", "items", "active", "active_share")
_REDUCED = {"sum": "total", "mean": "mean", "active-mean": "active_mean"}


@dataclass(frozen=True)
class LossJob:
    """A loss of checked inputs.

    Args:
        specs: at least one, all of the same inputs and labels.
        sweep: the parameter that they differ in, or None.
        inputs: (n, d) vectors per role.
        weights: (classes, d) vectors of a classifier, or None.
        labels: (n,) float64 labels or scores as the losses take them; None for others.
        similar: (n,) bool, of binary labels.
        classes: the classes of the rows.
        batch_size: rows per batch; None is one batch of all.
        shuffle: whether batches are cut from the rows in a random order.
        seed: of that order.
        eps: the least norm that a cosine divides by.
        top: how many rows to list; None is all.
        all_items: whether the result must hold all items, however many.
        gradients: takes the gradients; None computes none.
        nonfinite: `error`, `propagate`, or `drop`, which has been done.
        device: where to compute.
        backend: auto, numpy or torch.
        progress: called with the rows that are done and their total.
        notes: what to tell the reader.
        budget: what may be held.
    """

    specs: list[LossSpec]
    sweep: str | None
    inputs: tuple[Vectors, ...]
    weights: Vectors | None
    labels: Column | None
    similar: Column | None
    classes: ClassLabels | None
    batch_size: int | None
    shuffle: bool
    seed: int
    eps: float
    top: int | None
    all_items: bool
    gradients: Sink | None
    nonfinite: str
    device: str
    backend: str
    progress: Progress | None
    notes: list[str]
    budget: Budget

    @property
    def rows(self) -> int:
        """n."""
        return self.inputs[0].shape[0]

    @property
    def ids(self) -> Column | None:
        """(n,) ids of the examples; None where they have numbers only."""
        return next((vectors.ids for vectors in self.inputs if vectors.ids is not None), None)

    @property
    def entry(self) -> Entry:
        """The row of the first loss."""
        return self.specs[0].entry

    @property
    def is_single(self) -> bool:
        """Whether one loss with one set of parameters is asked for."""
        return self.sweep is None and len(self.specs) == 1

    @property
    def repeats(self) -> tuple[str, ...]:
        """The summary keys and columns whose number is the loss itself, by the reduction."""
        keys = {_REDUCED.get(spec.reduction) for spec in self.specs}
        key = keys.pop() if len(keys) == 1 else None
        return () if key is None else (key, *(f"{spec.entry.name}.{key}" for spec in self.specs))

    def parameters(self) -> dict[str, object]:
        """Return every option that shaped the numbers, for the result."""
        first = self.specs[0]
        several = len({spec.entry.name for spec in self.specs}) > 1
        shown: dict[str, object] = {"kind": list(dict.fromkeys(spec.entry.name for spec in self.specs))}
        if not several:
            own = {name: value for name, value in first.parameters.items() if name != self.sweep}
            shown = {"kind": first.entry.name, **own, "distance": first.metric or None}
        shown |= {"variant": first.variant, "reduction": first.reduction if not several else None}
        if self.batch_size is not None:
            shown["batch_size"] = self.batch_size
        if self.shuffle:
            shown |= {"shuffle": True, "seed": self.seed}
        return {**shown, "eps": self.eps, "nonfinite": self.nonfinite}


def comparison(job: LossJob, outcomes: Sequence[LossOutcome]) -> Columns:
    """Return one row per loss, and per value of a sweep."""
    records = []
    for outcome in outcomes:
        summary = outcome.summary()
        record: dict[str, object] = {"kind": outcome.spec.entry.name}
        if job.sweep is not None:
            record[job.sweep] = outcome.spec.parameters[job.sweep]
        record |= {key: summary[key] for key in LOSS_KEYS}
        if outcome.gradient_norm is not None:
            record["gradient_norm"] = outcome.gradient_norm
        records.append(record)
    return Columns({key: _column([record[key] for record in records]) for key in records[0]})


def _column(values: list[object]) -> Column:
    if any(isinstance(value, str) for value in values):
        return np.asarray(values, dtype=object)
    return np.asarray([np.nan if value is None else value for value in values])


def compared_keys(specs: Sequence[LossSpec], *, swept: bool) -> list[str]:
    """Return the summary keys of several losses beside each other; a sweep has none of its own."""
    if swept:
        return []
    return [f"{spec.entry.name}.{key}" for spec in specs for key in LOSS_KEYS]


def compared(job: LossJob, outcomes: Sequence[LossOutcome]) -> dict[str, Scalar]:
    """Return the summaries of several losses, each under its name."""
    if job.sweep is not None:
        return {}
    return {f"{each.spec.entry.name}.{key}": value for each in outcomes for key, value in each.summary().items()}
