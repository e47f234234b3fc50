"""Retrieval by given relevance: lists from files or vectors, measured, and compared with another model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checks import plural
from ..engine import Choice, Phase, each_nearest, scan_phase
from ..errors import DataError, ParameterError
from ..estimates import Make, Planned, SomeRows
from ..io import Vectors
from ..io.origins import provenance
from ..io.qrels import Qrels, Run, read_qrels, read_run, write_run
from ..io.selected_vectors import select
from ..metrics import Metric
from ..results import Column, Columns, Progress, Result
from ..settings import Settings
from ..statistics.bootstrap import Bounds, Intervals, bootstrap_items, check_draws
from ..statistics.permutation import flipped_p
from .measure import Measure
from .report import SUFFIXES, TESTED, Report
from .retrieved import open_ranked, ranking_job, retrieved
from .trec_measures import Ranked, measure_ranked, ranked_names

COUNTED_LISTS = ("queries", "relevant")
DEFAULT_TIMES = 1000  # draws where two models are compared and nothing said


@dataclass(frozen=True)
class JudgedSources:
    """What is measured.

    Args:
        qrels: a file, or query -> document -> relevance.
        queries: vectors with ids, or None where there is a run.
        corpus: vectors with ids, or None.
        run: a file, or query -> document -> score, or None.
        against: queries and corpus of another model, or None.
        against_run: the run of another model, or None.
    """

    qrels: Any
    queries: Any = None
    corpus: Any = None
    run: Any = None
    against: Any = None
    against_run: Any = None

    @property
    def typed(self) -> list[str]:
        """Every source."""
        against = self.against if isinstance(self.against, list | tuple) else ()
        values = (self.qrels, self.queries, self.corpus, self.run, *against, self.against_run)
        return [value for value in values if isinstance(value, str)]

    @property
    def is_compared(self) -> bool:
        """Whether there is another model."""
        return self.against is not None or self.against_run is not None


def judged_keys(ks: Sequence[int], *, bootstrap: bool = True, against: bool = True) -> list[str]:
    """Return every key that a summary by given relevance may have.

    Example:
        >>> judged_keys([10], bootstrap=False, against=False)
        ['queries', 'relevant', 'ndcg@10', 'map@10', 'mrr@10', 'recall@10', 'precision@10']
    """
    kept = [each for each in (*SUFFIXES, TESTED) if each != "error"]
    kept = [each for each in kept if against or not each.startswith(("against", "difference"))]
    kept = [each for each in kept if bootstrap or not each.endswith(("low", "high", ".p"))]
    names = ranked_names(ks)
    return [*COUNTED_LISTS, *names, *(f"{name}.{suffix}" for name in names for suffix in kept)]


@dataclass(frozen=True)
class JudgedPlan:
    """Lists that are measured by given relevance, options checked.

    Args:
        sources: of the lists and the relevance.
        ks: depths.
        bootstrap: draws for intervals and the test, or None.
        per_query: the result has a row for each query.
        run_out: where the lists are written, or None.
    """

    sources: JudgedSources
    metric: Metric
    settings: Settings
    ks: Sequence[int]
    bootstrap: int | None
    seed: int
    per_query: bool = False
    run_out: str | None = None
    force: bool = False

    def run(self, progress: Progress | None) -> Result:
        """Rank, measure, compare."""
        sources = self.sources
        qrels = self._file(sources.qrels, read_qrels)
        if not any(map(len, qrels.values())):
            raise DataError("no query has a judgement", _name(sources.qrels, "qrels"))
        lists, of, notes = self._lists(qrels, sources.run, (sources.queries, sources.corpus), "run", progress)
        found, inputs = measure_ranked(qrels, lists, self.ks), {**of, "qrels": _name(sources.qrels, "qrels")}
        other = None
        if sources.is_compared:
            against, of, more = self._lists(qrels, sources.against_run, sources.against, "against_run", progress)
            other = measure_ranked(qrels, against, self.ks)
            inputs |= {f"against_{role.removeprefix('against_')}": name for role, name in of.items()}
            notes = (*notes, *more)
        times = self.bootstrap if self.bootstrap is not None else DEFAULT_TIMES if other else 0
        report, written = self._report(found, other, times), {}
        if self.run_out is not None:
            write_run(self.run_out, lists, force=self.force)
            written[self.run_out] = plural(len(lists), "ranked list")
        return Result(
            command="evaluate",
            inputs=inputs,
            parameters={
                "metric": None if sources.run is not None else self.metric.name,
                "k": ",".join(map(str, sorted(set(self.ks)))),
                "bootstrap": times or None,
                "seed": self.seed if times else None,
            },
            summary=report.summary(),
            rows=_by_query(found, other) if self.per_query else report.rows(),
            notes=(*notes, *_notes(found, lists, qrels)),
            written=written,
            headline=None if self.per_query else COUNTED_LISTS,
        )

    def planned(self) -> tuple[dict[str, Vectors], Make]:
        """Return what is ranked, and what plans the ranking of some rows for a dry run.

        Raises:
            ParameterError: the lists are there already.
        """
        sources, depth = self.sources, max(self.ks)
        if sources.run is not None:
            what = "lists that are there already are measured as they are read, which needs no plan"
            raise ParameterError(what, "«run»", "a dry run is of queries and a corpus")
        qrels = self._file(sources.qrels, read_qrels)
        given = sources.queries, sources.corpus
        queries, corpus, judged = open_ranked(given, qrels, depth, self.metric, self.settings)
        models = 2 if sources.is_compared else 1

        def some(rows: Sequence[SomeRows], within: Settings) -> Planned:
            job = ranking_job(rows[0].vectors, rows[1].vectors, self.metric, within)

            def phases(shapes: Sequence[tuple[int, ...]]) -> list[Phase]:
                (count, dims), (documents, _) = shapes
                phase = scan_phase("closest documents", job, (count, documents, dims), Choice(top_k=depth))
                return [phase] * models

            return Planned(phases, lambda: each_nearest(job, job.a.rows, job.b.rows, depth, lambda hits: None))

        return {"queries": select(queries, judged), "corpus": corpus}, some

    def _file(self, given: Any, read: Any) -> Any:
        return read(given, max_memory=self.settings.max_memory) if isinstance(given, str) else given

    def _lists(
        self, qrels: Qrels, run: Any, sides: Any, role: str, progress: Progress | None
    ) -> tuple[Run, Mapping[str, str], tuple[str, ...]]:
        """Return the lists, the inputs by role and what to tell of them."""
        if run is not None:
            found: Run = self._file(run, read_run)
            name = _name(run, role)
            if not qrels.keys() & found.keys():
                what = f"no query of the run is judged: it has {next(iter(found), None)!r}, the qrels"
                raise DataError(f"{what} {next(iter(qrels))!r}", name, "the ids in both must be the same text")
            return found, {role: name}, ()
        found, queries, corpus, notes = retrieved(sides, qrels, max(self.ks), self.metric, self.settings, progress)
        formed = provenance({"queries": queries, "corpus": corpus})
        return found, {"queries": queries.name, "corpus": corpus.name}, (*notes, *formed.values())

    def _report(self, found: Ranked, other: Ranked | None, times: int) -> Report:
        """Return the means, and with draws their intervals and the test of each difference."""
        differences = {} if other is None else {name: found.values[name] - other.values[name] for name in other.values}
        bounds: Bounds | None = None
        if times:
            check_draws(len(found.queries), 4 * times)
            drawn = found.values | {f"{name}.difference": values for name, values in differences.items()}
            bounds = bootstrap_items(drawn, times, self.seed)
        tests = {name: flipped_p(values, times, self.seed) for name, values in differences.items()} if times else None
        return Report(
            {"queries": len(found.queries), "relevant": int(found.relevant.sum())},
            _means(found),
            None if bounds is None else Intervals(bounds, 0),
            None if other is None else _means(other),
            tests=tests,
        )


def _means(found: Ranked) -> dict[str, Measure]:
    return {name: Measure(float(values.mean())) for name, values in found.values.items()}


def _by_query(found: Ranked, other: Ranked | None) -> Columns:
    columns: dict[str, Column] = {"query": found.queries, "relevant": found.relevant, "listed": found.listed}
    for name, values in found.values.items():
        columns[name] = values
        if other is not None:
            columns |= {f"{name}.against": other.values[name], f"{name}.difference": values - other.values[name]}
    return Columns(columns)


def _notes(found: Ranked, lists: Run, qrels: Qrels) -> Iterator[str]:
    """Yield which queries count 0 or do not count, as nobody sees in a mean."""
    if count := int(np.count_nonzero(found.listed == 0)):
        yield f"{plural(count, 'judged query')} without a list: 0 in every mean"
    if count := int(np.count_nonzero(found.relevant == 0)):
        yield f"{plural(count, 'query')} with no relevant document: 0 in every mean, as trec_eval counts"
    if count := len(lists.keys() - qrels.keys()):
        yield f"{plural(count, 'query')} of the run not judged: left out"


def _name(given: Any, role: str) -> str:
    return given if isinstance(given, str) else role
