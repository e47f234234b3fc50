"""Contests: the same job by several contenders, in alternating order, with medians and ratios."""

import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from environment import environment
from rich.console import Console
from rich.table import Table

MEASURE = str(Path(__file__).with_name("measure.py"))
TOLERANCE = 2e-6  # what simtool promises of a float32 score
CLOCK = 1e-6  # seconds: no ratio divides by less
SETTLE = 0.3  # seconds before a call is timed: threads of the one before spin on for a while


@dataclass(frozen=True)
class Timing:
    """One run: wall seconds, CPU seconds of all threads and child processes, and the peak resident bytes of a process.

    The peak is None for a call within this process.
    """

    seconds: float
    cpu: float
    peak: int | None = None


Run = Callable[[], Timing]


def timed(function: Callable[[], object]) -> Run:
    """Return what times a call in this process."""

    def run() -> Timing:
        time.sleep(SETTLE)
        start, cpu = time.perf_counter(), _cpu_seconds()
        function()
        return Timing(time.perf_counter() - start, _cpu_seconds() - cpu)

    return run


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process with all its threads, and of the children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def output_of(command: Sequence[str]) -> bytes:
    """Run a command off the clock and return its stdout; what it says on stderr is shown only if it fails."""
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return done.stdout


def process(command: Sequence[str], *, before: Callable[[], object] | None = None) -> Run:
    """Return what times a whole process; `before` runs first, off the clock."""
    # an installation has its bytecode; without, every start would compile what is installed for development
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run() -> Timing:
        if before is not None:
            before()
        with tempfile.NamedTemporaryFile("r") as report:
            relay = [sys.executable, "-I", "-S", MEASURE, report.name, *command]
            done = subprocess.run(relay, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=compiled, check=True)
            result = json.load(report)
        if result["code"]:
            raise RuntimeError(f"{command[0]} ended with {result['code']}: {done.stderr.decode()[-500:]}")
        return Timing(result["seconds"], result["cpu"], result["peak"])

    return run


def present(peer: str, module: str) -> bool:
    """Tell whether a peer is installed, and say so where it is not."""
    found = importlib.util.find_spec(module) is not None
    if not found:
        print(f"skipped: {peer} is not installed")
    return found


def require_close(what: str, difference: float, tolerance: float = TOLERANCE) -> None:
    """Refuse to time two contenders that do not give the same answer."""
    if not difference <= tolerance:
        raise AssertionError(f"{what} differs by {difference:.3g}, at most {tolerance:.3g} is allowed")


@dataclass
class Report:
    """What was measured so far.

    Args:
        rounds: how often each contender runs.
        patience: seconds after which a contender is not run again; everyone runs once.
        path: the file of JSON that every contest is added to when it ends, so that an interrupted run is not lost.
        family: the file of `jobs/` whose contests run.
    """

    rounds: int
    patience: float
    path: Path | None = None
    family: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)

    def contest(
        self,
        job: str,
        contenders: Mapping[str, Run],
        *,
        shape: str,
        work: tuple[float, str] | None = None,
        goals: Mapping[str, float] | None = None,
    ) -> None:
        """Time contenders whose results were found equal; the first is what the others are measured by.

        Args:
            job: what they all do.
            contenders: name -> what runs it once.
            shape: shapes and dtype of the inputs.
            work: amount and unit of the work of one run, for the rate.
            goals: contender -> how many times the CPU seconds of the first one it may take.
        """
        if unknown := set(goals or ()) - set(contenders):
            raise ValueError(f"goals for contenders that are not there: {', '.join(sorted(unknown))}")
        times = self._alternated(contenders)
        reference = next(iter(times.values()))
        rows = [self._row(name, runs, reference, work, (goals or {}).get(name)) for name, runs in times.items()]
        self.rows += [{"family": self.family, "job": job, "shape": shape, **row} for row in rows]
        show(job, shape, rows)
        if self.path is not None:
            self.write(self.path)

    def _alternated(self, contenders: Mapping[str, Run]) -> dict[str, list[Timing]]:
        times: dict[str, list[Timing]] = {name: [] for name in contenders}
        names = list(contenders)
        for number in range(self.rounds):
            shift = number % len(names)
            order = names[shift:] + names[:shift]
            for name in order[:: -1 if number % 2 else 1]:
                if not times[name] or sum(run.seconds for run in times[name]) < self.patience:
                    times[name].append(contenders[name]())
        return times

    def _row(
        self,
        name: str,
        runs: list[Timing],
        reference: list[Timing],
        work: tuple[float, str] | None,
        goal: float | None,
    ) -> dict[str, Any]:
        seconds, cpu = [run.seconds for run in runs], [run.cpu for run in runs]
        # run by run, as what disturbs one round disturbs its neighbours alike
        pairs = list(zip(runs, reference, strict=False))
        maxima = [run.peak for run in runs if run.peak is not None]
        return {
            "contender": name,
            "median": median(seconds),
            "least": min(seconds),
            "most": max(seconds),
            "cpu": median(cpu),
            "least cpu": min(cpu),
            "most cpu": max(cpu),
            "runs": len(runs),
            "ratio": median(run.seconds / other.seconds for run, other in pairs),
            "cpu ratio": median(run.cpu / max(other.cpu, CLOCK) for run, other in pairs),
            "goal": goal,
            "peak": max(maxima) if maxima else None,
            "rate": None if work is None else work[0] / median(seconds),
            "unit": None if work is None else f"{work[1]}/s",
        }

    def write(self, path: Path) -> None:
        """Write everything as JSON; a run that ends meanwhile leaves the file as it was."""
        fresh = path.with_name(f"{path.name}.part")
        fresh.write_text(json.dumps(self.figures(), indent=1) + "\n")
        fresh.replace(path)

    def figures(self) -> dict[str, Any]:
        """Return everything that was measured, and where."""
        return {"schema": 2, "environment": environment(), "rounds": self.rounds, "rows": self.rows}


def show(job: str, shape: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the table of one contest."""
    cells = [
        {
            "contender": row["contender"],
            "median s": f"{row['median']:.3f}",
            "CPU s": f"{row['cpu']:.3f}",
            "least to most": f"{row['least cpu']:.3f} to {row['most cpu']:.3f}",
            "runs": str(row["runs"]),
            "ratio": f"{row['ratio']:.2f}",
            "CPU ratio": f"{row['cpu ratio']:.2f}",
            "goal": "" if row["goal"] is None else f"{row['goal']:g}",
            "peak MiB": "" if row["peak"] is None else f"{row['peak'] / 2**20:,.0f}",
            "rate": "" if row["rate"] is None else f"{row['rate']:,.3g} {row['unit']}",
        }
        for row in rows
    ]
    table = Table(title=f"{job} · {shape}", title_justify="left")
    headers = [header for header in cells[0] if any(row[header] for row in cells)]
    for header in headers:
        table.add_column(header, justify="left" if header == "contender" else "right", no_wrap=True)
    for row in cells:
        table.add_row(*(row[header] for header in headers))
    Console(width=120).print(table)
