"""Selected pairs of two inputs as rows of a result: the k best of each row, all up to a threshold, or the best."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from math import fsum, inf, prod

import numpy as np

from ..checks import plural
from ..results import Column, Columns, Progress, Result, RowsInto, Scalar, begin, over_batches
from .choice import Choice
from .job import PairwiseJob
from .kernels import Kernel
from .places import Hits
from .reducers.base import Give
from .reducers.full_matrix import Moments
from .selections import closest_pairs, each_nearest, within

ROW = 24  # bytes of a listed pair


def select_pairs(job: PairwiseJob, choice: Choice, rows_into: RowsInto | None, progress: Progress | None) -> Result:
    """List chosen pairs; the options are checked by the caller."""
    if rows_into is None:
        check_list(job, choice, *job.shape)
    listing = Listing(job, choice, rows_into)
    begin(progress, "closest rows" if choice.top_k is not None else "close pairs")
    for number, a, b in job.batches():
        part = over_batches(progress, number, prod(job.batch))
        listing.kernel = _select(job, choice, a, b, partial(listing.take, number), part)
    return listing.result()


def check_list(job: PairwiseJob, choice: Choice, n: int, m: int) -> int:
    """Return the bytes of a list of chosen pairs of n × m rows, as far as they are known, if they fit."""
    count = choice.most(n, m)
    if count is None:
        return 0
    job.budget.check(2 * count * ROW, f"a list of {count:,} pairs", "a smaller number, or more memory")
    return 2 * count * ROW


def _select(job: PairwiseJob, choice: Choice, a: Column, b: Column, give: Give, progress: Progress | None) -> Kernel:
    if choice.top_k is not None:
        return each_nearest(job, a, b, choice.top_k, give, progress, threshold=choice.threshold)
    if choice.threshold is not None:
        return within(job, a, b, choice.threshold, choice.max_results, give, progress)
    return closest_pairs(job, a, b, choice.max_pairs or 0, give, progress)


@dataclass
class Listing:
    """Collects the pairs as rows of the result, or hands them on.

    Args:
        job: both sides, whose rows are listed.
        choice: which pairs.
        rows_into: takes the rows; None keeps them.
        kernel: what scanned them, if anything.
    """

    job: PairwiseJob
    choice: Choice
    rows_into: RowsInto | None
    parts: list[dict[str, Column]] = field(default_factory=list)
    moments: Moments = field(default_factory=Moments)
    sums: list[Column] = field(default_factory=list)
    kernel: Kernel | None = None

    def __post_init__(self) -> None:
        (n, m), choice = self.job.shape, self.choice
        if self.rows_into is None and (choice.threshold is None or choice.top_k is not None):
            count = min(choice.max_pairs or n * min(choice.top_k or m, m), n * m)
            self.job.budget.check(2 * count * ROW, f"a list of {count:,} pairs", "a smaller number, or more memory")

    def take(self, number: int, hits: Hits) -> None:
        """Take the pairs of a batch as they come: row, column and score."""
        columns = self._columns(number, hits)
        rows, _, scores = hits
        if len(scores):
            # a sum for each row, so that it does not show in which query block a row was
            self.sums.append(np.add.reduceat(scores, np.flatnonzero(np.diff(rows, prepend=-1))))
            extremes = Moments(len(scores), 0.0, float(scores.min()), float(scores.max()))
            self.moments = self.moments.merge([extremes])
        if self.rows_into is None:
            self.parts.append(columns)
        elif len(scores):
            self.rows_into(columns)

    def result(self) -> Result:
        """Return what was listed."""
        empty = np.empty(0, dtype=np.int64)
        if not self.moments.count and self.rows_into is not None:
            self.rows_into(self._columns(0, (empty, empty, np.empty(0))))
        parts = self.parts or [self._columns(0, (empty, empty, np.empty(0)))]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        rows = Columns({} if self.rows_into is not None else columns)
        used = {"scan": self.kernel.products if self.kernel else None}
        return Result("pairwise", {}, used, self._summary(), rows, notes=tuple(self._notes()))

    def _columns(self, number: int, hits: Hits) -> dict[str, Column]:
        rows, columns, scores = hits
        listed = {"batch": np.full(len(rows), number)} if self.job.batch else {}
        listed["a"] = self.job.a.ids[rows]
        if self.choice.top_k is not None:
            listed["rank"] = np.arange(len(rows)) - np.searchsorted(rows, rows) + 1
        listed |= {"b": self.job.b.ids[columns], "score": scores}
        return {**listed, **self.job.a.carried(rows, "a"), **self.job.b.carried(columns, "b")}

    def _summary(self) -> dict[str, Scalar]:
        sums = np.concatenate([np.empty(0), *self.sums])
        total = fsum(sums.tolist()) if np.isfinite(sums.sum()) else inf  # fsum raises where the sum overflows
        moments = replace(self.moments, total=total)
        counted: dict[str, Scalar] = {} if self.choice.top_k is None else {"k": self.choice.top_k}
        if self.choice.top_k is None or self.choice.threshold is not None:
            counted["pairs"] = moments.count
        rows, columns = self.job.shape
        return {"rows": rows, "columns": columns, **counted, **moments.summary()}

    def _notes(self) -> Iterator[str]:
        yield from self._missing()
        (rows, columns), excluded, k = self.job.shape, self.job.excluded, self.choice.top_k
        others = np.full(rows, columns) if excluded is None else columns - excluded.counts
        if self.choice.threshold is not None:
            return  # how many there are says the list
        if k is not None and k > others.max():
            yield f"k is {k}, but a row has at most {others.max()} others: all of them are listed"
        elif k is not None and (fewer := int(np.count_nonzero(others < k))):
            yield f"{plural(fewer, 'row')} with fewer than {k} others: all of them are listed"

    def _missing(self) -> Iterator[str]:
        sides = {"A": self.job.a} if self.job.self_join else {"A": self.job.a, "B": self.job.b}
        for name, side in sides.items():
            if count := int(side.missing.sum()):
                yield f"{plural(count, 'row')} of {name} not finite: in no pair of a selection"
