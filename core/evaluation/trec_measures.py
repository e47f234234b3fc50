"""Ranked lists of documents, measured by given relevance as trec_eval does.

A list is ordered by score as float32, larger first, equal ones by document id, the larger string first. A document is
relevant from a relevance of 1 on; below that, and where nobody judged it, it counts nothing. With R the relevant
documents of a query, those missing in the corpus too, g(i) the relevance at rank i, and P(k) the relevant among the
first k, / k:

    precision@k = P(k)                     recall@k = P(k) k / R
    map@k = sum over relevant ranks i <= k of P(i), / R           mrr@k = 1 / rank of the first, if it is <= k
    ndcg@k = sum over i <= k of g(i) / log2(i + 1), / its largest

Every judged query counts, as with `trec_eval -c`: 0 where it has no list or nothing relevant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..io.qrels import Qrels, Run
from ..results import Column

OF_RANKED = ("ndcg", "map", "mrr", "recall", "precision")


@dataclass(frozen=True)
class Ranked:
    """Measures of every judged query.

    Args:
        queries: (q,) ids.
        relevant: (q,) R.
        listed: (q,) documents in its list.
        values: name -> (q,) in [0, 1].
    """

    queries: Column
    relevant: Column
    listed: Column
    values: dict[str, Column]


def ranked_names(ks: Sequence[int]) -> list[str]:
    """Return the names of the measures.

    Example:
        >>> ranked_names([10])
        ['ndcg@10', 'map@10', 'mrr@10', 'recall@10', 'precision@10']
    """
    return [f"{name}@{k}" for name in OF_RANKED for k in sorted(set(ks))]


def measure_ranked(qrels: Qrels, run: Run, ks: Sequence[int]) -> Ranked:
    """Measure the list of every judged query.

    Args:
        qrels: query -> document -> relevance.
        run: query -> document -> score, larger is better.
        ks: depths of 1 or more.

    Source:
        trec_eval 9; Järvelin and Kekäläinen 2002 for nDCG, with the relevance itself as gain.

    Example:
        >>> found = measure_ranked({"q": {"a": 1, "b": 2}}, {"q": {"a": 0.9, "c": 0.5}}, [1])
        >>> found.values["ndcg@1"].tolist(), found.values["recall@1"].tolist()
        ([0.5], [0.5])
    """
    depths = np.asarray(sorted(set(ks)))
    measured = [_measures(judged, ordered(run.get(query, {}))[: depths[-1]], depths) for query, judged in qrels.items()]
    columns = np.asarray(measured).reshape(len(qrels), -1).T
    relevant = [sum(grade > 0 for grade in judged.values()) for judged in qrels.values()]
    return Ranked(
        np.asarray(list(qrels), dtype=object),
        np.asarray(relevant),
        np.asarray([len(run.get(query, {})) for query in qrels]),
        dict(zip(ranked_names(ks), columns, strict=True)),
    )


def ordered(scores: Mapping[str, float]) -> list[str]:
    """Return the documents of a list in the order of trec_eval.

    Example:
        >>> ordered({"a": 0.5, "b": 0.5, "c": 0.9})
        ['c', 'b', 'a']
    """
    documents = sorted(scores, reverse=True)
    with np.errstate(over="ignore"):
        narrow = np.asarray([scores[document] for document in documents]).astype(np.float32)
    return [documents[place] for place in np.argsort(-narrow, kind="stable")]


def _measures(judged: Mapping[str, int], documents: Sequence[str], depths: Column) -> Column:
    """Return each measure at each depth, in the order of their names."""
    most = int(depths[-1])
    gains, ideal = np.zeros(most), np.zeros(most)
    gains[: len(documents)] = [max(judged.get(document, 0), 0) for document in documents]
    grades = sorted((grade for grade in judged.values() if grade > 0), reverse=True)
    ideal[: len(grades)] = grades[:most]
    if not grades:
        return np.zeros(len(OF_RANKED) * len(depths))
    ranks, hits = np.arange(1, most + 1), gains > 0
    found, discount = np.cumsum(hits), 1 / np.log2(np.arange(2, most + 2))
    first = int(np.argmax(hits)) + 1 if hits.any() else most + 1
    by_rank = (
        np.cumsum(gains * discount) / np.cumsum(ideal * discount),
        np.cumsum(found / ranks * hits) / len(grades),
        np.where(ranks >= first, 1 / first, 0.0),
        found / len(grades),
        found / ranks,
    )
    return np.concatenate([column[depths - 1] for column in by_rank])
