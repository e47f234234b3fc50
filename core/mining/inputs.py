"""What is mined, from what a user types: a set with classes, or one or two sets with pairs.

Accepted: one source of vectors with one class per row; or one or two sources of vectors with a table of pairs, whose
columns `anchor` and `positive`, or else its first two columns, hold ids, or row numbers of vectors without ids.
Refused: ids that are not there or come twice, a table with one column, pairs and classes at once.
Lost: the table's other columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ..checks import check_dtype, check_rows, check_same_width, plural, refuse_rounded
from ..engine import Exclusion, Input, PairwiseJob, prepare_input, same_rows
from ..errors import DataError, InputNotFoundError
from ..io import Table, Vectors, open_table
from ..joining import rows_by_id
from ..labels import class_labels
from ..metrics import Metric
from ..results import Column
from ..settings import Settings
from .positives import Positives

COLUMNS = ("anchor", "positive")


@dataclass(frozen=True)
class MiningInputs:
    """Rows, and which of them belong together.

    Args:
        job: anchors against the rows that negatives come from; leaves out an anchor itself, in two sets
            by equal ids or as the same row of one file, and with classes its class.
        codes: (n,) the class of each row, or None.
        pairs: (2, p) rows of both sides that belong together, or None.
        of: what says so, for the result.
    """

    job: PairwiseJob
    codes: Column | None
    pairs: Column | None
    of: str

    @property
    def named(self) -> dict[str, str]:
        """The names of the inputs by role."""
        roles = {"vectors": self.job.a.vectors.name}
        if self.job.b is not self.job.a:
            roles["corpus"] = self.job.b.vectors.name
        return {**roles, "labels" if self.codes is not None else "positives": self.of}

    @property
    def queries(self) -> int:
        """How many anchors there may be: rows with a class, or different anchors of the pairs."""
        return len(self.job.a.rows) if self.pairs is None else len(np.unique(self.pairs[0]))

    @classmethod
    def of_classes(cls, vectors: Vectors, labels: Any, name: str, metric: Metric, settings: Settings) -> Self:
        """Return the rows of one set with the class of each."""
        job = _job([vectors], metric, settings)
        classes = class_labels(np.asarray(labels), vectors.shape[0], name).codes[job.a.numbers]
        return cls(replace(job, excluded=Exclusion(classes, classes)), classes, None, name)

    @classmethod
    def of_pairs(
        cls, sides: list[Vectors], source: str, metric: Metric, settings: Settings, *, of_one_file: bool = False
    ) -> Self:
        """Return one or two sets, perhaps of one file, with the pairs of a table."""
        job, table = _job(sides, metric, settings), open_table(source, **settings.reading)
        sides_of = (job.a, job.b)
        found = [_rows(side, table, column) for side, column in zip(sides_of, _columns(table), strict=True)]
        pairs = np.stack(found)
        pairs = pairs[:, (pairs >= 0).all(axis=0)]
        if len(sides) == 1 or of_one_file or (job.a.named and job.b.named):
            job = replace(job, excluded=same_rows(job.a, job.b)[1])
        return cls(job, None, pairs, table.name)

    def notes(self) -> Iterator[str]:
        """Yield what to tell the reader of the inputs, and how many queries are rows of the corpus."""
        yield from self.job.notes(("A" if self.job.self_join else "the queries", "the corpus"))
        excluded = self.job.excluded
        if self.job.b is not self.job.a and excluded and (same := int(np.isin(excluded.a, excluded.b).sum())):
            what = "id" if self.job.a.named and self.job.b.named else "number"
            yield f"{plural(same, 'query')} with the {what} of a row of the corpus, which is no negative then"

    def positives(self, count: int) -> Positives:
        """Return the positives: those of the pairs, or the `count` closest of each class."""
        if self.codes is not None:
            return Positives.of_classes(self.job, self.codes, count)
        assert self.pairs is not None
        return Positives.of_pairs(self.job, *self.pairs)


def _job(sides: list[Vectors], metric: Metric, settings: Settings) -> PairwiseJob:
    """Return one set against itself, or one against the other, checked."""
    budget = settings.budget(*sides)
    for side in sides:
        check_rows(side)
        check_dtype(side, metric)
    check_same_width(sides[0], sides[-1], sides[0].shape[1], sides[-1].shape[1])
    inputs = [prepare_input(side, -1, settings.nonfinite, budget) for side in sides]
    for side in sides:
        refuse_rounded(side, metric.name)
    return PairwiseJob(inputs[0], inputs[-1], metric, None, len(sides) == 1, "auto", settings.space(), budget)


def _columns(table: Table) -> tuple[str, str]:
    """Return the columns of ids."""
    found = COLUMNS if set(COLUMNS) <= set(table.value_columns) else tuple(table.value_columns[:2])
    if len(found) != 2:
        listed = ", ".join(name for name in table.columns if name) or "no names"
        what = f"expected a table with columns anchor and positive, ids of the pairs, but its columns are {listed}"
        raise InputNotFoundError(what, table.name, "name the two columns anchor and positive")
    return found[0], found[1]


def _rows(side: Input, table: Table, column: str) -> Column:
    """Return the row of each id of a column, -1 where that was left out."""
    if not len(table.values(column)):
        raise DataError("there are no pairs", table.name)
    place = np.full(side.vectors.shape[0], -1)
    place[side.numbers] = np.arange(len(side.numbers))
    rows: Column = place[rows_by_id(side.vectors, table, column)]
    return rows
