"""All pairs of one input, positive where both rows are of one class, and the retrieval of each row's class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import checks, given_inputs
from ..backend import choose_backend, quiet
from ..catalogue import Entry
from ..engine import Budget, Exclusion, Input, Kernel, PairwiseJob, Reducer, budget_of, gathered, prepare_input
from ..errors import ParameterError, ShapeError
from ..io.origins import provenance
from ..labels import class_labels
from ..metrics import Metric, metric_of
from ..nonfinite import DROP_HINT, nonfinite_rows
from ..results import Column, Progress, Result
from ..statistics.bootstrap import Intervals, Values, bootstrap
from ..statistics.counts import Grouped
from .histogram import score_histogram
from .measure import Measure
from .report import COUNTED, Report, notes_on
from .retrieval import Retrieval, retrieval
from .streamed_counts import Streamed, all_pairs
from .threshold_metrics import pair_measures

EXACT_PAIRS = 1 << 22
PAIR = 96  # bytes of a pair while all are sorted by score


def evaluate_classes(
    a: Any,
    labels: Any,
    labels_name: str,
    entry: Entry,
    *,
    ks: Sequence[int],
    times: int,
    seed: int,
    exact_pairs: int,
    max_memory: str | int | None,
    eps: float,
    parameters: Mapping[str, float] | None,
    nonfinite: str,
    device: str,
    backend: str,
    progress: Progress | None,
) -> Result:
    """Evaluate all pairs i < j of an input, and with `ks` its rows as queries; the caller has checked the options."""
    a = given_inputs.given(a, "A")
    budget, measure = budget_of(max_memory, a), metric_of(entry.name, eps=eps, **(parameters or {}))
    checks.check_dtype(a, measure)
    side, codes = _side(a, labels, labels_name, nonfinite, budget)
    checks.refuse_rounded(side.vectors, entry.name)
    pairs = len(codes) * (len(codes) - 1) // (2 if measure.is_symmetric else 1)
    streams = _streams(measure, pairs, exact_pairs, budget)
    excluded = Exclusion.of_rows(len(side.rows), len(side.rows))
    job = PairwiseJob(side, side, measure, excluded, True, "auto", choose_backend(backend, device), budget)
    with quiet():
        found, ranked = (_streamed if streams else _exact)(job, codes, ks, progress)
    report = _report(found, ranked, codes, times, seed, pairs=pairs)
    counts = found.counts if isinstance(found, Streamed) else found.grouped.counts()
    return Result(
        command="evaluate",
        inputs={"a": side.vectors.name, "labels": labels_name},
        parameters={
            "metric": entry.name,
            "eps": eps,
            **(parameters or {}),
            "k": ",".join(map(str, ks)) or None,
            "bootstrap": times or None,
            "seed": seed if times else None,
            "nonfinite": nonfinite,
        },
        summary=report.summary(),
        rows=report.rows(),
        histograms=(score_histogram(counts, entry.name, report.measures["best_f1"].threshold),),
        counts={"overall": counts},
        notes=(*job.notes(), *_notes(found, ranked, codes, times), *notes_on(report)),
        provenance=provenance({"a": side.vectors}),
        headline=COUNTED,
    )


@dataclass(frozen=True)
class _Exact:
    """All pairs, scored: which rows they are of, and what they are worth."""

    rows: Column
    columns: Column
    grouped: Grouped

    @property
    def measures(self) -> dict[str, Measure]:
        """Every measure by name."""
        return pair_measures(self.grouped.counts())

    def resampled(self, index: Column, n: int) -> Values:
        """Return the measures where row i comes as often as it is drawn: a pair as often as its rows together."""
        often = np.bincount(index, minlength=n)
        counts = self.grouped.counts(often[self.rows] * often[self.columns])
        return {name: one.value for name, one in pair_measures(counts).items()}


def _side(vectors: Any, labels: Any, name: str, nonfinite: str, budget: Budget) -> tuple[Input, Column]:
    """Return the rows with the class number of each, without those that are left out."""
    if len(vectors.shape) != 2:
        raise ShapeError(f"expected one vector per row, shape (n, d), got {vectors.shape}", vectors.name)
    side = prepare_input(vectors, -1, nonfinite, budget, DROP_HINT)
    read = class_labels(np.asarray(labels), vectors.shape[0], name)
    codes = read.codes
    if len(side.rows) < len(codes):
        codes = np.delete(codes, nonfinite_rows(vectors))
    if len(codes) < 2:
        raise ShapeError("expected at least two rows to make a pair, got one", vectors.name)
    return replace(side, ids=np.arange(len(codes))), np.unique(codes, return_inverse=True)[1].astype(np.int64)


def _streams(metric: Metric, pairs: int, exact_pairs: int, budget: Budget) -> bool:
    """Tell whether the pairs are counted in bins as they come, and refuse what can be neither counted nor ranked."""
    if pairs <= exact_pairs:
        budget.check(pairs * PAIR, f"a ranking of {pairs:,} pairs", "a smaller «exact_pairs» counts them in bins")
        return False
    # the bins reach from -1 to 1, and hold dot products of rows of length 1 as they come
    if not (metric.scores_are_proxies and metric.has_unit_rows and metric.is_made_of_dots):
        what = f"{pairs:,} pairs are more than the {exact_pairs:,} that are ranked exactly"
        hint = "«metric=cosine», or raise «exact_pairs»"
        raise ParameterError(f"{what}, and only the cosine is counted as it streams", "«metric»", hint)
    return True


def _exact(
    job: PairwiseJob, codes: Column, ks: Sequence[int], progress: Progress | None
) -> tuple["_Exact | Streamed", Retrieval | None]:
    """Score all pairs, and rank the rows around each."""
    n = len(codes)
    ranked = retrieval(job, codes, np.arange(n), ks=ks, progress=progress) if ks else None
    # where both orders of a pair score differently, both count
    rows, columns = np.triu_indices(n, 1) if job.metric.is_symmetric else np.nonzero(~np.eye(n, dtype=bool))
    scores = job.pairs(job.a.rows, job.a.rows).score(rows, columns)
    if not np.isfinite(scores).all():
        raise checks.refuse_overflow(job.a.vectors.name)
    same = codes[rows] == codes[columns]
    grouped = Grouped.of(scores, same, larger_is_closer=job.entry.larger_is_closer)
    return _Exact(rows, columns, grouped), ranked


def _streamed(
    job: PairwiseJob, codes: Column, ks: Sequence[int], progress: Progress | None
) -> tuple["_Exact | Streamed", Retrieval | None]:
    """Count all pairs in bins, and rank the rows around each from the same tiles where what they reach can be held."""
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    firsts = np.append(np.flatnonzero(np.diff(codes, prepend=-1)), len(codes))
    side = replace(job.a, rows=gathered(job.a.rows, order, job.budget))
    by_class = replace(job, a=side, b=side)
    kernel = Kernel(job.metric, "float32", job.scaled, job.backend)
    found: list[Streamed] = []

    def triangle(beside: Reducer | None) -> None:
        found.append(all_pairs(side.rows, firsts, kernel, job.budget, progress, beside))

    ranked = retrieval(by_class, codes, order, ks=ks, progress=progress, triangle=triangle) if ks else None
    if not found:
        triangle(None)
    return found[0], ranked


def _report(
    found: _Exact | Streamed, ranked: Retrieval | None, codes: Column, times: int, seed: int, *, pairs: int
) -> Report:
    sizes = np.bincount(codes)
    positives = int((sizes * (sizes - 1)).sum()) * pairs // (len(codes) * (len(codes) - 1))
    counted: dict[str, Any] = {"pairs": pairs, "positives": positives, "negatives": pairs - positives}
    counted |= {"rows": len(codes), "classes": len(sizes)}
    measures = dict(found.measures)
    if ranked is not None:
        counted["queries"] = len(ranked.queries)
        measures |= {name: Measure(value) for name, value in ranked.means().items()}
    errors = None
    if isinstance(found, Streamed):
        errors = found.errors
        counted["error_bound"] = max((error for error in errors.values() if error is not None), default=None)
    return Report(counted, measures, _intervals(found, ranked, len(codes), times, seed), None, errors)


def _intervals(found: _Exact | Streamed, ranked: Retrieval | None, n: int, times: int, seed: int) -> Intervals | None:
    if not times:
        return None

    def draw(index: Column) -> Values:
        values: Values = {} if ranked is None else ranked.resampled(index, n)
        return values if isinstance(found, Streamed) else values | found.resampled(index, n)

    return bootstrap(draw, n, times, seed)


def _notes(found: _Exact | Streamed, ranked: Retrieval | None, codes: Column, times: int) -> list[str]:
    notes = [f"labels read as {codes.max() + 1} classes: two rows of one class are similar"]
    alone = 0 if ranked is None else len(codes) - len(ranked.queries)
    if alone:
        notes.append(f"{checks.plural(alone, 'row')} without another of the class: no query, but in the answers")
    if ranked is not None and len(ranked.queries) and "map@r" not in ranked.values:
        notes.append("map@r and r_precision are left out: the largest class is too large to be ranked whole")
    if isinstance(found, Streamed):
        notes.append(
            "the cosines of the pairs were counted in bins: `error` bounds how far a measure may be off, "
            f"a threshold by {found.threshold_error:.1g}"
        )
    if times:
        drawn = "rows were resampled, and with them their pairs"
        notes.append(drawn if isinstance(found, _Exact) else f"{drawn}; pairs in bins have no interval")
    return notes
