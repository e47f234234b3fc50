"""Retrieval measures against one query after the other, and against scikit-learn's nDCG."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from simtool import compare, evaluate
from simtool.errors import ParameterError
from simtool.evaluation import retrieval as module
from simtool.evaluation.retrieval import retrieval_names

METRICS = {
    "cosine": lambda x: 1 - unit(x) @ unit(x).T,
    "euclidean": lambda x: np.linalg.norm(x[:, None] - x[None], axis=2),
}


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def space(seed=0, n=200, classes=12, d=6):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    return rng.normal(size=(classes, d))[labels] + rng.normal(size=(n, d)), labels


def by_loop(far, labels, ks):
    """Every measure of each query, from the formulas."""
    listed = {name: [] for name in retrieval_names(ks)}
    for query in range(len(labels)):
        order = [row for row in np.argsort(far[query].round(12), kind="stable").tolist() if row != query]
        hits = [labels[row] == labels[query] for row in order]
        relevant = sum(hits)
        if not relevant:
            continue
        for k in ks:
            found = sum(hits[:k])
            listed[f"precision@{k}"].append(found / k)
            listed[f"recall@{k}"].append(found / relevant)
            listed[f"hit@{k}"].append(float(found > 0))
            gain = sum(hit / np.log2(rank + 2) for rank, hit in enumerate(hits[:k]))
            listed[f"ndcg@{k}"].append(gain / sum(1 / np.log2(rank + 2) for rank in range(min(k, relevant))))
        listed["r_precision"].append(sum(hits[:relevant]) / relevant)
        precisions = [sum(hits[: rank + 1]) / (rank + 1) * hits[rank] for rank in range(relevant)]
        listed["map@r"].append(sum(precisions) / relevant)
        listed["mrr"].append(1 / (hits.index(True) + 1))
    return {name: np.mean(values) for name, values in listed.items()}


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("classes", "ks"), [(12, (1, 5, 10)), (2, (3,)), (150, (1, 4, 500))])
def test_against_a_loop(metric, classes, ks):
    x, labels = space(classes=classes)
    summary = evaluate(x, labels=labels, metric=metric, k=ks).summary
    for name, expected in by_loop(METRICS[metric](x), labels, ks).items():
        assert summary[name] == pytest.approx(expected, abs=1e-12), name
    assert summary["queries"] == sum((labels == label).sum() > 1 for label in labels)


def test_ndcg_is_that_of_scikit_learn():
    x, labels = space()
    far = METRICS["cosine"](x)
    rows = np.arange(len(x))
    others = np.stack([np.delete(rows, row) for row in rows])
    relevance = (labels[others] == labels[:, None]).astype(float)
    expected = ndcg_score(relevance, -np.take_along_axis(far, others, axis=1), k=10)
    assert evaluate(x, labels=labels, k=[10]).summary["ndcg@10"] == pytest.approx(expected, abs=1e-12)


def test_equal_scores_rank_by_row_number():
    x = np.ones((6, 3))
    labels = np.asarray([0, 1, 1, 0, 1, 0])
    expected = by_loop(np.zeros((6, 6)), labels, (1, 2))
    summary = evaluate(x, labels=labels, k=(1, 2)).summary
    assert {name: summary[name] for name in expected} == pytest.approx(expected)


def test_the_first_hit_is_found_however_far_it_is(monkeypatch):
    x, labels = space(classes=40)
    monkeypatch.setattr(module, "MOST_HITS", 0)
    result = evaluate(x, labels=labels, k=(1,))
    expected = by_loop(METRICS["cosine"](x), labels, (1,))
    assert result.summary["mrr"] == pytest.approx(expected["mrr"], abs=1e-12)
    assert expected["hit@1"] < 0.9  # so that some queries have no hit among those ranked
    assert "map@r" not in result.summary
    assert any("map@r and r_precision are left out" in note for note in result.notes)


def test_rows_alone_in_their_class_are_no_queries():
    x, labels = space(n=40, classes=4)
    labels[:3] = [100, 101, 102]
    result = evaluate(x, labels=labels)
    assert result.summary["queries"] == 37
    assert any(note.startswith("3 rows without another of the class") for note in result.notes)


def test_pairs_alone():
    x, labels = space()
    whole, alone = (evaluate(x, labels=labels, retrieval=wanted).summary for wanted in (True, False))
    left = set(whole) - set(alone)
    assert left == {"queries", *retrieval_names()}
    assert alone == {key: value for key, value in whole.items() if key not in left}


def test_no_two_of_a_class():
    result = evaluate(np.eye(4), labels=np.arange(4))
    assert result.summary["queries"] == 0
    undefined = ("roc_auc", "eer", "best_f1", "precision@1", "map@r", "mrr")
    assert [result.summary[name] for name in undefined] == [None] * 6


def test_a_k_beyond_all_rows_takes_no_memory_and_one_beyond_64_bits_is_refused():
    rows, classes = np.random.default_rng(0).normal(size=(6, 3)), np.asarray([0, 0, 1, 1, 2, 2])
    summary = evaluate(rows, labels=classes, k=[5, 2**62]).summary
    assert summary[f"ndcg@{2**62}"] == summary["ndcg@5"]
    assert summary[f"recall@{2**62}"] == 1.0
    with pytest.raises(ParameterError, match="the number is too large"):
        evaluate(rows, labels=classes, k=[int("9" * 30)])


@pytest.mark.parametrize("operation", [evaluate, compare])
def test_a_seed_below_zero_is_refused(operation):
    question = {"labels": np.asarray([0, 1])} if operation is evaluate else {}
    with pytest.raises(ParameterError, match="seed is -1, expected at least 0"):
        operation(np.eye(2), np.eye(2), seed=-1, **question)
