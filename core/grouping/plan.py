"""What `dedup` groups, checked and laid out: at one threshold or several, and how much work that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from .. import checks
from ..backend import quiet
from ..engine import Choice, Exclusion, PairwiseJob, Phase, prepare_input, scan_phase
from ..io.listed_columns import with_carried
from ..io.origins import provenance
from ..metrics import Metric
from ..results import Column, Columns, Progress, Result
from ..settings import Settings
from .groups import ROW, Arrangement, Groups, GroupsFound
from .outputs import GroupOutputs
from .preference import KeepRule
from .table_rows import TableRows

COUNTED = ("kept", "dropped", "groups", "largest_group")


@dataclass(frozen=True)
class DedupPlan:
    """What is grouped: opened and checked, and no pair scored yet.

    Args:
        thresholds: one, several of a sweep, or none for equal rows alone.
        keep: which row of a group is kept.
        how: the parameters that name choices.
        largest: how many groups are listed.
    """

    rows: TableRows
    job: PairwiseJob
    thresholds: tuple[float, ...]
    keep: KeepRule
    how: Mapping[str, Any]
    outputs: GroupOutputs
    largest: int
    settings: Settings

    @classmethod
    def of(
        cls,
        metric: Metric,
        thresholds: tuple[float, ...],
        keep: KeepRule,
        how: Mapping[str, Any],
        outputs: GroupOutputs,
        largest: int,
        settings: Settings,
        rows: TableRows,
    ) -> Self:
        """Lay out the rows of a file against themselves, checked."""
        vectors = rows.vectors
        checks.check_rows(vectors)
        checks.check_dtype(vectors, metric)
        budget = settings.budget(vectors)
        side = prepare_input(vectors, -1, settings.nonfinite, budget)
        checks.refuse_rounded(vectors, metric.name)
        excluded = Exclusion.of_rows(len(side.rows), len(side.rows))
        job = PairwiseJob(side, side, metric, excluded, True, "auto", settings.space(), budget)
        return cls(rows, job, thresholds, keep, how, outputs, largest, settings)

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
        table = {key: np.asarray([each[key] for each in counts]) for key in COUNTED}
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
