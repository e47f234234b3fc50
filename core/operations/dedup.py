"""`dedup`: exact near-duplicates over all pairs of rows: which rows belong together, and which of them is kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from .. import checks
from ..backend import quiet
from ..catalogue import DEVICE
from ..delivery import delivery
from ..engine import Choice, Exclusion, PairwiseJob, Phase, prepare_input, scan_phase
from ..errors import ParameterError
from ..estimates import Planned, SomeRows, check_dry_run, dry_run_of
from ..evaluation.thresholds_file import read_threshold
from ..grouping.groups import ROW, Arrangement, Groups, GroupsFound
from ..grouping.outputs import GroupOutputs
from ..grouping.preference import KeepRule
from ..grouping.table_rows import TableRows
from ..io import as_table, as_values
from ..io.listed_columns import with_carried
from ..io.vectors import provenance
from ..metrics import EPS, Metric, metric_of
from ..results import Column, Columns, Progress, Result
from ..settings import Settings

KEYS = ("rows", "kept", "dropped", "groups", "largest_group", "threshold")
LINKAGES = ("connected", "leader", "complete")
LARGEST = 10


def dedup(
    source: Any,
    *,
    threshold: float | str | None = None,
    exact: bool = False,
    sweep: Sequence[float] | None = None,
    linkage: str = "connected",
    keep: str = "first",
    by: str | None = None,
    output: str | None = None,
    groups: str | None = None,
    dropped: str | None = None,
    force: bool = False,
    escape_formulas: bool = False,
    largest: int = LARGEST,
    metric: str = "cosine",
    parameters: Mapping[str, float] | None = None,
    eps: float = EPS,
    seed: int = 0,
    ids: Any = None,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    header: str = "auto",
    device: str = "cpu",
    backend: str = "auto",
    progress: Progress | None = None,
    require_keys: Collection[str] = (),
    dry_run: bool = False,
    device_name: str = DEVICE,
) -> Result:
    """Group the rows of an input that are close to each other, and keep one of each group.

    All pairs are looked at, none is missed, and no list of them is kept: the groups are the same for any budget, device
    and number of threads.

    Args:
        source: PATH, PATH::NAME, or `-` for standard input; or a table or an array in memory.
        threshold: rows are close with at least this similarity, or at most this distance; or `@PATH[:NAME]`, as for
            `pairwise`.
        exact: only rows with the same numbers are of one group; without a threshold.
        sweep: several thresholds; the result has a row for each, from one pass, and nothing is written.
        linkage: `connected` (a chain of close rows is one group), `leader` (a dropped row is close to the one that is
            kept) or `complete` (all rows of a group are close to each other). The last two take the rows in the order
            in which they are preferred, and a row joins the earliest group that it fits.
        keep: which row of a group is kept: `first`, `last`, `random`, `medoid` (the closest to the others on average),
            `longest:COLUMN` (text), `max:COLUMN` or `min:COLUMN`; of equals the first.
        by: a column: only rows with the same value of it are compared.
        output: a file for the rows that are kept, with all their columns; its suffix says the format.
        groups: a table of `id`, `group`, `kept` and `score`, the score of the row with the one that is kept.
        dropped: a file for the other rows.
        force: existing outputs may be replaced.
        escape_formulas: in CSV, put ' before text that a spreadsheet would run as a formula.
        largest: how many of the largest groups are listed.
        seed: of `keep=random`.
        ids, metric, parameters, eps, max_memory, nonfinite, header, device, backend, progress, require_keys, dry_run,
            device_name: as for `pairwise`.

    Returns:
        A result with the summary `rows`, `kept`, `dropped`, `groups` (of two rows or more), `largest_group` and
        `threshold`. Its rows are of the largest groups, the kept row first, then those least close to it; or those of a
        sweep. `array` is the (n,) number of the row that is kept for each row.

    Raises:
        ShapeError: the vectors are not (n, d).
        DataError: rows that are not finite; a column of another kind.
        ParameterError: an unknown name, or options that do not go together.
        OutputError: an output may not be written.
        ResourceError: the rows do not fit in the budget.

    Source:
        Leader: Hartigan 1975, "Clustering Algorithms", chapter 3. Components: Tarjan 1975, with union-find.

    Example:
        >>> found = dedup(np.asarray([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1]]), threshold=0.95)
        >>> found.array.tolist(), found.summary["dropped"]
        ([0, 1, 0], 1)
    """
    required = check_dry_run(require_keys, device_name) if dry_run else require_keys
    checks.check_keys(required, ("rows", "thresholds") if sweep is not None else KEYS)
    settings = Settings(
        nonfinite=nonfinite, eps=eps, max_memory=max_memory, device=device, backend=backend, header=header
    ).checked()
    checks.check_choice("linkage", linkage, LINKAGES)
    checks.check_least(0, seed=seed, largest=largest)
    measure, rule = metric_of(metric, eps=eps, **(parameters or {})), KeepRule.of(keep)
    if isinstance(threshold, str):
        threshold = read_threshold(threshold.removeprefix("@"), metric)
    outputs = GroupOutputs(output, groups, dropped, force, escape_formulas)
    thresholds = _thresholds(threshold, sweep, outputs, measure, exact=exact)
    _check_linkage(linkage, rule, measure)
    source = as_table(source, "vectors")
    ids = as_values(ids, source)
    outputs.check([source, ids])
    with delivery():
        rows = TableRows.open(source, ids, [by, rule.column], settings)
        how: dict[str, Any] = {"linkage": None if exact else linkage, "keep": keep, "by": by, "exact": exact or None}
        how["seed"] = seed if rule.rule == "random" else None
        plan = partial(_plan, measure, thresholds, rule, how, outputs, largest)
        if not dry_run:
            planned = plan(settings, rows)
            return planned.swept(progress) if sweep is not None else planned.run(progress)

        def some(sample: Sequence[SomeRows], within: Settings) -> Planned:
            of_rows = plan(within, rows.some(sample[0].vectors, sample[0].numbers))
            return Planned(of_rows.phases, of_rows.trial)

        return dry_run_of("dedup", {"vectors": rows.vectors}, some, settings=settings, device_name=device_name)


@dataclass(frozen=True)
class DedupPlan:
    """What is grouped: opened and checked, and no pair scored yet.

    Args:
        rows: the file.
        job: its rows against themselves.
        thresholds: one, several of a sweep, or none for equal rows alone.
        keep: which row of a group is kept.
        how: the parameters that name choices.
        outputs: what is written.
        largest: how many groups are listed.
        settings: of the door.
    """

    rows: TableRows
    job: PairwiseJob
    thresholds: tuple[float, ...]
    keep: KeepRule
    how: Mapping[str, Any]
    outputs: GroupOutputs
    largest: int
    settings: Settings

    def run(self, progress: Progress | None) -> Result:
        """Group the rows, write what was asked for, and list the largest groups."""
        found, side = self._found(progress), self.job.a
        groups, kept_row = found.groups[0], found.groups[0].kept_row
        with quiet():
            score = self.job.pairs(side.rows, side.rows).score(np.arange(len(kept_row)), kept_row)
        written = self.outputs.write(self.rows, side, groups, score)
        listed = groups.listed(score, self.largest, larger_is_closer=self.job.metric.larger_is_closer)
        table = Columns(
            {
                "group": groups.numbers[listed],
                "size": groups.sizes[kept_row[listed]],
                "id": side.ids[listed],
                "kept": groups.kept[listed],
                "score": score[listed],
            }
        )
        threshold = self.thresholds[0] if self.thresholds else None
        return self._result(
            found,
            {**groups.summary(), "threshold": threshold},
            rows=with_carried(table, {"vectors": side.vectors}, side.numbers[listed]),
            array=kept_row,
            written=written,
        )

    def swept(self, progress: Progress | None) -> Result:
        """Tell how many rows would go at each threshold."""
        found = self._found(progress)
        counts = [each.summary() for each in found.groups]
        table = {key: np.asarray([each[key] for each in counts]) for key in KEYS[1:-1]}
        rows = Columns({"threshold": np.asarray(self.thresholds), **table})
        return self._result(found, {"rows": counts[0]["rows"], "thresholds": len(counts)}, rows=rows)

    def phases(self, shapes: Sequence[tuple[int, ...]]) -> list[Phase]:
        """Return the scan of so many rows; equal rows are found without one."""
        ((count, dims),) = shapes
        held, rows = self._held(count), count * dims * self.rows.vectors.dtype.itemsize
        written = 0 if self.outputs.kept is None and self.outputs.dropped is None else rows
        if not self.thresholds:
            return [Phase("equal rows", bytes_written=written, memory=held)]
        loosest = (min if self.job.metric.larger_is_closer else max)(self.thresholds)
        phase = scan_phase("close pairs", self.job, (count, count, dims), Choice(threshold=loosest))
        return [replace(phase, bytes_written=written, memory=phase.memory + held)]

    def trial(self) -> None:
        """Group the rows and write nothing."""
        replace(self, outputs=replace(self.outputs, kept=None, groups=None, dropped=None)).swept(None)

    def _held(self, count: int) -> int:
        """Return the bytes of the groups of so many rows, and refuse what does not fit."""
        size = count * (ROW + 8 * len(self.thresholds))
        self.job.budget.check(size, f"the groups of {count:,} rows")
        return size

    def _found(self, progress: Progress | None) -> GroupsFound:
        """Return the groups at each threshold."""
        job, numbers = self.job, self.job.a.numbers
        count, by, column = len(numbers), self.how["by"], self.keep.column
        self._held(count)
        values = self.rows.values(by, numbers)
        codes: Column | None = None if values is None else np.unique(values, return_inverse=True)[1]
        where = "" if column is None else self.rows.named(column)
        order = self.keep.order(count, self.rows.values(column, numbers), self.how["seed"] or 0, where)
        with quiet():
            if not self.thresholds:
                return GroupsFound([Groups(Arrangement.of(job, order, codes, None).equal)], None)
            strictest = (max if job.metric.larger_is_closer else min)(self.thresholds)
            arranged = Arrangement.of(job, order, codes, strictest)
            found = arranged.groups(job, self.how["linkage"], self.thresholds, progress)
            return found.with_medoids(job) if self.keep.rule == "medoid" else found

    def _result(self, found: GroupsFound, summary: Mapping[str, Any], **shown: Any) -> Result:
        job = self.job
        missing = int(job.a.missing.sum())
        left_alone = (f"{checks.plural(missing, 'row')} not finite: of no group, and kept",) if missing else ()
        return Result(
            command="dedup",
            inputs={"vectors": job.a.vectors.name},
            parameters={
                "metric": job.metric.name,
                "eps": self.settings.eps,
                **job.metric.parameters,
                **self.how,
                "nonfinite": self.settings.nonfinite,
                "scan": found.scan,
            },
            summary=summary,
            notes=(*job.notes(), *left_alone),
            provenance=provenance({"vectors": job.a.vectors}),
            **shown,
        )


def _thresholds(
    threshold: float | None, sweep: Sequence[float] | None, outputs: GroupOutputs, metric: Metric, *, exact: bool
) -> tuple[float, ...]:
    """Return the thresholds of one way to say what is close, checked."""
    given = {"«threshold»": threshold is not None, "«exact»": exact, "«sweep»": sweep is not None}
    asked = [name for name, is_given in given.items() if is_given]
    if len(asked) != 1:
        what = "one option says what is close" if asked else "nothing says which rows are close"
        raise ParameterError(what, ", ".join(asked), "«threshold=0.95», «sweep» or «exact»")
    thresholds = (() if exact else (threshold,)) if sweep is None else tuple(sweep)
    for each in thresholds:
        assert each is not None
        checks.check_threshold(each, metric)
    if sweep is not None and (paths := outputs.paths):
        raise ParameterError("a sweep drops nothing, so there is nothing to write", paths[0], "«threshold» writes it")
    if sweep is not None and not thresholds:
        raise ParameterError("a sweep needs at least one value", "«sweep»", "as in «sweep» threshold=0.9:0.99:0.01")
    return thresholds  # type: ignore[return-value]


def _check_linkage(linkage: str, keep: KeepRule, metric: Metric) -> None:
    if not metric.is_symmetric:
        what = f"{metric.name} has two scores for a pair, and a group needs one"
        raise ParameterError(what, "«metric»", "take a symmetric one, as cosine")
    if linkage == "leader" and keep.rule == "medoid":
        what = "the leader of a group is kept, which is not its medoid"
        raise ParameterError(what, "«keep=medoid»", "«linkage» connected or complete, or another «keep»")


def _plan(
    metric: Metric,
    thresholds: tuple[float, ...],
    keep: KeepRule,
    how: Mapping[str, Any],
    outputs: GroupOutputs,
    largest: int,
    settings: Settings,
    rows: TableRows,
) -> DedupPlan:
    """Lay out the rows of a file against themselves, checked."""
    vectors = rows.vectors
    checks.check_rows(vectors)
    checks.check_dtype(vectors, metric)
    budget = settings.budget(vectors)
    side = prepare_input(vectors, -1, settings.nonfinite, budget)
    checks.refuse_rounded(vectors, metric.name)
    excluded = Exclusion.of_rows(len(side.rows), len(side.rows))
    job = PairwiseJob(side, side, metric, excluded, True, "auto", settings.space(), budget)
    return DedupPlan(rows, job, thresholds, keep, how, outputs, largest, settings)
