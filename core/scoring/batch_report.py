"""The report on losses of a batch: classes, two views, a classifier, and the features of two views."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from math import prod

import numpy as np

from .. import checks
from ..backend import Backend, choose_backend
from ..engine import resident
from ..errors import DataError, ParameterError
from ..io.listed_columns import carried_beside, carried_columns
from ..io.origins import provenance
from ..nonfinite import DROP_HINT, refuse_nonfinite
from ..results import Column, Columns, Histogram, Result, Scalar
from . import features
from . import listing as tables
from .accumulator import HELD
from .batch_data import BatchData, cut, first_two, positive_pairs
from .batch_gradients import gradients
from .batches import outcomes, takes_pairs
from .class_groups import ENDS
from .distances import distance_of
from .example_report import batches_note, collapse_note
from .job import LOSS_KEYS, LossJob, compared, compared_keys, comparison
from .pair_statistics import PairStatistics
from .reduction import LossOutcome, norm_of_all
from .spec import LossSpec

STATISTICS = 64  # bytes of a row: its hardest pairs, its class and its places
ITEM = 48  # bytes of an item: its loss and its rows, once as they come and once together
GRAPH = 6  # numbers that a graph keeps of a number of the batch
LISTED = 1000  # items that are kept where there are too many to keep all


def keys(specs: Sequence[LossSpec], *, swept: bool, gradient: bool) -> list[str]:
    """Return the summary keys of a report."""
    single = len(specs) == 1 and not swept
    own = list(LOSS_KEYS) if single else compared_keys(specs, swept=swept)
    norm = ["gradient_norm"] if gradient else []
    if specs[0].entry.item in features.ITEMS:
        return [*own, *(features.PARTS if single and specs[0].entry.item == "part" else []), *norm]
    return [*own, "positives", "negatives", "positive_similarity", "negative_similarity", *norm]


def report(job: LossJob) -> Result:
    """Compute and describe the losses; the inputs are checked by the caller."""
    _check(job)
    held_bytes(job)
    backend = choose_backend(job.backend, job.device)
    data, names = _data(job, backend)
    if len(data.batches) > 1:
        job.notes.append(batches_note(job, data.batches))
    if job.entry.item in features.ITEMS:
        return features.report(job, data)
    _check_items(job, data)
    found, statistics = outcomes(
        job.specs, data, most=job.top or LISTED, all_items=job.all_items, progress=job.progress
    )
    _check_found(job, found)
    found, norms = _with_gradients(job, data, found)
    summary = _summary(job, found, statistics)
    table = _rows(found[0], statistics, names, norms, job) if job.is_single else comparison(job, found)
    job.notes.extend(collapse_note(summary["negative_similarity"]))
    _note_zero_rows(job, data)
    return Result(
        command="loss",
        inputs=_inputs(job),
        parameters=job.parameters(),
        summary=summary,
        rows=table,
        array=found[0].items if job.is_single and found[0].complete else None,
        histograms=_histograms(statistics),
        notes=tuple(job.notes),
        provenance=provenance(dict(zip(_inputs(job), job.inputs, strict=False))),
        repeats=job.repeats,
    )


def _histograms(statistics: PairStatistics) -> tuple[Histogram, ...]:
    return tuple(
        Histogram(metric, bins.edges, dict(zip(("positives", "negatives"), statistics.counts[metric], strict=True)))
        for metric, bins in statistics.bins.items()
    )


def _summary(job: LossJob, found: list[LossOutcome], statistics: PairStatistics) -> dict[str, Scalar]:
    summary = dict(found[0].summary()) if job.is_single else compared(job, found)
    summary |= dict(zip(("positives", "negatives"), statistics.pairs, strict=True))
    summary |= {f"{group}_similarity": value for group, value in zip(ENDS, statistics.means, strict=True)}
    if job.gradients is not None:
        summary["gradient_norm"] = found[0].gradient_norm
    return summary


def _with_gradients(job: LossJob, data: BatchData, found: list[LossOutcome]) -> tuple[list[LossOutcome], list[Column]]:
    """Return the outcomes with the norms of their gradients, and those of the rows if they are wanted."""
    if job.sweep is None and job.gradients is None:
        return found, []
    slopes = gradients(job.specs, data, found)
    found = [replace(each, gradient_norm=norm_of_all(slope.parts)) for each, slope in zip(found, slopes, strict=True)]
    undefined = {each.spec.metric: slope.undefined for each, slope in zip(found, slopes, strict=True)}
    kinks = {distance_of(metric): checks.plural(count, "pair") for metric, count in undefined.items() if count}
    job.notes.extend(distance.slope_note(counted) for distance, counted in kinks.items())
    remarks = {spec.entry.name: spec.entry.gradient for spec in job.specs}
    job.notes.extend(f"{name}: {remark}" for name, remark in remarks.items() if remark)
    return found, [] if job.gradients is None else _give(job, data, slopes[0].parts)


def _check(job: LossJob) -> None:
    for side in job.inputs:
        refuse_nonfinite(side, DROP_HINT)
    entries = {spec.entry.name: spec.entry for spec in job.specs}
    apart = [name for name, entry in entries.items() if entry.two_of_each_class]
    if apart and len(entries) > len(apart):
        what = f"{apart[0]} takes two rows of each class, the others take all"
        raise ParameterError(what, "«kind»", "ask in two runs")


def held_bytes(job: LossJob) -> int:
    """Return the bytes of the largest batch, of the items and statistics of all, and of the gradients, if they fit."""
    rows = min(job.rows, job.batch_size or job.rows)
    sides = [*job.inputs, *([] if job.weights is None else [job.weights])]
    numbers = sum(side.shape[1] * (side.shape[0] if side is job.weights else rows) for side in sides)
    metrics = len({"cosine", *(spec.metric for spec in job.specs)})
    held = 8 * numbers * (2 + metrics) + STATISTICS * job.rows
    held += ITEM * len(job.specs) * min(HELD, job.rows)
    if job.gradients is not None or job.sweep is not None:
        every = 8 * sum(prod(side.shape) for side in sides)
        held += len(job.specs) * every + 8 * numbers * GRAPH
    job.budget.check(held, *_describe(job))
    return held


def _describe(job: LossJob) -> tuple[str, str]:
    rows = min(job.rows, job.batch_size or job.rows)
    hint = "«batch_size» cuts smaller batches" if rows > 1 and job.entry.takes_batches else ""
    return f"a batch of {rows:,} rows", hint


def _check_items(job: LossJob, data: BatchData) -> None:
    """Refuse all losses of all pairs where they do not fit."""
    if job.all_items and any(takes_pairs(spec) for spec in job.specs):
        items = positive_pairs(data)
        hint = "«output=FILE».parquet holds the largest"
        job.budget.check(items * ITEM, f"{job.entry.name} with all its {items} losses", hint)


def _check_found(job: LossJob, found: Sequence[LossOutcome]) -> None:
    for each in found:
        if not np.isfinite(each.total):
            raise checks.refuse_overflow(", ".join(side.name for side in job.inputs))
    empty = dict.fromkeys(each.spec.entry.name for each in found if not each.count)
    job.notes.extend(f"{name}: no row has what makes an item, so the loss is undefined" for name in empty)


def _data(job: LossJob, backend: Backend) -> tuple[BatchData, tables.Names]:
    """Return what the batches are cut from, and what its rows are called."""
    sides = [resident(side, job.budget.mapped) for side in job.inputs]
    ids, codes = job.ids, None if job.classes is None else job.classes.codes
    if job.entry.two_of_each_class and codes is not None and job.classes is not None:
        first, second = first_two(codes)
        if not len(first):
            hint = f"{job.entry.name} needs two"
            raise DataError("no class has two rows, so there is no pair", job.inputs[0].name, hint)
        left = checks.plural(len(job.classes.names) - len(first), "class")
        if len(first) < len(job.classes.names):
            job.notes.append(f"{left} with a single row left out; the first two rows of each other class are its pair")
        sides = [sides[0][first], sides[0][second]]
        batches = cut(len(first), job.batch_size, shuffle=job.shuffle, seed=job.seed)
        data = BatchData(tuple(sides), None, None, batches, job.eps, backend)
        pair = (first, second) if ids is None else (ids[first], ids[second])
        return data, tables.Names(*pair, job.classes.names[codes[first]])
    batches = cut(len(sides[0]), job.batch_size, shuffle=job.shuffle, seed=job.seed)
    weights = None if job.weights is None else job.weights.read(0, job.weights.shape[0])
    data = BatchData(tuple(sides), codes, weights, batches, job.eps, backend)
    if job.classes is None or codes is None:
        other = job.inputs[1].ids
        return data, tables.Names(ids, ids if other is None else other)
    return data, tables.Names(ids, ids if weights is None else job.classes.names, job.classes.names[codes])


def _rows(
    only: LossOutcome, statistics: PairStatistics, names: tables.Names, norms: list[Column], job: LossJob
) -> Columns:
    listed = only.largest(job.top if only.complete else job.top or LISTED)
    if only.spec.entry.item == "positive pair":
        columns = tables.of_positive_pairs(listed, names)
    else:
        columns = tables.of_anchors(listed, statistics, names)
        if norms:
            columns["gradient_norm"] = norms[0][listed.rows]
    table = Columns(columns | _carried(listed, job, columns))
    noun = "pair" if only.spec.entry.item == "positive pair" else "anchor"
    total = len(only.items) if only.complete else only.count
    if len(table) < total:
        more = f"; «top={total}» lists all" if only.complete else ""
        job.notes.append(f"{len(table)} of {total} {noun}s are listed, largest loss first{more}")
    if not only.active and only.count:
        job.notes.append(f"no {noun} is active: the loss and its gradient are zero, so nothing can be learnt")
    return table


def _carried(listed: LossOutcome, job: LossJob, taken: Collection[str]) -> dict[str, Column]:
    """Return the columns that the listing carries."""
    if listed.spec.entry.item == "positive pair":
        assert listed.places is not None
        anchors, positives = listed.places
        last = job.inputs[-1]
        return carried_columns(job.inputs[0], anchors, "anchor") | carried_columns(last, positives, "positive")
    rows = listed.rows
    if job.entry.two_of_each_class and job.classes is not None:
        rows = first_two(job.classes.codes)[0][rows]
    return carried_beside(dict(zip(_inputs(job), job.inputs, strict=False)), rows, taken)


def _give(job: LossJob, data: BatchData, slopes: list[Column]) -> list[Column]:
    """Hand the gradients to the caller, and return the norm of each row's."""
    assert job.gradients is not None
    sides = slopes[: len(data.sides)]
    if job.entry.two_of_each_class and job.classes is not None:
        # back to the rows of the file that the pairs were taken from
        whole = np.zeros(job.inputs[0].shape)
        for rows, part in zip(first_two(job.classes.codes), sides, strict=True):
            whole[rows] += part
        job.gradients(0, [whole])
    else:
        job.gradients(0, slopes)
    return [np.sqrt(sum(np.vecdot(side, side) for side in sides))]


def _inputs(job: LossJob) -> dict[str, str]:
    roles = ("a", "b") if len(job.inputs) == 2 else ("vectors",)
    named = {role: side.name for role, side in zip(roles, job.inputs, strict=True)}
    return named if job.weights is None else {**named, "weights": job.weights.name}


def _note_zero_rows(job: LossJob, data: BatchData) -> None:
    zeros = sum(int((~side.any(axis=1)).sum()) for side in data.sides)
    if zeros:
        counted = checks.plural(zeros, "zero row")
        job.notes.append(f"{counted}: the cosine with every other row is 0 there, and so is its gradient")
