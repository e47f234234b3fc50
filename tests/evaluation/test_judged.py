"""Retrieval by given relevance as a result: means, intervals, two models, a row per query, a run that comes back."""

import numpy as np
import pytest

from simtool import evaluate
from simtool.errors import DataError, ParameterError
from simtool.evaluation.judged import judged_keys
from simtool.io import as_vectors, with_ids

QRELS = {f"q{row}": {str(row): 2, str(row + 40): 1, str(row + 41): -1} for row in range(30)}


@pytest.fixture
def sides():
    generator = np.random.default_rng(0)
    corpus = generator.normal(size=(100, 8))
    queries = corpus[:30] + 0.7 * generator.normal(size=(30, 8))
    return with_ids(as_vectors(queries), np.asarray(list(QRELS))), with_ids(as_vectors(corpus), np.arange(100))


def test_a_run_that_was_written_gives_the_numbers_of_the_vectors_and_of_trec_eval(sides, tmp_path):
    peer = pytest.importorskip("pytrec_eval")
    path = str(tmp_path / "run")
    of_vectors = evaluate(queries=sides[0], corpus=sides[1], qrels=QRELS, k=[3, 10], run_out=path)
    of_run = evaluate(run=path, qrels=QRELS, k=[3, 10])
    assert of_run.summary == of_vectors.summary
    with open(path, encoding="utf-8") as file:
        theirs = peer.RelevanceEvaluator(QRELS, {"ndcg_cut.3,10"}).evaluate(peer.parse_run(file))
    for k in (3, 10):
        mean = np.mean([each[f"ndcg_cut_{k}"] for each in theirs.values()])
        assert of_run.summary[f"ndcg@{k}"] == pytest.approx(mean, abs=1e-12)
    assert of_vectors.written == {path: "30 ranked lists"}


def test_two_models_are_compared_query_by_query(sides):
    queries, corpus = sides
    other = [with_ids(as_vectors(side.read(0, side.shape[0])[:, :3]), side.ids) for side in sides]
    found = evaluate(queries=queries, corpus=corpus, qrels=QRELS, k=[5], against=other, seed=1)
    single = [evaluate(queries=a, corpus=b, qrels=QRELS, k=[5], per_query=True) for a, b in (sides, other)]
    a, b = (np.asarray(each.rows.columns["ndcg@5"]) for each in single)
    summary = found.summary
    assert summary["ndcg@5.difference"] == pytest.approx((a - b).mean(), abs=1e-12)
    draws = np.random.default_rng(9).integers(0, 30, (4000, 30))
    low, high = np.quantile((a - b)[draws].mean(axis=1), [0.025, 0.975])
    assert summary["ndcg@5.difference.low"] == pytest.approx(low, abs=0.02)
    assert summary["ndcg@5.difference.high"] == pytest.approx(high, abs=0.02)
    assert summary["ndcg@5.difference.p"] < 0.01
    assert set(summary) == set(judged_keys([5]))


def test_a_model_is_as_good_as_itself(sides):
    found = evaluate(queries=sides[0], corpus=sides[1], qrels=QRELS, k=[5], against=sides, bootstrap=50)
    assert (found.summary["map@5.difference"], found.summary["map@5.difference.p"]) == (0.0, 1.0)


def test_notes_tell_what_counts_0_and_what_is_left_out():
    qrels = {"a": {"d": 1}, "b": {"d": 1}, "c": {"d": 0}}
    found = evaluate(run={"a": {"d": 1.0}, "c": {"d": 1.0}, "z": {"d": 1.0}}, qrels=qrels, k=[1])
    assert found.summary["recall@1"] == pytest.approx(1 / 3)
    assert [note.split(":")[0] for note in found.notes] == [
        "1 judged query without a list",
        "1 query with no relevant document",
        "1 query of the run not judged",
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"run": {"q0": {"1": 1.0}}}, "no relevance"),
        ({"run_out": "x"}, "no relevance"),
        ({"per_query": True}, "no relevance"),
        ({"qrels": QRELS}, "the lists of a run"),
        ({"qrels": QRELS, "run": {}, "queries": np.eye(2)}, "the lists of a run"),
        ({"qrels": QRELS, "run": {}, "against": ("a", "b"), "against_run": {}}, "two other models"),
        ({"qrels": QRELS, "run": {}, "labels": [1]}, "belongs to pairs"),
    ],
)
def test_what_does_not_go_together(given, message):
    with pytest.raises(ParameterError, match=message):
        evaluate(**given)


def test_ids_that_have_nothing_to_do_with_each_other():
    with pytest.raises(DataError, match="no query of the run is judged"):
        evaluate(run={"x": {"1": 1.0}}, qrels=QRELS)
    with pytest.raises(DataError, match="no query has a judgement"):
        evaluate(run={"x": {"1": 1.0}}, qrels={})
