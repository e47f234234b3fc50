"""What `leak` computes of a training and a test set, checked against each other: the leaked rows, or a sweep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from .. import checks
from ..backend import quiet
from ..engine import Choice, Hits, PairwiseJob, Phase, each_nearest, prepare_input, scan_phase
from ..grouping.leaks import Leaks
from ..grouping.table_rows import TableRows
from ..io.listed_columns import carried_columns
from ..io.origins import provenance
from ..metrics import Metric
from ..results import Columns, Progress, Result, begin
from ..settings import Settings


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

    @classmethod
    def of(
        cls,
        sides: Mapping[str, TableRows],
        metric: Metric,
        thresholds: tuple[float, ...],
        named: str | None,
        settings: Settings,
    ) -> Self:
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
        return cls(train, test, job, thresholds, both, settings)

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
