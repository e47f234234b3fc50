"""`leak`: rows of a test set that have a near-duplicate in the training set."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from .. import checks
from ..backend import quiet
from ..catalogue import DEVICE
from ..delivery import delivery
from ..engine import Choice, Hits, PairwiseJob, Phase, each_nearest, prepare_input, scan_phase
from ..errors import ParameterError
from ..estimates import Planned, SomeRows, check_dry_run, dry_run_of
from ..evaluation.thresholds_file import read_threshold
from ..grouping.leaks import Leaks, label_column
from ..grouping.table_rows import TableRows, check_form
from ..io import as_table, as_values
from ..io.listed_columns import carried_columns
from ..io.origins import provenance
from ..metrics import EPS, Metric, metric_of
from ..results import Columns, Progress, Result, begin
from ..settings import Settings

KEYS = ("rows", "train_rows", "leaked", "clean", "share", "disagreeing", "threshold")


def leak(
    train: Any,
    test: Any,
    *,
    threshold: float | str | None = None,
    sweep: Sequence[float] | None = None,
    labels: str | None = None,
    output: str | None = None,
    force: bool = False,
    escape_formulas: bool = False,
    metric: str = "cosine",
    parameters: Mapping[str, float] | None = None,
    eps: float = EPS,
    ids_train: Any = None,
    ids_test: Any = None,
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
    """Find the rows of a test set that have a near-duplicate in the training set.

    Args:
        train: the training set: PATH, PATH::NAME, or `-` for standard input; or a table or an array in memory.
        test: the test set.
        threshold: a row is leaked if the closest row of the training set has at least this similarity, or at most this
            distance; or `@PATH[:NAME]`, as for `pairwise`.
        sweep: several thresholds; the result has a row for each, from one pass, and nothing is written.
        labels: the column of labels of both, as in `::label`; by default one that both call `label`, `class` or alike.
        output: a file for the rows of the test set that are not leaked, with all their columns.
        force: an existing output may be replaced.
        escape_formulas: in CSV, put ' before text that a spreadsheet would run as a formula.
        ids_train: a source of the ids of the training set.
        ids_test: a source of those of the test set.
        metric, parameters, eps, max_memory, nonfinite, header, device, backend, progress, require_keys, dry_run,
            device_name: as for `pairwise`.

    Returns:
        A result with the summary `rows` (of the test set), `train_rows`, `leaked`, `clean`, `share` (leaked of all),
        `disagreeing` (leaked rows whose label is not that of the closest row of the training set; None without labels)
        and `threshold`. Its rows are the leaked ones, worst first, with the closest row of the training set; or those
        of a sweep.

    Raises:
        ShapeError: the vectors are not (n, d), or differ in length.
        DataError: rows that are not finite.
        ParameterError: an unknown name, or options that do not go together.
        OutputError: the output may not be written.

    Source:
        The closest row of `simtool.pairwise`.

    Example:
        >>> leak(np.eye(2), np.asarray([[1.0, 1.0], [0.1, 1.0]]), threshold=0.9).rows.read(0, 1)["train"].tolist()
        [1]
    """
    required = check_dry_run(require_keys, device_name) if dry_run else require_keys
    checks.check_keys(required, ("rows", "train_rows", "thresholds") if sweep is not None else KEYS)
    settings = Settings(
        nonfinite=nonfinite, eps=eps, max_memory=max_memory, device=device, backend=backend, header=header
    ).checked()
    measure = metric_of(metric, eps=eps, **(parameters or {}))
    if isinstance(threshold, str):
        threshold = read_threshold(threshold.removeprefix("@"), metric)
    thresholds = _thresholds(threshold, sweep, output, measure)
    check_form(output)
    train, test = as_table(train, "train"), as_table(test, "test")
    ids_train, ids_test = as_values(ids_train, train), as_values(ids_test, test)
    checks.check_outputs(output, force=force, inputs=[train, test, ids_train, ids_test])
    with delivery():
        named = None if labels is None else label_column(labels)
        sides = {
            role: TableRows.open(source, ids, [named], settings)
            for role, source, ids in (("train", train, ids_train), ("test", test, ids_test))
        }
        if not dry_run:
            plan = _plan(sides, measure, thresholds, named, settings)
            return plan.swept(progress) if sweep is not None else plan.run(output, force, escape_formulas, progress)

        def some(samples: Sequence[SomeRows], within: Settings) -> Planned:
            pairs = zip(sides.items(), samples, strict=True)
            chosen = {role: side.some(rows.vectors, rows.numbers) for (role, side), rows in pairs}
            of_rows = _plan(chosen, measure, thresholds, named, within)
            return Planned(partial(of_rows.phases, output), partial(of_rows.swept, None))

        inputs = {role: side.vectors for role, side in sides.items()}
        return dry_run_of("leak", inputs, some, settings=settings, device_name=device_name)


@dataclass(frozen=True)
class LeakPlan:
    """What is looked for in what: opened and checked, and no pair scored yet.

    Args:
        train: the training set.
        test: the test set.
        job: the test set against the training set.
        thresholds: one, or several of a sweep.
        labels: the column of labels of each, or None.
        settings: of the door.
    """

    train: TableRows
    test: TableRows
    job: PairwiseJob
    thresholds: tuple[float, ...]
    labels: tuple[str, str] | None
    settings: Settings

    def run(self, output: str | None, force: bool, escape: bool, progress: Progress | None) -> Result:
        """List the leaked rows, worst first, and write the others."""
        (threshold,), job = self.thresholds, self.job
        leaks, scan = self._leaks(progress)
        written = {}
        if output is not None:
            clean = np.setdiff1d(np.arange(len(job.a.numbers)), leaks.test)
            written[output] = self.test.write(output, job.a.numbers[clean], force=force, escape=escape)
        columns = {"test": job.a.ids[leaks.test], "train": job.b.ids[leaks.train], "score": leaks.score}
        disagreeing = None
        if self.labels is not None:
            of_train = self.train.table.values(self.labels[0])[job.b.numbers[leaks.train]]
            of_test = self.test.table.values(self.labels[1])[job.a.numbers[leaks.test]]
            columns |= {"label_test": of_test, "label_train": of_train}
            disagreeing = int(np.count_nonzero(of_test.astype(str) != of_train.astype(str)))
        for side, rows, role in ((job.a, leaks.test, "test"), (job.b, leaks.train, "train")):
            columns |= carried_columns(side.vectors, side.numbers[rows], role)
        summary = leaks.summary(len(job.a.numbers), len(job.b.numbers), disagreeing, threshold)
        return self._result(scan, summary, Columns(columns), disagreeing, written)

    def phases(self, output: str | None, shapes: Sequence[tuple[int, ...]]) -> list[Phase]:
        """Return the scan of a training and a test set of these shapes."""
        (trained, dims), (tested, _) = shapes
        written = 0 if output is None else tested * dims * self.test.vectors.dtype.itemsize
        choice = Choice(top_k=1, threshold=self._loosest)
        return [replace(scan_phase("closest rows", self.job, (tested, trained, dims), choice), bytes_written=written)]

    @property
    def _loosest(self) -> float:
        return (min if self.job.metric.larger_is_closer else max)(self.thresholds)

    def swept(self, progress: Progress | None) -> Result:
        """Tell how many rows are leaked at each threshold."""
        leaks, scan = self._leaks(progress)
        count = len(self.job.a.numbers)
        leaked = np.asarray([leaks.count_at(each, self.job.metric) for each in self.thresholds])
        rows = {"threshold": np.asarray(self.thresholds), "leaked": leaked, "clean": count - leaked}
        summary = {"rows": count, "train_rows": len(self.job.b.numbers), "thresholds": len(self.thresholds)}
        return self._result(scan, summary, Columns({**rows, "share": leaked / count}), None, {})

    def _leaks(self, progress: Progress | None) -> tuple[Leaks, str]:
        """Return the closest row of the training set of each row that has one within the loosest threshold."""
        job, found = self.job, list[Hits]()
        begin(progress, "closest rows")
        with quiet():
            kernel = each_nearest(job, job.a.rows, job.b.rows, 1, found.append, progress, threshold=self._loosest)
        return Leaks.of(found, job.metric), kernel.products

    def _result(
        self,
        scan: str,
        summary: Mapping[str, Any],
        rows: Columns,
        disagreeing: int | None,
        written: Mapping[str, str],
    ) -> Result:
        job, notes = self.job, []
        if disagreeing:
            noun = "row has" if disagreeing == 1 else "rows have"
            notes.append(f"{disagreeing:,} leaked {noun} another label than the closest row of the training set")
        return Result(
            command="leak",
            inputs={"train": job.b.vectors.name, "test": job.a.vectors.name},
            parameters={
                "metric": job.metric.name,
                "eps": self.settings.eps,
                **job.metric.parameters,
                "labels": None if self.labels is None else ", ".join(dict.fromkeys(self.labels)),
                "nonfinite": self.settings.nonfinite,
                "scan": scan,
            },
            summary=summary,
            rows=rows,
            notes=(*job.notes(("test", "train")), *notes),
            provenance=provenance({"train": job.b.vectors, "test": job.a.vectors}),
            written=written,
        )


def _thresholds(
    threshold: float | None, sweep: Sequence[float] | None, output: str | None, metric: Metric
) -> tuple[float, ...]:
    """Return one threshold or those of a sweep, checked."""
    if (threshold is None) == (sweep is None):
        what = "nothing says which rows are close" if sweep is None else "a sweep has thresholds of its own"
        raise ParameterError(what, "«threshold», «sweep»", "«threshold=0.9», or «sweep» threshold=0.8:0.99:0.01")
    thresholds = tuple(sweep) if sweep is not None else (threshold,)
    if not thresholds:
        raise ParameterError("a sweep needs at least one value", "«sweep»", "as in «sweep» threshold=0.8:0.99:0.01")
    for each in thresholds:
        assert each is not None
        checks.check_threshold(each, metric)
    if sweep is not None and output is not None:
        raise ParameterError("a sweep drops nothing, so there is nothing to write", output, "«threshold» writes it")
    return thresholds  # type: ignore[return-value]


def _plan(
    sides: Mapping[str, TableRows], metric: Metric, thresholds: tuple[float, ...], named: str | None, settings: Settings
) -> LeakPlan:
    """Lay out both sides, checked."""
    train, test = sides["train"], sides["test"]
    budget = settings.budget(train.vectors, test.vectors)
    for side in (train, test):
        checks.check_rows(side.vectors)
        checks.check_dtype(side.vectors, metric)
    widths = train.vectors.shape[1], test.vectors.shape[1]
    checks.check_same_width(train.vectors, test.vectors, *widths, names=("train", "test"))
    b, a = (prepare_input(side.vectors, -1, settings.nonfinite, budget) for side in (train, test))
    for side in (train, test):
        checks.refuse_rounded(side.vectors, metric.name)
    job = PairwiseJob(a, b, metric, None, False, "auto", settings.space(), budget)
    labels = (named, named) if named is not None else (train.label, test.label)
    both = None if labels[0] is None or labels[1] is None else (labels[0], labels[1])
    return LeakPlan(train, test, job, thresholds, both, settings)
