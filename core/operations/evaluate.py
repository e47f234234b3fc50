"""`evaluate`: how well scores tell similar pairs from dissimilar ones, where to put the threshold, how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..catalogue import find
from ..engine.budget import budget_of
from ..engine.plan import Progress
from ..errors import DataError, LabelError, ParameterError, ShapeError
from ..evaluation.counts import Counts
from ..evaluation.curves import score_histogram
from ..evaluation.labelled_rows import EXACT_PAIRS, PAIR, evaluate_classes
from ..evaluation.report import Report, group_rows, notes_on
from ..evaluation.retrieval import KS
from ..evaluation.scored_pairs import Sample
from ..io.vectors import name_rows, provenance
from ..labels import binary_labels, class_labels, score_labels
from ..metrics.aligned import EPS
from ..results import Column, Columns, Histogram, Result
from ..statistics.bootstrap import Intervals, Values, bootstrap
from ..statistics.cross_validation import FOLDS
from . import checks
from .similarity import similarity

MODES = ("error", "drop")
DEFAULT_TIMES = 1000  # resamples where a difference is asked for and nothing said


def evaluate(
    a: Any = None,
    b: Any = None,
    labels: Any = None,
    *,
    targets: Any = None,
    scores: Any = None,
    by: Any = None,
    against: Any = None,
    names: Mapping[str, str] | None = None,
    metric: str = "cosine",
    parameters: Mapping[str, float] | None = None,
    eps: float = EPS,
    retrieval: bool = True,
    k: Sequence[int] = KS,
    folds: int = FOLDS,
    bootstrap: int | None = None,
    seed: int = 0,
    exact_pairs: int = EXACT_PAIRS,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    device: str = "cpu",
    backend: str = "auto",
    progress: Progress | None = None,
) -> Result:
    """Measure how well pairs are told apart: those of two inputs, scored ones, or all pairs of one labelled input.

    Args:
        a: Vectors or a numpy array, (n, d); None where `scores` are given.
        b: (n, d), row i belongs to row i of a; None for all pairs i < j of a, with classes as labels.
        labels: (n,) 0/1, false/true or -1/1 of the pairs, or with a alone (n,) classes.
        targets: (n,) numbers that closeness should agree with, as human similarity; larger is closer.
        scores: (n,) scores computed elsewhere, in the direction of `metric`.
        by: (n,) group of each pair: integers or strings.
        against: the same pairs in another model: (a, b), or its scores where `scores` are given.
        names: what messages and the result call `scores`, `labels`, `targets`, `by` and `against`, and perhaps the
            `pairs` that chose the rows of a and b.
        metric: a name of the catalogue, as in `simtool.describe("metrics")`.
        parameters: of the metric, as in `{"p": 3}`.
        eps: eps >= 0, the least norm that a cosine divides by.
        retrieval: whether the rows of one input are queries too, which takes longer than its pairs.
        k: depths of precision@k, recall@k, hit@k and nDCG@k.
        folds: of the fold accuracy, 2 or more.
        bootstrap: resamples for intervals of 95 %; none by default, 1000 with `against`.
        seed: of the resamples.
        exact_pairs: up to this many pairs of one input are scored exactly and ranked; more are counted in bins.
        max_memory: as for `pairwise`.
        nonfinite: `error`, or `drop` the pairs or rows.
        device: where to compute: cpu, cuda, cuda:N or auto.
        backend: auto, numpy or torch.
        progress: called with the rows that are done and their total, for one labelled input.

    Returns:
        A result with a row per measure (`metric`, `value`, `threshold`, `low`, `high`, ...), or per group and one
        called `overall`. The summary has the counts, each measure by its name and what is beside it as
        `NAME.threshold`, `NAME.low`, `NAME.high`, `NAME.against`, `NAME.difference`, `NAME.error`.
        `array` holds the (n,) scores of pairs, `counts` the pairs at each score, of which
        `simtool.evaluation.curves` makes ROC, DET and precision-recall curves.

    Raises:
        ShapeError: the inputs do not fit together.
        LabelError: labels or targets that are missing or not of their kind.
        ParameterError: an unknown name, or options that do not go together.
        DataError: rows or scores that are not finite.

    Source:
        Each measure's own, in `simtool.evaluation` and `simtool.statistics`.

    Example:
        >>> found = evaluate(scores=np.asarray([0.1, 0.4, 0.35, 0.8]), labels=np.asarray([0, 0, 1, 1]), folds=2)
        >>> found.summary["roc_auc"], found.summary["best_f1.threshold"]
        (0.75, 0.35)
    """
    names = {name: name for name in ("scores", "labels", "targets", "by", "against")} | dict(names or {})
    entry = find("metric", metric)
    checks.check_choice("nonfinite", nonfinite, MODES)
    _check_numbers(eps, folds, bootstrap, k, seed)
    options: dict[str, Any] = {"eps": eps, "parameters": parameters, "device": device, "backend": backend}
    if scores is None and b is None:
        _check_alone(a, labels, targets=targets, by=by, against=against)
        return evaluate_classes(
            a,
            labels,
            names["labels"],
            entry,
            ks=sorted(set(k)) if retrieval else (),
            times=bootstrap or 0,
            seed=seed,
            exact_pairs=exact_pairs,
            max_memory=max_memory,
            nonfinite=nonfinite,
            progress=progress,
            **options,
        )
    if labels is None and targets is None:
        what = "an evaluation needs one binary label or one target score per pair"
        raise LabelError(what, "«labels»", "«labels» FILE or «targets» FILE, or a column `label` or `score`")
    options["max_memory"] = max_memory
    given = [side for side in (a, b, *((against or ()) if scores is None else ())) if hasattr(side, "read")]
    count = np.size(scores) if scores is not None else checks.given(a, "A").shape[0]
    budget_of(max_memory, *given).check(count * PAIR * (1 if against is None else 2), f"a ranking of {count:,} pairs")
    scored = _scored(a, b, scores, names["scores"], entry.name, nonfinite, options)
    others = None if against is None else _others(against, scored, scores, names, entry.name, nonfinite, options)
    job = _job(scored, others, labels, targets, by, names, larger_is_closer=entry.larger_is_closer, folds=folds)
    times = bootstrap if bootstrap is not None else DEFAULT_TIMES if others is not None else 0
    overall = job.report(times, seed)
    groups = {name: job.part(rows).report(times, seed) for name, rows in job.groups.items()}
    counts = job.counts()
    rows: Columns = group_rows({**groups, "overall": overall}) if groups else overall.rows()
    return Result(
        command="evaluate",
        inputs=scored.inputs | _beside(others, names, labels=labels, targets=targets, by=by),
        parameters={
            # nothing was computed of scores that were there already: of a metric they have the direction alone
            "metric": entry.name if scores is None else None,
            "direction": None if scores is None else f"{'larger' if entry.larger_is_closer else 'smaller'} is closer",
            "eps": eps if scores is None else None,
            **((parameters or {}) if scores is None else {}),
            "folds": folds,
            "bootstrap": times or None,
            "seed": seed if times else None,
            "nonfinite": nonfinite,
        },
        summary=overall.summary(),
        rows=rows,
        array=job.sample.scores,
        histograms=_histograms(counts, entry.name if scores is None else "score"),
        counts=counts,
        notes=(*scored.notes, *job.notes, *notes_on(overall)),
        provenance=provenance({"a": a, "b": b}),
    )


def _beside(others: "_Scored | None", names: Mapping[str, str], **values: Any) -> dict[str, str]:
    """Return the inputs beside the pairs, by their role."""
    found = {role: names[role] for role, value in values.items() if value is not None}
    if "pairs" in names:
        found["pairs"] = names["pairs"]
    if others is not None:
        found |= {f"against_{role}" if role in ("a", "b") else "against": name for role, name in others.inputs.items()}
    return found


def _histograms(counts: Mapping[str, Counts], name: str) -> tuple[Histogram, ...]:
    return (score_histogram(counts["overall"], name),) if counts else ()


@dataclass(frozen=True)
class _Scored:
    """Scores of all pairs; NaN where a pair is left out."""

    scores: Column
    inputs: dict[str, str]
    ids: Column | None
    notes: tuple[str, ...]
    narrow: bool = False


@dataclass(frozen=True)
class _Job:
    """The pairs that are kept, in one model and perhaps another."""

    sample: Sample
    other: Sample | None
    groups: dict[str, Column]
    notes: tuple[str, ...]

    def part(self, chosen: Column) -> "_Job":
        other = None if self.other is None else self.other.part(chosen)
        return replace(self, sample=self.sample.part(chosen), other=other)

    def counts(self) -> dict[str, Counts]:
        """Return the pairs at each score, in both models; none without labels."""
        models = {"overall": self.sample, "against": self.other}
        return {
            name: one.grouped.counts() for name, one in models.items() if one is not None and one.similar is not None
        }

    def report(self, times: int, seed: int) -> Report:
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


def _check_numbers(eps: float, folds: int, times: int | None, ks: Sequence[int], seed: int) -> None:
    if not eps >= 0:
        raise ParameterError(f"eps is {eps}, expected at least 0", "«eps»")
    if folds < 2:
        raise ParameterError(f"{folds} folds, expected at least 2", "«folds»")
    if times is not None and times < 0:
        raise ParameterError(f"{times} resamples, expected 0 or more", "«bootstrap»")
    if times == 1:
        raise ParameterError("one resample has no spread", "«bootstrap»", "200 or more give an interval")
    for each in ks:
        checks.check_count("«k»", each)
    checks.check_seed(seed)


def _check_alone(a: Any, labels: Any, **others: Any) -> None:
    """Refuse what belongs to pairs where one input is compared with itself."""
    if a is None:
        raise ParameterError("there is nothing to evaluate", "VECTORS", "name vectors, or «scores»")
    if labels is None:
        what = "one input is evaluated by the class of each row, and there are no classes"
        raise LabelError(what, "«labels»", "«labels» FILE or ::NAME; for pairs name two inputs, or «pairs»")
    for option, value in others.items():
        if value is not None:
            what = "this belongs to pairs, and one input with classes is compared with itself"
            raise ParameterError(what, f"«{option}»", "leave it out, or name pairs")


def _scored(a: Any, b: Any, scores: Any, name: str, metric: str, nonfinite: str, options: Mapping[str, Any]) -> _Scored:
    if scores is not None:
        return _Scored(_numbers(scores, name, nonfinite), {"scores": name}, None, ())
    a, b = checks.given(a, "A"), checks.given(b, "B")
    for vectors in (a, b):
        if len(vectors.shape) != 2:
            raise ShapeError(f"expected one vector per pair, shape (n, d), got {vectors.shape}", vectors.name)
        checks.check_not_empty(vectors)
    checks.check_same_rows(a, b)
    checks.check_same_width(a, b, a.shape[1], b.shape[1])
    try:
        found = similarity(a, b, metric=metric, nonfinite="propagate" if nonfinite == "drop" else "error", **options)
    except DataError:
        for vectors in (a, b):
            checks.refuse_nonfinite(vectors, checks.DROP_HINT)
        raise
    ids = a.ids if a.ids is not None else b.ids
    narrow = all(side.dtype.kind == "f" and side.dtype.itemsize < 8 for side in (a, b))
    return _Scored(np.asarray(found.array), {"a": a.name, "b": b.name}, ids, found.notes, narrow)


def _numbers(scores: Any, name: str, nonfinite: str) -> Column:
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


def _others(
    against: Any,
    scored: _Scored,
    scores: Any,
    names: Mapping[str, str],
    metric: str,
    nonfinite: str,
    options: Mapping[str, Any],
) -> _Scored:
    a, b, others = (None, None, against) if scores is not None else (*against, None)
    found = _scored(a, b, others, names["against"], metric, nonfinite, options)
    if len(found.scores) != len(scored.scores):
        what = f"the same pairs are compared in both models, but there are {len(scored.scores)} and {len(found.scores)}"
        raise ShapeError(what, "«against»", "both need a row for each pair")
    return found


def _job(
    scored: _Scored,
    others: _Scored | None,
    labels: Any,
    targets: Any,
    by: Any,
    names: Mapping[str, str],
    *,
    larger_is_closer: bool,
    folds: int,
) -> _Job:
    """Read what belongs to the pairs, and leave out those without a finite score."""
    count, notes = len(scored.scores), []
    similar = None
    if labels is not None:
        read = _binary(np.asarray(labels), count, names["labels"])
        similar = read.similar
        notes.append(read.convention)
    wanted = None if targets is None else score_labels(np.asarray(targets), count, names["targets"])
    keep = np.isfinite(scored.scores) if others is None else np.isfinite(scored.scores + others.scores)
    if not keep.all():
        lost = np.flatnonzero(~keep)
        notes.append(f"{checks.plural(len(lost), 'pair')} not finite, left out: {name_rows(lost, scored.ids)}")
        if not keep.any():
            raise DataError("no pair has a finite score", ", ".join(scored.inputs.values()), checks.NOTHING_LEFT)
    samples = [
        None if one is None else Sample(one.scores, similar, wanted, larger_is_closer, folds, one.narrow).part(keep)
        for one in (scored, others)
    ]
    assert samples[0] is not None
    groups = {} if by is None else _groups(np.asarray(by), count, names["by"], keep)
    return _Job(samples[0], samples[1], groups, tuple(notes))


def _binary(labels: Column, count: int, name: str) -> Any:
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
