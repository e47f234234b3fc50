"""One run of a command: its output and gates checked before the work, its result delivered after it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

import typer

from simtool.catalogue import find, names
from simtool.errors import OutputError
from simtool.io import check_inputs
from simtool.results import DELTA, Baseline, Gate, Progress, Result, judge, no_baseline, numbers_named, parse_gate
from simtool.work import stop_short

from .exit_codes import GATE_FAILED
from .options import EPS
from .output.render import Output, render
from .output.terminal import say_once_delivered
from .progress import progress_on_stderr
from .reports.asking import asked
from .reports.reports import Reports
from .shrinking_files import end_where_a_map_shrinks


def ineffective(result: Result, name: str, *, typed: bool, why: str = "nothing random was asked for") -> list[str]:
    """Return what to say of an option that was typed and that the result does not state among its parameters."""
    if name == "seed" and any("with seed" in said for said in result.provenance.values()):  # it drew a sample
        return []
    return [f"--{name} has no effect: {why}"] if typed and result.parameters.get(name) is None else []


def _without_eps(result: Result) -> list[str]:
    """Return what to say where `--eps` was typed for a metric that divides by no norm."""
    metric, eps = (result.parameters.get(name) for name in ("metric", "eps"))
    if eps in (None, EPS) or metric not in names("metric") or "eps" in find("metric", metric).parameters:
        return []
    return [f"--eps has no effect: {metric} divides by no norm"]


@dataclass(frozen=True)
class Session:
    """Where the result goes and what it must hold.

    Args:
        output: the file and the format on stdout.
        baseline: the earlier run that the result is held against.
    """

    output: Output
    gates: tuple[Gate, ...]
    reports: Reports
    baseline: Baseline | None = None

    @classmethod
    def open(
        cls,
        output: str | None,
        format: str | None,
        gates: Sequence[str] | None,
        *,
        force: bool,
        quiet: bool,
        inputs: Iterable[str | None],
        beside: Iterable[str | None] = (),
        has_array: bool = True,
        limit: int | None = None,
        escape_formulas: bool = False,
        writes_listing: bool = True,
        dry_run: bool = False,
        in_parts: bool = False,
    ) -> Self:
        """Refuse, before any work, what would fail after it.

        Args:
            beside: the other files that are to be written.
            has_array: whether the result will have a single array.
            limit: rows that a table shows; None for as many as usual.
            writes_listing: whether -o takes the rows that a table shows.
            dry_run: whether the result is a plan, which stdout takes and no file.
            in_parts: whether the result may go into a folder, as parts of a matrix.
        """
        end_where_a_map_shrinks()
        parsed = tuple(parse_gate(text) for text in gates or ())
        named = [source for source in inputs if source is not None]
        how: dict[str, Any] = {"has_array": has_array, "limit": limit, "in_parts": in_parts}
        checked = Output.check(output, format, force, quiet=quiet, inputs=named, **how)
        if output is not None and output in beside:
            raise OutputError("two outputs have one path", output, "name another file for one of them")
        checked = replace(checked, escape_formulas=escape_formulas)
        if not writes_listing:
            checked = replace(checked, listing="--format csv")
        if dry_run:
            shown = format or "table"
            checked = replace(checked, path=None, file_format=None, shown=shown, listing="--format csv")
        typed = asked()
        reports = Reports.check(typed, force=force, inputs=named)
        keys, baseline = [gate.key for gate in parsed], None
        if typed.baseline is not None:
            baseline = Baseline(typed.baseline, Result.load(typed.baseline)).check(typed.command, keys)
        elif key := next((each for each in keys if each.startswith(DELTA)), None):
            raise no_baseline(key)
        return cls(checked, parsed, reports, baseline)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that the summary must have, and groups of it."""
        return tuple(gate.key.removeprefix(DELTA) for gate in self.gates)

    @property
    def only_shows_a_table(self) -> bool:
        """Whether a person is to read the result, and nothing else."""
        return {self.output.shown, self.output.file_format} - {None} == {"table"}

    def deliver(self, result: Result, *, without_effect: Sequence[str] = ()) -> None:
        """Render a result, report the gates, and end with their exit code.

        Args:
            result: what the gates are held against. Below a table stand the numbers that are not in it, and those that
                a gate names.
            without_effect: a sentence for each option that was typed and changes nothing.
        """
        stop_short()
        check_inputs()
        result = replace(result, baseline=self.baseline)
        numbers = numbers_named(result, [gate.key for gate in self.gates])
        verdicts = judge(self.gates, numbers, more="; --format json shows them all")
        if not self.output.quiet:
            for path, content in result.written.items():
                say_once_delivered(f"wrote {path}{f' ({content})' if content else ''}")
        result = replace(result, notes=(*result.notes, *without_effect, *_without_eps(result)))
        self.reports.write(result, verdicts, self.output)
        shown = result
        if result.headline is not None:
            shown = replace(result, headline=(*result.headline, *self.keys))
        render(shown, self.output, gates=verdicts)
        if asked().verbose:
            from .verbose import say_parameters

            say_parameters(result.parameters)
        for verdict in verdicts:
            say_once_delivered(verdict.sentence())
        if not all(verdict.passed for verdict in verdicts):
            raise typer.Exit(GATE_FAILED)

    @contextmanager
    def progress(self) -> Iterator[Progress | None]:
        """Yield what the work reports its progress to, None when quiet, and say what the library warns of."""
        from .verbose import noting

        with (
            noting(quiet=self.output.quiet),
            progress_on_stderr(quiet=self.output.quiet, verbose=asked().verbose) as progress,
        ):
            yield progress
