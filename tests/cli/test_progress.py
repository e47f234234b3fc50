"""What is left is told of the present phase alone: on a terminal and in a log."""

import io
import sys

import numpy as np
import pytest

import simtool
from simtool.cli import progress as module
from simtool.results import begin, over_batches


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_an_estimate_is_of_the_phase_and_not_of_the_time_since_the_start(clock, capsys):
    with module.progress_on_stderr(quiet=False) as progress:
        begin(progress, "pairs of both sets")
        for done in (50, 100):
            clock.now += 20
            progress(done, 100)
        begin(progress, "transport plan", "iterations")
        clock.now += 40
        progress(10, 100)
    assert capsys.readouterr().err.splitlines() == [
        "progress: pairs of both sets: 100 of 100 rows, 2.50 rows/s, about 0 s left of this phase",
        "progress: transport plan: 10 of 100 iterations, 0.25 iterations/s, about 360 s left of this phase",
    ]


def test_a_phase_that_nobody_names_is_told_by_its_counts(clock, capsys):
    with module.progress_on_stderr(quiet=False) as progress:
        clock.now += 29
        progress(1000, 1000)
        progress(0, 500)
        clock.now += 40
        progress(400, 500)
    assert capsys.readouterr().err == "progress: 400 of 500 rows, 10 rows/s, about 10 s left of this phase\n"


def test_short_work_and_quiet_work_say_nothing(clock, capsys):
    for quiet in (False, True):
        with module.progress_on_stderr(quiet=quiet) as progress:
            begin(progress, "matrix")
            if progress is not None:
                progress(5, 5)
    assert capsys.readouterr().err == ""


def test_the_bar_starts_anew_with_the_unit_and_total_of_each_phase(clock, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "150")
    with module.progress_on_stderr(quiet=False) as progress:
        begin(progress, "neighbours")
        clock.now += 2
        progress(1, 40)
        task = progress.bar.tasks[0]
        assert (task.description, task.completed, task.total, task.fields["unit"]) == ("neighbours", 1, 40, "rows")
        begin(progress, "items of both", "items")
        assert (task.description, task.completed, task.fields["unit"]) == ("items of both", 0, "items")
        progress(3, 7)
        assert (task.completed, task.total) == (3, 7)
        progress.bar.refresh()
    assert "items of both" in terminal.getvalue()
    assert "3/7" in terminal.getvalue()


class Listener:
    """Notes the phases of an operation, and what was counted in each."""

    def __init__(self):
        self.phases = []

    def phase(self, name, unit):
        self.phases.append((name, unit, []))

    def __call__(self, done, total):
        self.phases[-1][2].append((done, total))


X, Y = np.random.default_rng(0).normal(size=(2, 30, 4))
OPERATIONS = {
    "matrix": (lambda progress: simtool.pairwise(X, progress=progress), [("matrix", "rows")]),
    "top k": (lambda progress: simtool.pairwise(X, top_k=2, progress=progress), [("closest rows", "rows")]),
    "threshold": (lambda progress: simtool.pairwise(X, threshold=0.5, progress=progress), [("close pairs", "rows")]),
    "batches": (
        lambda progress: simtool.pairwise(X.reshape(3, 10, 4), top_k=2, progress=progress),
        [("closest rows", "rows")],
    ),
    "energy": (
        lambda progress: simtool.compare(X, Y, aggregates=["energy"], progress=progress),
        [("pairs of both sets", "rows"), ("pairs within a set", "rows"), ("pairs within a set", "rows")],
    ),
    "prdc": (
        lambda progress: simtool.compare(X, Y, aggregates=["prdc"], progress=progress),
        [("neighbours within a set", "rows")] * 2 + [("rows in the balls of the other set", "rows")],
    ),
    "sinkhorn": (
        lambda progress: simtool.compare(X, Y, aggregates=["sinkhorn"], progress=progress),
        [("transport plan, at most", "iterations")],
    ),
    "items": (
        lambda progress: simtool.compare(
            X.reshape(5, 6, 4), Y.reshape(5, 6, 4), aggregates=["sinkhorn"], progress=progress
        ),
        [("items", "items")],
    ),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_phase_has_a_name_and_a_unit_and_counts_up_to_one_total(operation):
    run, expected = OPERATIONS[operation]
    listener = Listener()
    run(listener)
    assert [phase[:2] for phase in listener.phases] == expected
    for _, _, counts in listener.phases:
        done, totals = zip(*counts, strict=True)
        assert list(done) == sorted(set(done))
        assert len(set(totals)) == 1
        assert done[-1] <= totals[0]


def test_batches_are_parts_of_one_phase():
    seen = []
    parts = [over_batches(lambda *counts: seen.append(counts), number, 3) for number in range(3)]
    for part in parts:
        part(5, 10)
        part(10, 10)
    assert seen == [(5, 30), (10, 30), (15, 30), (20, 30), (25, 30), (30, 30)]


def test_verbose_tells_each_phase_that_has_ended(clock, capsys):
    with module.progress_on_stderr(quiet=True, verbose=True) as progress:
        begin(progress, "matrix")
        clock.now += 2
        progress(1000, 1000)
        begin(progress, "transport plan", "iterations")
        clock.now += 0.5
        progress(7, 100)
    assert capsys.readouterr().err.splitlines() == [
        "verbose: matrix: 1,000 rows in 2 s",
        "verbose: transport plan: 7 iterations in 0.5 s",
    ]
