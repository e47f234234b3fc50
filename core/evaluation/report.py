"""Measures as a result has them: a row each, and a summary with a key for every number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..checks import plural
from ..results import Column, Columns, Scalar
from ..statistics.bootstrap import Intervals
from .measure import Measure
from .retrieval import KS, retrieval_names
from .roc import FARS, TAR_NAMES
from .scored_pairs import has_threshold, measure_names

COUNTED = ("pairs", "positives", "negatives", "rows", "classes", "queries", "error_bound")
SUFFIXES = ("low", "high", "against", "difference", "difference.low", "difference.high", "error")
TESTED = "difference.p"
ALL = "overall"  # the row of all groups together


@dataclass(frozen=True)
class Report:
    """All measures of one evaluation.

    Args:
        counted: how many of what.
        measures: by name.
        intervals: of the measures, and with another model of `NAME.difference`; None where not asked for.
        against: the measures of the other model, or None.
        errors: how far a measure may be off, or None where all are exact.
        tests: p values of the differences, or None.
    """

    counted: Mapping[str, Scalar]
    measures: Mapping[str, Measure]
    intervals: Intervals | None = None
    against: Mapping[str, Measure] | None = None
    errors: Mapping[str, float | None] | None = None
    tests: Mapping[str, float] | None = None
    shown: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        # a false accept rate that the negatives cannot show is no row, and null in the summary
        hidden = {name for name in TAR_NAMES if name in self.measures and self.measures[name].value is None}
        object.__setattr__(self, "shown", tuple(name for name in self.measures if name not in hidden))

    def summary(self) -> dict[str, Scalar]:
        """Return every number by its key; the first key of a measure is its name."""
        summary = dict(self.counted)
        for name, measure in self.measures.items():
            summary[name] = measure.value
            if has_threshold(name):
                summary[f"{name}.threshold"] = measure.threshold
            summary |= {f"{name}.{suffix}": value for suffix, value in self.beside(name)}
        return summary

    def rows(self) -> Columns:
        """Return a row for each measure."""
        columns: dict[str, Column] = {
            "metric": np.asarray(self.shown, dtype=object),
            "value": _floats([self.measures[name].value for name in self.shown]),
        }
        if any(has_threshold(name) for name in self.shown):
            columns["threshold"] = np.asarray([self.measures[name].threshold for name in self.shown], dtype=object)
        beside = [dict(self.beside(name)) for name in self.shown]
        for suffix in (*SUFFIXES, TESTED):
            if any(suffix in members for members in beside):
                columns[suffix] = np.asarray([members.get(suffix) for members in beside], dtype=object)
        return Columns(columns)

    def beside(self, name: str) -> Iterator[tuple[str, float | None]]:
        """Yield what stands beside a measure, by the last part of its key."""
        if self.intervals is not None:
            yield from zip(("low", "high"), self._bounds(name), strict=True)
        if self.against is not None and name in self.against:
            value, other = self.measures[name].value, self.against[name].value
            yield "against", other
            yield "difference", None if value is None or other is None else value - other
            if self.intervals is not None:
                yield from zip(("difference.low", "difference.high"), self._bounds(f"{name}.difference"), strict=True)
        if self.errors is not None and name in self.errors:
            yield "error", self.errors[name]
        if self.tests is not None and name in self.tests:
            yield TESTED, self.tests[name]

    def _bounds(self, name: str) -> tuple[float | None, float | None]:
        return (None, None) if self.intervals is None else self.intervals.bounds.get(name, (None, None))


def group_rows(groups: Mapping[str, Report]) -> Columns:
    """Return a row for each group: its counts and its measures as columns, intervals beside their measure."""
    records = []
    for name, report in groups.items():
        record: dict[str, Scalar] = {"group": name, **report.counted}
        for measure in report.measures:
            record[measure] = report.measures[measure].value
            record |= {f"{measure}.{suffix}": value for suffix, value in report.beside(measure)}
        records.append(record)
    columns: dict[str, Column] = {}
    for name in records[-1]:
        values = [record.get(name) for record in records]
        if name == "group":
            columns[name] = np.asarray(values, dtype=object)
        elif all(isinstance(value, int) for value in values):
            columns[name] = np.asarray(values)
        elif any(value is not None for value in values):
            columns[name] = _floats(values)
    return Columns(columns)


def evaluation_keys(
    k: Sequence[int] = KS, *, retrieval: bool = True, bootstrap: bool = True, against: bool = True
) -> list[str]:
    """Return every key that a summary of `evaluate` may have.

    Args:
        k: depths of retrieval.
        retrieval: whether it is asked for.
        bootstrap: whether intervals are.
        against: whether there is another model.

    Example:
        >>> "eer.threshold" in evaluation_keys()
        True
    """
    names = (*measure_names(), *(retrieval_names(k) if retrieval else ()))
    keys = [*COUNTED, *names]
    suffixes = [suffix for suffix in SUFFIXES if _is_given(suffix.split("."), bootstrap=bootstrap, against=against)]
    for name in names:
        keys += [f"{name}.{suffix}" for suffix in (*(("threshold",) if has_threshold(name) else ()), *suffixes)]
    return keys


def _is_given(parts: Sequence[str], *, bootstrap: bool, against: bool) -> bool:
    of_interval, of_model = {"low", "high"} & {*parts}, {"against", "difference"} & {*parts}
    return (bootstrap or not of_interval) and (against or not of_model)


def notes_on(report: Report) -> Iterator[str]:
    """Yield what to tell the reader of the numbers."""
    positives, negatives = (report.counted.get(name) for name in ("positives", "negatives"))
    if positives == 0 or negatives == 0:
        kind = "negative" if positives == 0 else "positive"
        yield f"all pairs are {kind}: with one class only no rate is defined"
        return
    if negatives is not None:
        lost = [f"{far:g}" for far, name in zip(FARS, TAR_NAMES, strict=True) if report.measures[name].value is None]
        if lost:
            few = plural(int(negatives), "negative")
            are = "is" if negatives == 1 else "are"
            yield f"{few} {are} too few to measure at a false accept rate of {' or '.join(lost)}"
    if report.intervals is not None and report.intervals.undefined:
        times = plural(report.intervals.undefined, "resample")
        yield f"{times} had too few of a class for some measure, whose interval is that of the others"


def _floats(values: Sequence[Scalar]) -> Column:
    return np.asarray([np.nan if value is None else value for value in values], dtype=np.float64)
