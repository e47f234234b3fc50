"""A dry run: the plan of a job as a result, with the time that runs on a sample of its rows let expect."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..backend import Backend
from ..catalogue import DEVICES, USED, gpu_hours
from ..delivery import spent
from ..engine import Budget, Phase, operation_seconds, processors, reading_phase, spending
from ..errors import SimtoolError
from ..io import Vectors
from ..io.origins import provenance
from ..memory import WORKING
from ..metrics.precision import FLOAT32
from ..nonfinite import NONFINITE_HINT, nonfinite_rows, refuse_rows
from ..results import Column, Columns, Result
from ..settings import Settings
from ..work import unkept
from .asked import KEYS
from .samples import HeldSample, SomeRows, most_rows
from .trials import Trial, extrapolated, grown

WRITTEN_SECONDS = 1e-9  # to hand a byte to the system


@dataclass(frozen=True)
class Planned:
    """A plan of some rows, which tells what a job will do.

    Args:
        phases: the passes over inputs of given shapes, of which these rows are a sample.
        trial: does the work on these rows, and keeps and writes nothing.
    """

    phases: Callable[[Sequence[tuple[int, ...]]], Sequence[Phase]]
    trial: Callable[[], object]


Make = Callable[[Sequence[SomeRows], Settings], Planned]  # plans the job of some rows of each input


def dry_run_of(
    command: str,
    inputs: Mapping[str, Vectors],
    make: Make,
    *,
    settings: Settings,
    device_name: str,
    hint: str = NONFINITE_HINT,
) -> Result:
    """Return the plan of a job instead of doing it.

    Args:
        make: plans it for some rows of each input, which it checks as it would check all.
        device_name: the device of the GPU-hours.
        hint: what to type where rows are not finite.

    Raises:
        ResourceError: the job does not fit in the budget.
    """
    opened, sides = spent(), list(inputs.values())
    budget, backend = settings.budget(*sides), settings.space()
    within = replace(settings, max_memory=None)
    with spending(budget), unkept():
        samples = [HeldSample.of(each, most_rows(*sides)) for each in sides]
        if settings.nonfinite == "error":
            for side, sample in zip(sides, samples, strict=True):
                refuse_rows(side, sample.rows.numbers[nonfinite_rows(sample.rows.vectors)], hint)
        planned = make([each.rows for each in samples], within)
        phases = [reading_phase(sides, budget), *planned.phases([side.shape for side in sides])]
        start, work, timed = _work_seconds(sides, samples, lambda rows: make(rows, within), phases, backend)
    reading = sum(
        each.byte_seconds * reading_phase([side], budget).bytes_read for each, side in zip(samples, sides, strict=True)
    )
    weights = [phase.flop * phase.share or 1.0 for phase in phases[1:]]
    parts = [work * weight / sum(weights) for weight in weights]
    writing = [WRITTEN_SECONDS * phase.bytes_written for phase in phases[1:]]
    cpu = [opened + reading + start, *map(sum, zip(parts, writing, strict=True))]
    notes = [timed, f"gpu_hours: the operations at {USED:.0%} of {DEVICES[device_name].flops / 1e12:,.0f} TFLOP/s"]
    return Result(
        command=command,
        inputs={role: each.name for role, each in inputs.items()},
        parameters={"dry_run": True, "max_memory": budget.total, "device_name": device_name},
        summary=_summary(sides, phases, cpu, budget, backend, device_name),
        rows=_table(phases, cpu, budget, backend),
        notes=tuple(notes),
        provenance=provenance(dict(inputs)),
        headline=None,
    )


def _work_seconds(
    sides: Sequence[Vectors],
    samples: Sequence[HeldSample],
    make: Callable[[Sequence[SomeRows]], Planned],
    phases: Sequence[Phase],
    backend: Backend,
) -> tuple[float, float, str]:
    """Return the seconds to load libraries and those of the work, and a sentence that says how they are known."""
    clock = time.perf_counter if backend.is_cuda else time.process_time

    def run(size: int) -> Trial:
        chosen, start = [each.rows.some(size) for each in samples], clock()
        planned = make(chosen)
        planned.trial()
        seconds = clock() - start
        shapes = [each.vectors.shape for each in chosen]
        return Trial(sum(shape[0] for shape in shapes), float(sum(p.flop for p in planned.phases(shapes))), seconds)

    flop = sum(phase.flop * phase.share for phase in phases)
    try:
        start, trials = grown(run, max(len(each.rows.numbers) for each in samples))
    except SimtoolError as error:  # what all rows have, some of them may lack
        seconds = flop * operation_seconds(FLOAT32, backend, sides[0].shape[-1])
        return 0.0, seconds, f"seconds: those of the products alone, a sample could not be run, {error.what}"
    rows = trials[-1].rows
    said = f"seconds: from runs on up to {rows:,} of {sum(each.shape[0] for each in sides):,} rows"
    return start, extrapolated(trials, sum(each.shape[0] for each in sides), flop), said


def _peak(phase: Phase, reading: Phase, budget: Budget) -> int:
    """Return the most that is taken at once; a job keeps to its budget, or is refused."""
    beside = reading.memory if phase is not reading else 0
    return min(budget.total, budget.held + WORKING + beside + phase.memory)


def _wall(phases: Sequence[Phase], cpu: Sequence[float], backend: Backend) -> list[float]:
    workers = 1 if backend.is_cuda else processors()
    return [seconds / max(1, min(workers, phase.blocks)) for phase, seconds in zip(phases, cpu, strict=True)]


def _table(phases: Sequence[Phase], cpu: Sequence[float], budget: Budget, backend: Backend) -> Columns:
    columns: dict[str, list[Any]] = {"seconds": _wall(phases, cpu, backend)}
    columns |= {name: [getattr(phase, name) for phase in phases] for name in ("pairs", "flop", "tasks")}
    columns["peak_memory"] = [_peak(phase, phases[0], budget) for phase in phases]
    columns |= {name: [getattr(phase, name) for phase in phases] for name in ("bytes_read", "bytes_written")}
    names = np.asarray([phase.name for phase in phases], dtype=object)
    return Columns({"phase": names, **{name: _column(values) for name, values in columns.items()}})


def _column(values: list[Any]) -> Column:
    """Return numbers as a column; integers that are too large for one are rounded."""
    return np.asarray(values, dtype=np.float64 if max(values) >= 1 << 63 else None)


def _summary(
    sides: Sequence[Vectors],
    phases: Sequence[Phase],
    cpu: Sequence[float],
    budget: Budget,
    backend: Backend,
    device_name: str,
) -> dict[str, Any]:
    flop = sum(phase.flop for phase in phases)
    values = (
        sides[0].shape[0],
        sides[-1].shape[0],
        sum(phase.pairs for phase in phases),
        flop,
        sum(phase.bytes_read for phase in phases),
        sum(phase.bytes_written for phase in phases),
        max(_peak(phase, phases[0], budget) for phase in phases),
        max(phase.tasks for phase in phases),
        sum(_wall(phases, cpu, backend)),
        sum(cpu),
        gpu_hours(flop, device_name),
    )
    return dict(zip(KEYS, values, strict=True))
