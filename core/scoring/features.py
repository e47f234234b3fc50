"""Losses of the features of two views: how columns vary, not how rows do."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import checks
from ..backend import choose_backend, namespace, quiet
from ..errors import ParameterError
from ..io.origins import provenance
from ..results import Column, Columns, Result, Scalar
from .batch_data import BatchData
from .job import LossJob, compared, comparison
from .reduction import LossOutcome, divisor, norm_of_all, total_of
from .spec import LossSpec

ITEMS = ("feature", "part")
PARTS = ("invariance", "variance", "covariance")


def report(job: LossJob, data: BatchData) -> Result:
    """Compute and describe the losses; the inputs are checked by the caller."""
    if job.entry.item == "part" and len(data.batches) > 1 and min(map(len, data.batches)) == 1:
        what = "a batch of one row has no variance, and the last one is such"
        raise ParameterError(what, "«batch_size»", "another size, of at least 2")
    found = [_outcome(spec, data) for spec in job.specs]
    if not all(np.isfinite(each.total) for each in found):
        raise checks.refuse_overflow(", ".join(side.name for side in job.inputs))
    summary: dict[str, Scalar] = {}
    if job.gradients is not None or job.sweep is not None:
        found = _with_gradients(job, data, found)
    if job.is_single:
        summary, table = dict(found[0].summary()), _listed(found[0], job, len(data.batches))
        if job.entry.item == "part":
            parts = found[0].items.reshape(-1, len(PARTS)).sum(axis=0).tolist()
            summary |= dict(zip(PARTS, parts, strict=True))
    else:
        summary, table = compared(job, found), comparison(job, found)
    if job.gradients is not None:
        summary["gradient_norm"] = found[0].gradient_norm
    names = {role: side.name for role, side in zip(("a", "b"), job.inputs, strict=True)}
    return Result(
        "loss",
        names,
        job.parameters(),
        summary,
        table,
        found[0].items if job.is_single else None,
        notes=tuple(job.notes),
        provenance=provenance(dict(zip(names, job.inputs, strict=True))),
        repeats=job.repeats,
    )


def _with_gradients(job: LossJob, data: BatchData, found: list[LossOutcome]) -> list[LossOutcome]:
    """Return the outcomes with the norms of their gradients, and hand these on where they are wanted."""
    slopes = [_gradient(spec, each, data) for spec, each in zip(job.specs, found, strict=True)]
    if job.gradients is not None:
        job.gradients(0, slopes[0])
    return [replace(each, gradient_norm=norm_of_all(parts)) for each, parts in zip(found, slopes, strict=True)]


def _outcome(spec: LossSpec, data: BatchData) -> LossOutcome:
    """Return the items of all batches, scaled so that their sum is the mean of the batches."""
    with quiet():
        parts = [
            feature_items(spec, [data.backend.put(side[rows], data.backend.xp.float64) for side in data.sides])
            for rows in data.batches
        ]
    items = np.concatenate([data.backend.get(part) for part in parts]) / len(parts)
    return LossOutcome(spec, items, None, total_of(items), len(items), int((items > 0).sum()))


def feature_items(spec: LossSpec, sides: Sequence[Any]) -> Any:
    """Return the losses of the features of two views, or the parts of their loss."""
    found = spec.entry.load()(*sides, **spec.options)
    if spec.entry.item == "part":
        found = namespace(*sides).stack(found[: len(PARTS)])
    return spec.factor * found


def _gradient(spec: LossSpec, found: LossOutcome, data: BatchData) -> list[Column]:
    backend = choose_backend("torch", data.backend.device)
    totals = [np.zeros(side.shape) for side in data.sides]
    share = divisor(spec.reduction, found.count, found.active) * len(data.batches)
    for rows in data.batches:
        leaves = [backend.put(side[rows], backend.xp.float64).requires_grad_() for side in data.sides]
        (feature_items(spec, leaves).sum() / share).backward()
        for total, leaf in zip(totals, leaves, strict=True):
            total[rows] += backend.get(leaf.grad)
    return totals


def _listed(only: LossOutcome, job: LossJob, batches: int) -> Columns:
    noun, count = job.entry.item, len(only.items)
    names = np.asarray(PARTS, dtype=object) if noun == "part" else np.arange(count // batches)
    listed = only.largest(job.top)
    if len(listed.items) < count:
        counted = checks.plural(count, noun)
        job.notes.append(f"{job.top} of {counted} are listed, largest loss first; «top={count}» lists all")
    return Columns({noun: np.tile(names, batches)[listed.rows], "loss": listed.items * batches})
