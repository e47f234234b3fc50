"""Pairs that are scored in one model and perhaps another, with what belongs to them, ready to be measured."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import checks
from ..errors import DataError, LabelError, ShapeError
from ..io.vectors import name_rows
from ..labels import BinaryLabels, binary_labels, class_labels, score_labels
from ..nonfinite import NOTHING_LEFT
from ..results import Column, check_group, split_group
from ..statistics.bootstrap import Intervals, Values, bootstrap
from ..statistics.counts import Counts
from .inputs import EvaluationInputs
from .report import ALL, Report
from .scored_pairs import Sample


@dataclass(frozen=True)
class PairScores:
    """Scores of all pairs in one model.

    Args:
        scores: (n,) float64; NaN where a pair is left out.
        inputs: role -> what the user typed.
        ids: (n,) or None.
        narrow: whether they are of float32 rows.
    """

    scores: Column
    inputs: dict[str, str]
    ids: Column | None
    notes: tuple[str, ...]
    narrow: bool = False


@dataclass(frozen=True)
class PairJob:
    """The pairs that are kept.

    Args:
        sample: in this model.
        other: in another model, or None.
        groups: name -> numbers of its pairs.
    """

    sample: Sample
    other: Sample | None
    groups: dict[str, Column]
    notes: tuple[str, ...]

    def part(self, chosen: Column) -> "PairJob":
        """Return some of the pairs."""
        other = None if self.other is None else self.other.part(chosen)
        return replace(self, sample=self.sample.part(chosen), other=other)

    def counts(self) -> dict[str, Counts]:
        """Return the pairs at each score, in both models; none without labels."""
        models = {"overall": self.sample, "against": self.other}
        return {
            name: one.grouped.counts() for name, one in models.items() if one is not None and one.similar is not None
        }

    def report(self, times: int, seed: int) -> Report:
        """Return all measures, with intervals of so many resamples."""
        intervals: Intervals | None = None
        if times:
            intervals = bootstrap(self._resampled, len(self.sample.scores), times, seed)
        against = None if self.other is None else self.other.measures()
        return Report(self.sample.counted(), self.sample.measures(), intervals, against)

    def _resampled(self, index: Column) -> Values:
        """Measure both models on the same pairs, and their difference."""
        values = self.sample.resampled(index)
        if self.other is None:
            return values
        others = self.other.resampled(index)
        for name, value in list(values.items()):
            other = others[name]
            values[f"{name}.difference"] = None if value is None or other is None else value - other
        return values


def read_scores(scores: Any, name: str, nonfinite: str) -> Column:
    """Return scores as float64, those that are not finite as NaN or refused."""
    values = np.asarray(scores)
    if values.dtype.kind in "OUS":
        values = _parsed(values, name)
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise DataError(f"expected one number per pair, got {values.dtype} of shape {values.shape}", name)
    if not len(values):
        raise ShapeError("there are no scores", name, "at least one pair is needed")
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong) and nonfinite == "error":
        verb = "is" if len(wrong) == 1 else "are"
        hint = "«nonfinite=drop» leaves them out"
        raise DataError(f"{name_rows(wrong, None)} of {len(values)} {verb} NaN or infinity", name, hint)
    numbers: Column = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
    return numbers


def _parsed(values: Column, name: str) -> Column:
    numbers = np.empty(len(values))
    for row, value in enumerate(values.tolist()):
        try:
            numbers[row] = float(value)
        except (TypeError, ValueError):
            hint = f"is the first line a header? then type {name}::{value}" if row == 0 else ""
            raise DataError(f"row {row} is {value!r}, expected a number", name, hint) from None
    return numbers


def pair_job(
    scored: PairScores, others: PairScores | None, inputs: EvaluationInputs, *, larger_is_closer: bool, folds: int
) -> PairJob:
    """Read what belongs to the pairs, and leave out those without a finite score."""
    count, notes, names = len(scored.scores), [], inputs.names
    similar = None
    if inputs.labels is not None:
        read = _binary(np.asarray(inputs.labels), count, names["labels"])
        similar = read.similar
        notes.append(read.convention)
    targets = inputs.targets
    wanted = None if targets is None else score_labels(np.asarray(targets), count, names["targets"])
    keep = np.isfinite(scored.scores) if others is None else np.isfinite(scored.scores + others.scores)
    if not keep.all():
        lost = np.flatnonzero(~keep)
        notes.append(f"{checks.plural(len(lost), 'pair')} not finite, left out: {name_rows(lost, scored.ids)}")
        if not keep.any():
            raise DataError("no pair has a finite score", ", ".join(scored.inputs.values()), NOTHING_LEFT)
    samples = [
        None if one is None else Sample(one.scores, similar, wanted, larger_is_closer, folds, one.narrow).part(keep)
        for one in (scored, others)
    ]
    assert samples[0] is not None
    groups = {} if inputs.by is None else _groups(np.asarray(inputs.by), count, names["by"], keep)
    return PairJob(samples[0], samples[1], groups, tuple(notes))


def check_groups(keys: Collection[str], by: Column | None) -> None:
    """Refuse a key of a group that no pair is of, before any is scored.

    Raises:
        ParameterError: with the nearest names.
    """
    known = [] if by is None else [*dict.fromkeys(map(str, np.asarray(by).tolist())), ALL]
    for key in keys:
        group = split_group(key)[1]
        if known and group is not None:
            check_group(group, known)


def _binary(labels: Column, count: int, name: str) -> BinaryLabels:
    try:
        return binary_labels(labels, count, name)
    except LabelError as error:
        if "is not binary" not in error.what:
            raise
        raise LabelError(error.what, error.where, "«targets» takes scores, and correlates with them") from None


def _groups(by: Column, count: int, name: str, keep: Column) -> dict[str, Column]:
    found = class_labels(by, count, name)
    codes = found.codes[keep]
    return {str(value): np.flatnonzero(codes == code) for code, value in enumerate(found.names.tolist())}
