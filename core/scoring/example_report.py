"""The report on pairs, triplets and rows with a teacher: examples that are scored one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from .. import checks
from ..backend import choose_backend
from ..io.listed_columns import with_carried
from ..io.origins import provenance
from ..nonfinite import nonfinite_rows, refuse_nonfinite
from ..results import Column, Columns, Result, Rows, Scalar
from . import class_groups as groups
from . import listing as tables
from .batch_data import cut
from .distances import distance_of
from .example_scores import AlignedRows, Term
from .examples import Scored, gradient_norms, outcome, score, terms_of, write_gradients
from .job import LOSS_KEYS, LossJob, compared, compared_keys, comparison
from .reduction import LossOutcome, norm_of
from .spec import LossSpec

TABLE = 12  # numbers of an example that the report and its order take
EQUAL = 0.99  # a mean cosine of dissimilar vectors above which they are nearly equal


def keys(specs: Sequence[LossSpec], *, swept: bool, gradient: bool) -> list[str]:
    """Return the summary keys of a report."""
    entry = specs[0].entry
    parts = {"pairs": [], "triplets": [f"{end}_similarity" for end in groups.ENDS], "teacher": []}[entry.inputs]
    if any(spec.entry.labels == "binary" for spec in specs) and entry.inputs == "pairs":
        means = ("loss", "similarity") if len(specs) == 1 and not swept else ("similarity",)
        parts = [*(f"{end}s" for end in groups.ENDS), *(f"{end}_{mean}" for mean in means for end in groups.ENDS)]
    elif entry.inputs == "pairs":
        parts = ["similarity"]
    own = list(LOSS_KEYS) if len(specs) == 1 and not swept else compared_keys(specs, swept=swept)
    return [*own, *parts, *(["gradient_norm"] if gradient else [])]


def report(job: LossJob) -> Result:
    """Compute and describe the losses; the inputs are checked by the caller."""
    backend = choose_backend(job.backend, job.device)
    held_bytes(job)
    rows = AlignedRows(job.inputs, job.eps, backend)
    scored = score(rows, job.specs, job.labels, job.similar)
    _refuse_undefined(job, scored)
    batches = []
    if any(spec.entry.takes_batches for spec in job.specs):
        batches = cut(job.rows, job.batch_size, shuffle=job.shuffle, seed=job.seed)
    if len(batches) > 1:
        job.notes.append(batches_note(job, batches))
    found = [outcome(spec, scored, batches) for spec in job.specs]
    for each in found:
        if np.isinf(each.total):
            raise checks.refuse_overflow(_names(job))
    summary, table = (_single if job.is_single else _several)(job, rows, scored, batches, found)
    parts = groups.groups_of(job, scored)
    summary = _in_order(summary, groups.summary(job, parts, found[0] if job.is_single else None))
    job.notes.extend(_notes(job, rows, scored, summary.get("negative_similarity")))
    return Result(
        command="loss",
        inputs={name: side.name for name, side in zip(_roles(job), job.inputs, strict=True)},
        parameters=job.parameters(),
        summary=summary,
        rows=table,
        array=found[0].items if job.is_single else None,
        histograms=groups.histograms(job, scored),
        notes=tuple(job.notes),
        provenance=provenance(dict(zip(_roles(job), job.inputs, strict=True))),
        repeats=job.repeats,
    )


def held_bytes(job: LossJob) -> int:
    """Return the bytes of the scores, the items, their order and table, and the slopes of a gradient, if they fit."""
    terms = score_count(job)
    slopes = 8 * terms if job.gradients is not None or job.sweep is not None else 0
    size = 8 * job.rows * (terms + 2 * len(job.specs) + TABLE + slopes)
    job.budget.check(size, f"a loss of {job.rows:,} examples")
    return size


def score_count(job: LossJob) -> int:
    """Return how many scores an example has: those of the losses, and the cosines that are reported."""
    return len({term for spec in job.specs for term in terms_of(spec)}) + len(job.inputs) - 1


def _notes(job: LossJob, rows: AlignedRows, scored: Scored, dissimilar: Scalar) -> Iterator[str]:
    """Yield what a reader should know of the vectors, whose dissimilar ones have this mean cosine."""
    yield from collapse_note(dissimilar)
    if zeros := rows.zero_rows(scored.values[Term("cosine", 0, 1)]):
        yield f"{checks.plural(zeros, 'example')} with a zero row: the cosine is 0 there, and so is its gradient"
    if job.gradients is not None or job.sweep is not None:
        yield from _slope_notes(job, scored)


def _slope_notes(job: LossJob, scored: Scored) -> Iterator[str]:
    """Yield how many examples have a score without a derivative, by metric."""
    wanted = {term: None for spec in job.specs for term in terms_of(spec) if term.score is None}
    for metric in dict.fromkeys(term.name for term in wanted):
        kinks = [distance_of(metric).without_slope(scored.values[term]) for term in wanted if term.name == metric]
        count = int(np.count_nonzero(np.any(kinks, axis=0)))
        if count:
            yield distance_of(metric).slope_note(checks.plural(count, "example"))


def _several(
    job: LossJob, rows: AlignedRows, scored: Scored, batches: Sequence[Column], found: list[LossOutcome]
) -> tuple[dict[str, Scalar], Rows]:
    """Return the summary and the table of several losses, or of one with several parameters."""
    if job.sweep is not None:
        norms = gradient_norms(rows, job.specs, scored, batches)
        found = [replace(each, gradient_norm=norm) for each, norm in zip(found, norms, strict=True)]
    return compared(job, found), comparison(job, found)


def _single(
    job: LossJob, rows: AlignedRows, scored: Scored, batches: Sequence[Column], found: list[LossOutcome]
) -> tuple[dict[str, Scalar], Rows]:
    """Return the summary and the items of one loss, and hand on its gradients."""
    only = found[0]
    listed = only.largest(job.top)
    summary, (columns, rows_listed) = dict(only.summary()), _columns(listed, scored, job)
    whole = only.spec.entry.item == "batch"
    if job.gradients is not None:
        squares = write_gradients(rows, only.spec, scored, batches, job.gradients)
        summary["gradient_norm"] = norm_of(squares)
        if not whole:
            columns["gradient_norm"] = np.sqrt(squares[listed.rows])
    table = with_carried(Columns(columns), dict(zip(_roles(job), job.inputs, strict=True)), rows_listed)
    job.notes.extend(_advice(only, len(table), job.rows if whole else len(only.items)))
    return summary, table


def batches_note(job: LossJob, batches: Sequence[Column]) -> str:
    """Return how the rows were cut into batches."""
    order = f"in an order shuffled with seed {job.seed}" if job.shuffle else "in the order of the file"
    last = f", the last of {len(batches[-1])}" if len(batches[-1]) < len(batches[0]) else ""
    return f"{len(batches)} batches of {checks.plural(len(batches[0]), 'row')}{last}, {order}"


def _roles(job: LossJob) -> tuple[str, ...]:
    return {2: ("a", "b"), 3: ("anchor", "positive", "negative")}[len(job.inputs)]


def _names(job: LossJob) -> str:
    return ", ".join(side.name for side in job.inputs)


def _refuse_undefined(job: LossJob, scored: Scored) -> None:
    """Refuse scores that are not finite, unless they may stay, as NaN."""
    if all(np.isfinite(values).all() for values in scored.values.values()):
        return
    if job.nonfinite == "propagate":
        bad = np.concatenate([nonfinite_rows(side) for side in job.inputs])
        for values in scored.values.values():
            values[bad] = np.nan
        return
    for side in job.inputs:
        refuse_nonfinite(side)
    raise checks.refuse_overflow(_names(job))


def _columns(listed: LossOutcome, scored: Scored, job: LossJob) -> tuple[dict[str, Column], Column]:
    """Return the listing, and the numbers of its rows."""
    named = tables.Names(job.ids)
    if listed.spec.entry.item == "batch":
        columns, rows = tables.of_order(listed, scored, named, job.top)
    else:
        rows = listed.rows
        columns = (tables.of_triplets if len(job.inputs) == 3 else tables.of_pairs)(listed, scored, named)
    return columns, rows


def _in_order(summary: dict[str, Scalar], groups: dict[str, Scalar]) -> dict[str, Scalar]:
    norm = {key: value for key, value in summary.items() if key == "gradient_norm"}
    return {**{key: value for key, value in summary.items() if key not in norm}, **groups, **norm}


def _advice(only: LossOutcome, shown: int, total: int) -> list[str]:
    """Return what a reader should know of a single loss."""
    notes = []
    noun = only.spec.entry.item if only.spec.entry.item != "batch" else "pair"
    if shown < total:
        largest = "largest" if only.spec.entry.item == "batch" else "largest loss"
        notes.append(f"{shown} of {total} {noun}s are listed, {largest} first; «top={total}» lists all")
    if only.active == 0 and not only.undefined:
        rest = f"nothing can be learnt from these {noun}s"
        notes.append(f"no {noun} is active: the loss and its gradient are zero, so {rest}")
    margin, mean = only.spec.parameters.get("margin"), only.summary()["mean"]
    if only.spec.entry.inputs == "triplets" and margin and isinstance(mean, float) and len(only.items) > 1:
        at_margin = abs(mean - margin) < 0.01 * margin and float(np.ptp(only.items)) < 0.1 * margin
        notes += ["collapse: every loss sits at the margin, as when all vectors are equal"] if at_margin else []
    return notes


def collapse_note(similarity: Scalar) -> list[str]:
    """Return a warning where vectors that should differ are nearly equal."""
    if isinstance(similarity, float) and similarity > EQUAL:
        return [f"collapse: dissimilar vectors have a mean cosine of {similarity:.4f}, they are nearly equal"]
    return []
