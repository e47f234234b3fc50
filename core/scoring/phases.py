"""What a loss will do, told before it: the passes of a job, and the job of some of its rows."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..engine import BLOCK, Phase, tiles_phase
from ..io import Vectors
from ..labels import ClassLabels
from ..nonfinite import drop_rows
from ..results import Column
from . import batch_report, example_report
from .batch_data import first_two
from .features import ITEMS
from .job import LossJob


def loss_phases(job: LossJob) -> list[Phase]:
    """Return the passes: that of the scores, and where they are wanted of the gradients, with two products for each.

    The score of an example takes the product of its vectors and those of both norms; a batch takes all its pairs of
    rows, or of rows and classes, and a loss of features all pairs of dims.
    """
    scored = _examples(job) if job.entry.is_of_examples else _batches(job)
    if job.gradients is None and job.sweep is None:
        return [scored]
    written = 0 if job.gradients is None else 8 * len(job.inputs) * job.rows * job.inputs[0].shape[1]
    times = 2 * len(job.specs)
    return [scored, replace(scored, name="gradients", pairs=0, flop=times * scored.flop, bytes_written=written)]


def of_rows(job: LossJob, sides: Sequence[Vectors], numbers: Column) -> LossJob:
    """Return the job of some rows, whose gradients nobody takes.

    Args:
        job: of all rows.
        sides: some rows of each input.
        numbers: which they are.
    """
    if job.nonfinite == "drop":
        sides, kept = drop_rows(sides, "row", [])
        numbers = numbers[kept]
    labels, similar = (None if each is None else each[numbers] for each in (job.labels, job.similar))
    gradients = None if job.gradients is None else lambda start, parts: None
    chosen = replace(job, inputs=tuple(sides), labels=labels, similar=similar, classes=_classes(job, numbers))
    return replace(chosen, gradients=gradients, notes=[], progress=None)


def _examples(job: LossJob) -> Phase:
    held, dims = example_report.held_bytes(job), job.inputs[0].shape[1]
    blocks = -(-job.rows // BLOCK)
    flop = 6 * dims * job.rows * example_report.score_count(job)
    return Phase("examples", job.rows * (len(job.inputs) - 1), flop, memory=held, tasks=blocks, blocks=blocks)


def _batches(job: LossJob) -> Phase:
    held, dims, rows = batch_report.held_bytes(job), job.inputs[0].shape[1], job.rows
    if job.entry.two_of_each_class and job.classes is not None:
        rows = len(first_two(job.classes.codes)[0])
    size = min(rows, job.batch_size or rows)
    count, rest = divmod(rows, max(1, size))
    if job.entry.item in ITEMS:
        return Phase("features", flop=2 * rows * dims * dims, memory=held, tasks=count + bool(rest))
    others = None if job.weights is None else job.weights.shape[0]
    phases = [
        tiles_phase("batches", (each, others or each, dims), job.budget, batches=times)
        for each, times in ((size, count), (rest, int(bool(rest))))
        if each and times
    ] or [Phase("batches")]
    first, last = phases[0], phases[-1]
    more = (0, 0, 0) if first is last else (last.pairs, last.flop, last.tasks)
    pairs, flop, tasks = first.pairs + more[0], first.flop + more[1], first.tasks + more[2]
    return replace(first, pairs=pairs, flop=flop, tasks=tasks, memory=held)


def _classes(job: LossJob, numbers: Column) -> ClassLabels | None:
    """Return the classes of some rows; those of a classifier keep their numbers."""
    if job.classes is None or job.weights is not None:
        return None if job.classes is None else replace(job.classes, codes=job.classes.codes[numbers])
    present, codes = np.unique(job.classes.codes[numbers], return_inverse=True)
    return ClassLabels(codes, job.classes.names[present])
