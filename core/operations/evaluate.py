"""`evaluate`: how well scores tell similar pairs from dissimilar ones, where to put the threshold, how sure that is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Unpack

from .. import checks
from ..argument_types import AnyPath, check_types, path_of
from ..catalogue import DEVICE
from ..delivery import delivery
from ..errors import LabelError, ParameterError
from ..estimates import dry_run_of, keys_of_job
from ..evaluation.judged import JudgedPlan, JudgedSources, judged_keys
from ..evaluation.labelled_rows import EXACT_PAIRS
from ..evaluation.pair_job import check_groups
from ..evaluation.report import evaluation_keys
from ..evaluation.retrieval import KS
from ..evaluation.sources import EvaluationSources, open_evaluated
from ..evaluation.swept import EvaluationSweep
from ..evaluation.thresholds_file import SUFFIX, write_thresholds
from ..evaluation.wanted import WantedRate, with_wanted
from ..io import Selecting, as_source, as_values, selects
from ..metrics import EPS, metric_of
from ..nonfinite import DROP_HINT
from ..results import Progress, Result, split_group
from ..settings import Settings
from ..statistics.cross_validation import FOLDS
from .evaluate_plan import EvaluatePlan, evaluated


@selects("pairs", "scores", "a", "b", "against")
def evaluate(
    a: Any = None,
    b: Any = None,
    labels: Any = None,
    *,
    targets: Any = None,
    scores: Any = None,
    pairs: Any = None,
    by: Any = None,
    against: Any = None,
    queries: Any = None,
    corpus: Any = None,
    qrels: Any = None,
    run: Any = None,
    against_run: Any = None,
    run_out: AnyPath | None = None,
    per_query: bool = False,
    ids: Any = None,
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
    at: Any = (),
    sweep: Any = None,
    thresholds_out: AnyPath | None = None,
    force: bool = False,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    header: str = "auto",
    device: str = "cpu",
    backend: str = "auto",
    progress: Progress | None = None,
    require_keys: Collection[str] = (),
    require_counts: bool = False,
    dry_run: bool = False,
    device_name: str = DEVICE,
    **select: Unpack[Selecting],
) -> Result:
    """Measure how well pairs are told apart: those of two inputs, scored ones, or all pairs of one labelled input.

    Args:
        a: Vectors, a numpy array or a source as for `open_vectors`, (n, d); alone, a table with vector columns `a`
            and `b`, or vectors with classes; None where `scores` are given.
        b: (n, d), row i belongs to row i of a; None for all pairs i < j of a, with classes as labels.
        labels: (n,) 0/1, false/true or -1/1 of the pairs, or with a alone (n,) classes. These and the others below
            are arrays or sources; `NAME` is a column of the table, and where nothing is said its columns `label`
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
        at: rates that a threshold is to reach, as in `{"precision": 0.99}`, `"recall=0.9"`, or several of them; the
            measure beside it is called `recall@precision0.99`, `precision@recall0.9`, `recall@far0.001`.
        sweep: `truncate` -> widths and `quantize` -> precisions, as of `convert`, or texts as `"truncate=64,128"`: a
            row for the full vectors and one for each combination, with its bytes per vector and what it loses.
            Prefixes are made unit vectors, int8 and uint8 are compared as the numbers they stand for, bits by the
            metric hamming.
        thresholds_out: write the thresholds as JSON, for `threshold` of `pairwise`.
        force: an existing file may be replaced.
        nonfinite: `error`, or `drop` the pairs or rows.
        progress: called with the rows that are done and their total, for one labelled input.
        require_counts: refuse pairs without labels, which have no `counts`.
        metric, parameters, eps, max_memory, header, device, backend, require_keys, dry_run, device_name: as for
            `pairwise`.
        **select: rows and columns of the inputs, by the names that the options of the shell have; as `Selection`
            takes them.

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
        >>> import numpy as np
        >>> found = evaluate(scores=np.asarray([0.1, 0.4, 0.35, 0.8]), labels=np.asarray([0, 0, 1, 1]), folds=2)
        >>> found.summary["roc_auc"], found.summary["best_f1.threshold"]
        (0.75, 0.35)
    """
    check_types(evaluate, locals())
    run_out, thresholds_out = path_of(run_out), path_of(thresholds_out)
    judged = JudgedSources(qrels, queries, corpus, run, against, against_run)
    ks, compared = KS if k is None else k, judged.is_compared
    keys_of = partial(evaluation_keys, ks, retrieval=retrieval) if qrels is None else partial(judged_keys, ks)
    wanted = WantedRate.all_of(at)
    swept = None if sweep is None else EvaluationSweep.of(sweep)
    keys = keys_of(bootstrap=compared if bootstrap is None else bootstrap > 0, against=compared)
    required = keys_of_job(require_keys, device_name, dry_run=dry_run)
    grouped = [key for key in required if key not in keys and split_group(key)[0] in keys]
    reached = [key for each in wanted for key in each.keys] + ([] if swept is None else swept.keys)
    checks.check_keys(
        [key for key in required if key not in reached],
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
    given = {**vars(sources), "at": wanted or None, "thresholds_out": thresholds_out, "counts": require_counts or None}
    if swept is not None:
        swept.check_alone(at=wanted or None, thresholds_out=thresholds_out, counts=require_counts or None, qrels=qrels)
    beside = {"run_out": run_out, "per_query": per_query or None}
    _check_judged(judged, given, beside)
    foreseen = partial(dry_run_of, "evaluate", settings=settings, device_name=device_name, hint=DROP_HINT)
    with delivery():
        if qrels is not None:
            ranked = JudgedPlan(judged, measure, settings, ks, bootstrap, seed, per_query, run_out, force)
            return foreseen(*ranked.planned()) if dry_run else ranked.run(progress)
        inputs = open_evaluated(sources, nulls=nonfinite != "error")
        inputs = replace(inputs, names={**inputs.names, **(names or {})})
        check_groups(grouped, inputs.by)
        if (require_counts or wanted) and inputs.labels is None:
            what = "a curve or a threshold is of positives and negatives, and there are no labels"
            raise LabelError(what, "«labels»", "add labels")
        plan = EvaluatePlan(inputs, measure, settings, ks if retrieval else (), folds, bootstrap, seed, exact_pairs)
        if dry_run:
            plan.check()
            return foreseen(inputs.sides, partial(plan.of_rows, swept))
        if swept is not None:
            return swept.run(inputs, partial(evaluated, plan, progress))
        result = with_wanted(plan.run(progress), wanted)
        if thresholds_out is None:
            return result
        count = write_thresholds(thresholds_out, result, force=force, metric=metric)
        return replace(result, written={thresholds_out: checks.plural(count, "threshold")})


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
        if given[parameter] is not None and (parameter != "sources" or given["sources"]):
            where = {"sources": "VECTORS", "counts": "«plot»"}.get(parameter, f"«{parameter}»")
            raise ParameterError("this belongs to pairs, and relevance is of ranked lists", where, "leave it out")
