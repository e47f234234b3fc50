"""`evaluate`: how well scores tell similar pairs from dissimilar ones, where to put the threshold, how sure that is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from .. import checks
from ..delivery import delivery
from ..errors import LabelError, ParameterError, ShapeError
from ..evaluation.histogram import score_histogram
from ..evaluation.judged import JudgedPlan, JudgedSources, judged_keys
from ..evaluation.labelled_rows import EXACT_PAIRS, PAIR, evaluate_classes
from ..evaluation.pair_job import PairScores, check_groups, pair_job, read_scores
from ..evaluation.report import ALL, COUNTED, evaluation_keys, group_rows, notes_on
from ..evaluation.retrieval import KS
from ..evaluation.sources import EvaluationInputs, EvaluationSources, open_evaluated
from ..evaluation.swept import EvaluationSweep
from ..evaluation.thresholds_file import SUFFIX, write_thresholds
from ..evaluation.wanted import WantedRate, with_wanted
from ..io import as_source, as_values
from ..io.vectors import ids_of, provenance
from ..metrics import EPS, Metric, metric_of
from ..nonfinite import DROP_HINT
from ..results import Progress, Result, split_group
from ..settings import Settings
from ..statistics.cross_validation import FOLDS
from .similarity import plan_similarity

DEFAULT_TIMES = 1000  # resamples where a difference is asked for and nothing said


def evaluate(
    a: Any = None,
    b: Any = None,
    labels: Any = None,
    *,
    targets: Any = None,
    scores: Any = None,
    pairs: str | None = None,
    by: Any = None,
    against: Any = None,
    queries: Any = None,
    corpus: Any = None,
    qrels: Any = None,
    run: Any = None,
    against_run: Any = None,
    run_out: str | None = None,
    per_query: bool = False,
    ids: str | None = None,
    names: Mapping[str, str] | None = None,
    metric: str = "cosine",
    parameters: Mapping[str, float] | None = None,
    eps: float = EPS,
    retrieval: bool = True,
    k: Sequence[int] | None = None,
    folds: int = FOLDS,
    bootstrap: int | None = None,
    seed: int = 0,
    exact_pairs: int = EXACT_PAIRS,
    at: Sequence[str] = (),
    sweep: Mapping[str, Sequence[Any]] | None = None,
    thresholds_out: str | None = None,
    force: bool = False,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    header: str = "auto",
    device: str = "cpu",
    backend: str = "auto",
    progress: Progress | None = None,
    require_keys: Collection[str] = (),
    require_counts: bool = False,
) -> Result:
    """Measure how well pairs are told apart: those of two inputs, scored ones, or all pairs of one labelled input.

    Args:
        a: Vectors, a numpy array or a source as for `open_vectors`, (n, d); alone, a table with vector columns `a`
            and `b`, or vectors with classes; None where `scores` are given.
        b: (n, d), row i belongs to row i of a; None for all pairs i < j of a, with classes as labels.
        labels: (n,) 0/1, false/true or -1/1 of the pairs, or with a alone (n,) classes. These and the others below
            are arrays or sources; `::NAME` is a column of the table, and where nothing is said its columns `label`
            and `score` are found by themselves.
        targets: (n,) numbers that closeness should agree with, as human similarity; larger is closer.
        scores: (n,) scores computed elsewhere, in the direction of `metric`.
        pairs: a table with columns `a` and `b`, ids of rows of a, which make the pairs.
        by: (n,) group of each pair: integers or strings.
        against: the same pairs in another model: (a, b), or its scores where `scores` are given; with `qrels` the
            queries and the corpus of another model.
        queries: (q, d) vectors with ids, ranked around each the rows of `corpus`, (n, d) with ids; with `qrels`.
        qrels: which documents are relevant: a file of BEIR or TREC, or query -> document -> relevance.
        run: lists to measure instead of vectors: a file of TREC, or query -> document -> score, larger is better.
        against_run: the run of another model.
        run_out: write the lists as a run; they are as long as the largest of `k`.
        per_query: a row for each query instead of each measure, with `qrels`.
        ids: source of the ids of a, for `pairs`.
        names: what messages and the result call `scores`, `labels`, `targets`, `by` and `against`, instead of their
            sources.
        retrieval: whether the rows of one input are queries too, which takes longer than its pairs.
        k: depths of precision@k, recall@k, hit@k and nDCG@k; 1, 5 and 10 by default.
        folds: of the fold accuracy, 2 or more.
        bootstrap: resamples for intervals of 95 %; none by default, 1000 with `against`.
        seed: of the resamples.
        exact_pairs: up to this many pairs of one input are scored exactly and ranked; more are counted in bins.
        at: rates that a threshold is to reach, as in `precision=0.99`, `recall=0.9` or `far=0.001`; the measure beside
            it is called `recall@precision0.99`, `precision@recall0.9`, `recall@far0.001`.
        sweep: `truncate` -> widths and `quantize` -> precisions, as of `convert`: a row for each combination, with its
            bytes per vector and what it loses against the full vectors. Prefixes are made unit vectors, int8 and uint8
            are compared as the numbers they stand for, bits by the metric hamming.
        thresholds_out: write the thresholds as JSON, for `threshold` of `pairwise`.
        force: an existing file may be replaced.
        nonfinite: `error`, or `drop` the pairs or rows.
        progress: called with the rows that are done and their total, for one labelled input.
        require_counts: refuse pairs without labels, which have no `counts`.
        metric, parameters, eps, max_memory, header, device, backend, require_keys: as for `pairwise`.

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
    judged = JudgedSources(qrels, queries, corpus, run, against, against_run)
    ks, compared = KS if k is None else k, judged.is_compared
    keys_of = partial(evaluation_keys, ks, retrieval=retrieval) if qrels is None else partial(judged_keys, ks)
    wanted = [WantedRate.of(each) for each in at]
    swept = None if sweep is None else EvaluationSweep.of(sweep)
    keys = keys_of(bootstrap=compared if bootstrap is None else bootstrap > 0, against=compared)
    grouped = [key for key in require_keys if key not in keys and split_group(key)[0] in keys]
    reached = [key for each in wanted for key in each.keys] + ([] if swept is None else swept.keys)
    checks.check_keys(
        [key for key in require_keys if key not in reached],
        keys,
        {"«bootstrap=1000»": keys_of(against=compared), "«against=A B»": keys_of(), "«by=SOURCE»": grouped},
        [] if by is None else [key for key in keys if not key.endswith(SUFFIX)],
    )
    settings = Settings(
        nonfinite=nonfinite, eps=eps, max_memory=max_memory, device=device, backend=backend, header=header
    ).checked(("error", "drop"))
    measure = metric_of(metric, eps=eps, **(parameters or {}))
    checks.check_least(2, folds=folds)
    checks.check_least(0, bootstrap=bootstrap, seed=seed)
    if bootstrap == 1:
        raise ParameterError("one resample has no spread", "«bootstrap»", "200 or more give an interval")
    for each in ks:
        checks.check_count("«k»", each)
    sides = [as_source(side, name) for side, name in zip((a, b), "AB", strict=True) if side is not None]
    scores, pairs = as_source(scores, "scores"), as_source(pairs, "pairs")
    first = next((each for each in (pairs, scores, *sides) if each is not None), None)
    labels, targets, by, ids = (as_values(each, first) for each in (labels, targets, by, ids))
    sources = EvaluationSources(sides, labels, targets, scores, pairs, by, against, ids, header, max_memory)
    checks.check_outputs(thresholds_out, run_out, force=force, inputs=[*sources.typed, *judged.typed])
    given = {**vars(sources), "at": at or None, "thresholds_out": thresholds_out, "counts": require_counts or None}
    if swept is not None and (at or thresholds_out is not None or require_counts or qrels is not None):
        what = "a sweep has no thresholds and no curve, and is of pairs or classes"
        raise ParameterError(what, "«sweep»", "leave out «at», «thresholds_out», «plot» and «qrels»")
    beside = {"run_out": run_out, "per_query": per_query or None}
    _check_judged(judged, given, beside)
    with delivery():
        if qrels is not None:
            times = (bootstrap, seed)
            return JudgedPlan(judged, measure, settings, ks, *times, per_query, run_out, force).run(progress)
        inputs = open_evaluated(sources, nulls=nonfinite != "error")
        inputs = replace(inputs, names={**inputs.names, **(names or {})})
        check_groups(grouped, inputs.by)
        if (require_counts or wanted) and inputs.labels is None:
            what = "a curve or a threshold is of positives and negatives, and there are no labels"
            raise LabelError(what, "«labels»", "add labels")
        plan = EvaluatePlan(inputs, measure, settings, ks if retrieval else (), folds, bootstrap, seed, exact_pairs)
        if swept is not None:
            return swept.run(inputs, partial(_evaluated, plan, progress))
        result = with_wanted(plan.run(progress), wanted)
        if thresholds_out is None:
            return result
        count = write_thresholds(thresholds_out, result, force=force, metric=metric)
        return replace(result, written={thresholds_out: checks.plural(count, "threshold")})


@dataclass(frozen=True)
class EvaluatePlan:
    """What is evaluated: opened, its options checked, and nothing scored yet.

    Args:
        inputs: pairs, scores, or one input with classes.
        metric: what pairs are scored with, or the direction of scores.
        settings: of the door.
        ks: depths of the retrieval; none for no retrieval.
        folds: of the fold accuracy.
        bootstrap: resamples, or None.
        seed: of the resamples.
        exact_pairs: how many pairs of one input are ranked.
    """

    inputs: EvaluationInputs
    metric: Metric
    settings: Settings
    ks: Sequence[int]
    folds: int
    bootstrap: int | None
    seed: int
    exact_pairs: int

    def run(self, progress: Progress | None) -> Result:
        """Score the pairs and measure how well they are told apart."""
        inputs, settings = self.inputs, self.settings
        if inputs.scores is not None or inputs.b is not None:
            return self._of_pairs()
        _check_alone(inputs)
        return evaluate_classes(
            inputs.a,
            inputs.labels,
            inputs.names["labels"],
            self.metric.entry,
            ks=sorted(set(self.ks)),
            times=self.bootstrap or 0,
            seed=self.seed,
            exact_pairs=self.exact_pairs,
            progress=progress,
            parameters={name: value for name, value in self.metric.parameters.items() if name != "eps"},
            eps=settings.eps,
            max_memory=settings.max_memory,
            nonfinite=settings.nonfinite,
            device=settings.device,
            backend=settings.backend,
        )

    def _of_pairs(self) -> Result:
        """Evaluate pairs of two inputs, or pairs that are scored already."""
        inputs, entry = self.inputs, self.metric.entry
        scored, others = self._scored_both()
        job = pair_job(scored, others, inputs, larger_is_closer=entry.larger_is_closer, folds=self.folds)
        times = self.bootstrap if self.bootstrap is not None else DEFAULT_TIMES if others is not None else 0
        overall = job.report(times, self.seed)
        groups = {name: job.part(rows).report(times, self.seed) for name, rows in job.groups.items()}
        counts, name = job.counts(), entry.name if inputs.scores is None else "score"
        return Result(
            command="evaluate",
            inputs=scored.inputs | _beside(others, inputs),
            parameters={
                **self._shown(),
                "folds": self.folds,
                "bootstrap": times or None,
                "seed": self.seed if times else None,
                "nonfinite": self.settings.nonfinite,
            },
            summary=overall.summary(),
            rows=group_rows({**groups, ALL: overall}) if groups else overall.rows(),
            array=job.sample.scores,
            histograms=(score_histogram(counts["overall"], name, overall.measures["best_f1"].threshold),)
            if counts
            else (),
            counts=counts,
            notes=(*scored.notes, *job.notes, *notes_on(overall)),
            provenance=provenance({"a": inputs.a, "b": inputs.b}),
            headline=() if groups else COUNTED,
        )

    def _shown(self) -> dict[str, Any]:
        """Return what the scores were computed with; scores that were there already have a direction alone."""
        if self.inputs.scores is not None:
            direction = f"{'larger' if self.metric.larger_is_closer else 'smaller'} is closer"
            return {"metric": None, "direction": direction, "eps": None}
        return {"metric": self.metric.name, "direction": None, "eps": self.settings.eps, **self.metric.parameters}

    def _scored_both(self) -> tuple[PairScores, PairScores | None]:
        """Return the scores of the pairs, and those in the other model where there is one."""
        inputs = self.inputs
        if inputs.labels is None and inputs.targets is None:
            what = "an evaluation needs one binary label or one target score per pair"
            raise LabelError(what, "«labels»", "«labels» FILE or «targets» FILE, or a column `label` or `score`")
        a, b, scores, against, names = inputs.a, inputs.b, inputs.scores, inputs.against, inputs.names
        opened = [side for side in (a, b, *((against or ()) if scores is None else ())) if hasattr(side, "read")]
        count = np.size(scores) if scores is not None else checks.given(a, "A").shape[0]
        needed = count * PAIR * (1 if against is None else 2)
        self.settings.budget(*opened).check(needed, f"a ranking of {count:,} pairs")
        scored = self._scored(a, b, scores, names["scores"])
        if against is None:
            return scored, None
        other: tuple[Any, Any, Any] = (*against, None) if scores is None else (None, None, against)
        found = self._scored(*other, names["against"])
        if len(found.scores) != len(scored.scores):
            lengths = f"{len(scored.scores)} and {len(found.scores)}"
            what = f"the same pairs are compared in both models, but there are {lengths}"
            raise ShapeError(what, "«against»", "both need a row for each pair")
        return scored, found

    def _scored(self, a: Any, b: Any, scores: Any, name: str) -> PairScores:
        nonfinite = self.settings.nonfinite
        if scores is not None:
            return PairScores(read_scores(scores, name, nonfinite), {"scores": name}, None, ())
        sides = a, b = checks.given(a, "A"), checks.given(b, "B")
        checks.check_aligned(sides, "pair")
        # pairs that are not finite are left out once they are scored
        settings = replace(self.settings, nonfinite="propagate" if nonfinite == "drop" else "error")
        found = plan_similarity(a, b, -1, self.metric, settings, DROP_HINT).run()
        narrow = all(side.dtype.kind == "f" and side.dtype.itemsize < 8 for side in sides)
        return PairScores(np.asarray(found.array), {"a": a.name, "b": b.name}, ids_of(*sides), found.notes, narrow)


def _beside(others: PairScores | None, inputs: EvaluationInputs) -> dict[str, str]:
    """Return the inputs beside the pairs, by their role."""
    names = inputs.names
    values = {"labels": inputs.labels, "targets": inputs.targets, "by": inputs.by}
    found = {role: names[role] for role, value in values.items() if value is not None}
    if "pairs" in names:
        found["pairs"] = names["pairs"]
    if others is not None:
        found |= {f"against_{role}" if role in ("a", "b") else "against": name for role, name in others.inputs.items()}
    return found


def _check_judged(judged: JudgedSources, given: Mapping[str, Any], beside: Mapping[str, Any]) -> None:
    """Refuse what does not go together with given relevance, or needs it."""
    named = [side is not None for side in (judged.queries, judged.corpus)]
    if judged.qrels is None:
        for parameter, value in {**vars(judged), **beside}.items():
            if value is not None and parameter != "against":
                raise ParameterError("there is no relevance to measure by", f"«{parameter}»", "add «qrels»")
        return
    if named != [judged.run is None] * 2:
        what = "relevance measures the lists of a run, or those of queries in a corpus"
        raise ParameterError(what, "«qrels»", "name «queries» and «corpus», or «run»")
    if judged.against is not None and judged.against_run is not None:
        raise ParameterError("there are two other models", "«against», «against_run»", "leave one out")
    for parameter in ("sources", "labels", "targets", "scores", "pairs", "by", "ids", "at", "thresholds_out", "counts"):
        if given[parameter] is not None and given[parameter] != []:
            where = {"sources": "VECTORS", "counts": "«plot»"}.get(parameter, f"«{parameter}»")
            raise ParameterError("this belongs to pairs, and relevance is of ranked lists", where, "leave it out")


def _evaluated(plan: EvaluatePlan, progress: Progress | None, inputs: EvaluationInputs, is_bits: bool) -> Result:
    """Run a plan with other vectors; packed bits have a metric of their own."""
    metric = metric_of("hamming") if is_bits else plan.metric
    return replace(plan, inputs=inputs, metric=metric).run(progress)


def _check_alone(inputs: EvaluationInputs) -> None:
    """Refuse what belongs to pairs where one input is compared with itself."""
    if inputs.a is None:
        raise ParameterError("there is nothing to evaluate", "VECTORS", "name vectors, or «scores»")
    if inputs.labels is None:
        what = "one input is evaluated by the class of each row, and there are no classes"
        raise LabelError(what, "«labels»", "«labels» FILE or ::NAME; for pairs name two inputs, or «pairs»")
    for parameter, value in (("targets", inputs.targets), ("by", inputs.by), ("against", inputs.against)):
        if value is not None:
            what = "this belongs to pairs, and one input with classes is compared with itself"
            raise ParameterError(what, f"«{parameter}»", "leave it out, or name pairs")
