"""The closest documents of every judged query, from vectors, as a ranked list of each."""

from collections.abc import Collection
from typing import Any

import numpy as np

from .. import checks
from ..backend import quiet
from ..engine import Hits, PairwiseJob, each_nearest, prepare_input
from ..errors import DataError
from ..io import Vectors
from ..io.qrels import Qrels, Run
from ..io.selected_vectors import select
from ..metrics import Metric
from ..nonfinite import DROP_HINT
from ..results import Column, Progress, begin
from ..settings import Settings

LISTED = 300  # bytes of a listed document


def retrieved(
    given: tuple[Any, Any],
    qrels: Qrels,
    depth: int,
    metric: Metric,
    settings: Settings,
    progress: Progress | None = None,
) -> tuple[Run, Vectors, Vectors, tuple[str, ...]]:
    """Rank the rows of a corpus around each judged query.

    Args:
        given: queries and corpus, each Vectors with ids or a source, (q, d) and (n, d).
        qrels: query -> document -> relevance; other queries are not read.
        depth: how many documents are listed; at the cut, of equal scores those that come first in the corpus.
        metric: of a query and a document; a distance is listed with its sign turned, so that larger is better.
        progress: called with the queries that are done and their total.

    Returns:
        The lists, the vectors, and what to tell the reader.

    Raises:
        DataError: an input without ids, an id that comes twice, or ids that have nothing to do with the qrels.
        ShapeError: the inputs do not fit together.
        ResourceError: the lists do not fit.
    """
    queries, corpus, judged = open_ranked(given, qrels, depth, metric, settings)
    known = {document for listed in qrels.values() for document in listed}
    asked, documents = _names(queries, "queries"), _names(corpus, "corpus")
    job = ranking_job(select(queries, judged), corpus, metric, settings)
    a, b = job.a, job.b
    run: dict[str, dict[str, float]] = {name: {} for name in asked[judged[a.numbers]].tolist()}
    order, names, sign = list(run), documents[b.numbers], 1.0 if metric.larger_is_closer else -1.0

    def take(hits: Hits) -> None:
        rows, columns, scores = hits
        for row, name, score in zip(rows.tolist(), names[columns].tolist(), (sign * scores).tolist(), strict=True):
            run[order[row]][name] = score

    begin(progress, "closest documents")
    with quiet():
        each_nearest(job, a.rows, b.rows, depth, take, progress)
    absent = len(known.difference(documents.tolist()))
    lost = f"{checks.plural(absent, 'judged document')} not in {corpus.name}: no list can hold them"
    return run, queries, corpus, (*job.notes(), *((lost,) if absent else ()))


def open_ranked(
    given: tuple[Any, Any], qrels: Qrels, depth: int, metric: Metric, settings: Settings
) -> tuple[Vectors, Vectors, Column]:
    """Return the queries, the corpus and the numbers of the judged queries; arguments and errors are as above."""
    queries, corpus = (settings.open(side, name) for side, name in zip(given, ("queries", "corpus"), strict=True))
    for side in (queries, corpus):
        checks.check_rows(side)
        checks.check_dtype(side, metric)
    checks.check_same_width(queries, corpus, queries.shape[1], corpus.shape[1])
    asked, documents = _names(queries, "queries"), _names(corpus, "corpus")
    judged = np.flatnonzero([name in qrels for name in asked.tolist()])
    known = {document for listed in qrels.values() for document in listed}
    _check_known(len(judged), "query", asked, qrels, queries.name)
    _check_known(len(known.intersection(documents.tolist())), "document", documents, known, corpus.name)
    size = len(judged) * min(depth, len(documents))
    settings.budget(queries, corpus).check(size * LISTED, f"a list of {size:,} documents", "a smaller «k»")
    return queries, corpus, judged


def ranking_job(queries: Vectors, corpus: Vectors, metric: Metric, settings: Settings) -> PairwiseJob:
    """Return the job that ranks the rows of a corpus around each query."""
    budget = settings.budget(queries, corpus)
    a, b = (prepare_input(side, -1, settings.nonfinite, budget, DROP_HINT) for side in (queries, corpus))
    return PairwiseJob(a, b, metric, None, False, "auto", settings.space(), budget)


def _names(vectors: Vectors, role: str) -> Column:
    """Return the ids as text, as the qrels have them."""
    if vectors.ids is None:
        hint = "name a table with a column `id`; `convert` with «ids» makes one of vectors without"
        raise DataError(f"the {role} have no ids, and the qrels name rows by id", vectors.name, hint)
    names = np.asarray([str(each) for each in vectors.ids.tolist()], dtype=object)
    if len(set(names.tolist())) < len(names):
        values, counts = np.unique(names, return_counts=True)
        what = f"the id {values[np.argmax(counts)]} comes {counts.max()} times, and the qrels name rows by id"
        raise DataError(what, vectors.name, "leave the repeated rows out")
    return names


def _check_known(count: int, noun: str, names: Column, wanted: Collection[str], where: str) -> None:
    if not count:
        what = f"no {noun} of the qrels is here: the ids are as {names[0]!r}, the qrels name {min(wanted)!r}"
        raise DataError(what, where, "the ids of the vectors and those in the qrels must be the same text")
