"""Measures of ranked lists, against trec_eval."""

import numpy as np
import pytest

from simtool.evaluation.trec_measures import measure_ranked, ordered, ranked_names

KS = [1, 2, 5, 10, 30]
THEIRS = {"ndcg": "ndcg_cut", "map": "map_cut", "recall": "recall", "precision": "P"}


@pytest.fixture
def graded():
    """Return judgements with grades below 0, and lists with ties and documents that nobody judged."""
    generator = np.random.default_rng(3)
    qrels, run = {}, {}
    for query in range(40):
        judged = generator.choice(60, size=generator.integers(1, 20), replace=False)
        qrels[f"q{query}"] = {f"d{each}": int(generator.integers(-1, 4)) for each in judged}
        listed = generator.choice(80, size=generator.integers(1, 40), replace=False)
        run[f"q{query}"] = {f"d{each}": float(generator.integers(0, 9)) / 7 for each in listed}
    qrels["none relevant"] = {"d1": 0, "d2": -1}
    run["none relevant"] = {"d1": 0.5}
    return qrels, run


@pytest.fixture
def trec_eval():
    peer = pytest.importorskip("pytrec_eval")

    def evaluated(qrels, run, *measures):
        return peer.RelevanceEvaluator(qrels, set(measures)).evaluate(run)

    return evaluated


def test_measures_are_those_of_trec_eval(graded, trec_eval):
    qrels, run = graded
    found = measure_ranked(qrels, run, KS)
    theirs = trec_eval(qrels, run, *(f"{name}.{','.join(map(str, KS))}" for name in THEIRS.values()))
    for name, their in THEIRS.items():
        for k in KS:
            expected = [theirs[query][f"{their}_{k}"] for query in found.queries]
            np.testing.assert_allclose(found.values[f"{name}@{k}"], expected, atol=1e-12)


def test_the_reciprocal_rank_is_that_of_trec_eval_on_a_list_that_is_cut(graded, trec_eval):
    qrels, run = graded
    for k in KS:
        cut = {query: {each: scores[each] for each in ordered(scores)[:k]} for query, scores in run.items()}
        theirs = trec_eval(qrels, cut, "recip_rank")
        found = measure_ranked(qrels, run, [k])
        expected = [theirs[query]["recip_rank"] for query in found.queries]
        np.testing.assert_allclose(found.values[f"mrr@{k}"], expected, atol=1e-12)


@pytest.mark.parametrize("nudge", [0.0, 1e-12, 1e-3])
def test_equal_scores_are_those_that_trec_eval_takes_for_equal(trec_eval, nudge):
    """A score is a float32 there, and of equal ones the larger id comes first."""
    qrels, run = {"q": {"a": 1, "b": 0}}, {"q": {"a": 0.5 + nudge, "b": 0.5}}
    theirs = trec_eval(qrels, run, "P.1")["q"]["P_1"]
    assert measure_ranked(qrels, run, [1]).values["precision@1"].tolist() == [theirs]
    assert theirs == float(nudge == 1e-3)


def test_a_judged_query_without_a_list_counts_0():
    found = measure_ranked({"a": {"d": 1}, "b": {"d": 1}}, {"a": {"d": 1.0}, "c": {"d": 1.0}}, [1])
    assert found.queries.tolist() == ["a", "b"]
    assert found.listed.tolist() == [1, 0]
    assert all(found.values[name].tolist() == [1.0, 0.0] for name in ranked_names([1]))
