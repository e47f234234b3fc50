"""`evaluate` as a whole: what it reads, refuses and says."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

import simtool
from simtool import evaluate
from simtool.errors import DataError, LabelError, ParameterError, ResourceError, ShapeError
from simtool.evaluation.report import evaluation_keys
from simtool.evaluation.threshold_metrics import pair_measures
from simtool.statistics.counts import counts_of


@pytest.fixture
def words(sample_data):
    table = simtool.open_table(str(sample_data / "wordsim353.parquet"))
    return {name: table.vectors(name) for name in "ab"} | {name: table.values(name) for name in ("label", "score")}


def pairs(seed=0, n=120, d=5):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(n, d))
    similar = rng.random(n) < 0.4
    return a, np.where(similar[:, None], a, 0) + rng.normal(size=(n, d)), similar


def test_wordsim(words):
    summary = evaluate(words["a"], words["b"], words["label"], targets=words["score"]).summary
    assert summary["spearman"] == pytest.approx(0.728898, abs=5e-7)  # sample_data/README.md
    x, y = (words[name].read(0, 353).astype(np.float64) for name in "ab")
    cosine = (x * y).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)
    assert summary["roc_auc"] == pytest.approx(metrics.roc_auc_score(words["label"], cosine), abs=1e-12)
    # of float32 rows: two scores that differ by 4e-9, far below what the rows know, share their rank
    ranked = cosine.astype(np.float32)
    assert summary["spearman"] == pytest.approx(stats.spearmanr(ranked, words["score"]).statistic, abs=1e-12)
    assert summary["kendall"] == pytest.approx(stats.kendalltau(ranked, words["score"]).statistic, abs=1e-12)
    assert summary["pearson"] == pytest.approx(stats.pearsonr(cosine, words["score"]).statistic, abs=1e-12)
    assert (summary["pairs"], summary["positives"], summary["negatives"]) == (353, 244, 109)


def test_digits_all_pairs(sample_data):
    table = simtool.open_table(str(sample_data / "digits.parquet"))
    vectors, labels = table.vectors("embedding"), table.values("label")
    summary = evaluate(vectors, labels=labels).summary
    assert summary["pairs"] == 1_613_706
    x = vectors.read(0, 1797).astype(np.float64)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    i, j = np.triu_indices(len(x), 1)
    expected = metrics.roc_auc_score(labels[i] == labels[j], (x @ x.T)[i, j])
    assert summary["roc_auc"] == pytest.approx(expected, abs=1e-9)


def test_streamed_is_within_its_error_of_exact(sample_data):
    table = simtool.open_table(str(sample_data / "digits.parquet"))
    vectors, labels = table.vectors("embedding"), table.values("label")
    exact = evaluate(vectors, labels=labels).summary
    result = evaluate(vectors, labels=labels, exact_pairs=1000)
    for name in pair_measures(counts_of([0.0, 1.0], [0, 1])):
        error = result.summary[f"{name}.error"]
        assert abs(result.summary[name] - exact[name]) <= error <= result.summary["error_bound"] < 1e-3, name
        assert f"{name}.error" not in exact
    assert result.summary["map@r"] == exact["map@r"]
    assert any("counted in bins" in note for note in result.notes)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "angular", "dot"])
def test_the_direction_of_a_metric(metric):
    a, b, similar = pairs()
    scores = simtool.similarity(a, b, metric=metric).array
    closeness = scores if metric == "dot" else -scores
    summary = evaluate(a, b, similar, targets=closeness**3, metric=metric).summary
    assert summary["roc_auc"] == pytest.approx(metrics.roc_auc_score(similar, closeness), abs=1e-12)
    assert summary["spearman"] == pytest.approx(1)
    accepted = closeness >= (1 if metric == "dot" else -1) * summary["best_f1.threshold"]
    assert summary["best_f1"] == pytest.approx(metrics.f1_score(similar, accepted), abs=1e-12)


def test_scores_are_taken_as_they_are():
    a, b, similar = pairs()
    scores = simtool.similarity(a, b).array
    ours, theirs = evaluate(a, b, similar).summary, evaluate(scores=scores, labels=similar).summary
    assert ours == theirs
    distances = evaluate(scores=1 - scores, labels=similar, metric="euclidean").summary
    assert distances["roc_auc"] == pytest.approx(ours["roc_auc"], abs=1e-12)


def test_groups_are_the_parts(words):
    a, b, similar = pairs()
    by = np.asarray(["x", "y", "z"])[np.arange(120) % 3]
    by[similar & (by == "z")] = "y"  # a group of one class
    rows = evaluate(a, b, similar, by=by).rows.read(0, 10)
    assert rows["group"].tolist() == ["x", "y", "z", "overall"]
    for name, auc, count in zip(rows["group"][:2], rows["roc_auc"], rows["pairs"], strict=False):
        part = by == name
        expected = evaluate(a[part], b[part], similar[part]).summary
        assert (auc, count) == (expected["roc_auc"], expected["pairs"])
    assert np.isnan(rows["roc_auc"][2])
    assert rows["roc_auc"][3] == evaluate(a, b, similar).summary["roc_auc"]


def test_intervals_hold_the_value_and_shrink():
    widths = []
    for size in (60, 1000):
        a, b, similar = pairs(n=size)
        summary = evaluate(a, b, similar, bootstrap=200).summary
        assert summary["roc_auc.low"] < summary["roc_auc"] < summary["roc_auc.high"]
        widths.append(summary["roc_auc.high"] - summary["roc_auc.low"])
    assert widths[1] < widths[0] / 2
    assert summary == evaluate(a, b, similar, bootstrap=200).summary
    assert summary["roc_auc.low"] != evaluate(a, b, similar, bootstrap=200, seed=1).summary["roc_auc.low"]


def test_intervals_of_one_file_resample_its_rows():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 60)
    x = rng.normal(size=(4, 3))[labels] + rng.normal(size=(60, 3))
    result = evaluate(x, labels=labels, bootstrap=50, seed=5)
    # the same draws, as copies of the pairs
    scores = simtool.pairwise(x, precision="float64").array
    generator, values = np.random.default_rng(5), []
    i, j = np.triu_indices(60, 1)
    for _ in range(50):
        often = np.bincount(generator.integers(0, 60, 60), minlength=60)
        weight = often[i] * often[j]
        values.append(metrics.roc_auc_score(labels[i] == labels[j], scores[i, j], sample_weight=weight))
    expected = np.quantile(values, (0.025, 0.975))
    assert [result.summary[f"roc_auc.{end}"] for end in ("low", "high")] == pytest.approx(expected, abs=1e-9)
    assert result.summary["mrr.low"] <= result.summary["mrr"] <= result.summary["mrr.high"]


def test_two_models_on_the_same_pairs():
    a, b, similar = pairs(n=400)
    noise = np.random.default_rng(9).normal(size=(2, 400, 5))
    worse = evaluate(a, b, similar, against=(a + noise[0], b + noise[1]), bootstrap=200).summary
    assert worse["roc_auc.difference"] == pytest.approx(worse["roc_auc"] - worse["roc_auc.against"], abs=1e-15)
    assert 0 < worse["roc_auc.difference.low"] < worse["roc_auc.difference"] < worse["roc_auc.difference.high"]
    # the same pairs are drawn for both: a model against itself has no spread at all
    same = evaluate(a, b, similar, against=(a, b), bootstrap=50).summary
    assert [same[f"roc_auc.difference{end}"] for end in ("", ".low", ".high")] == [0, 0, 0]
    assert evaluate(a, b, similar, against=(a, b)).parameters["bootstrap"] == 1000


def test_rows_to_drop():
    a, b, similar = pairs()
    a[5, 2], b[7, 0] = np.nan, np.inf
    keep = np.delete(np.arange(120), [5, 7])
    result = evaluate(a, b, similar, nonfinite="drop")
    assert result.summary == evaluate(a[keep], b[keep], similar[keep]).summary
    assert any("2 pairs not finite, left out: rows 5, 7" in note for note in result.notes)
    classes = np.arange(120) % 5
    alone = evaluate(a, labels=classes, nonfinite="drop").summary
    keep = np.delete(np.arange(120), 5)
    assert alone == evaluate(a[keep], labels=classes[keep]).summary


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"labels": None}, LabelError, ["one binary label or one target score", "targets"]),
        ({"labels": np.asarray([0, 1, 0.5, *[1] * 117])}, LabelError, ["row 2 has label 0.5", "targets"]),
        ({"labels": np.asarray([0, 1, 2, *[1] * 117])}, LabelError, ["row 2 has label 2", "my.npy"]),
        ({"labels": np.ones((120, 1))}, LabelError, ["(120, 1)"]),
        ({"labels": np.ones(119)}, LabelError, ["120 pairs, 119 labels"]),
        ({"targets": np.asarray([np.nan, *[1.0] * 119])}, LabelError, ["row 0"]),
        ({"by": np.arange(119)}, LabelError, ["120", "119"]),
        ({"b": np.ones((119, 5))}, ShapeError, ["120 rows", "119"]),
        ({"b": np.ones((120, 4))}, ShapeError, ["differ in length"]),
        ({"against": (np.ones((119, 5)), np.ones((119, 5)))}, ShapeError, ["120 and 119", "against"]),
        ({"metric": "cosin"}, ParameterError, ["cosine"]),
        ({"folds": 1}, ParameterError, ["folds"]),
        ({"bootstrap": -1}, ParameterError, ["bootstrap"]),
        ({"k": [0]}, ParameterError, ["got 0\nk"]),
        ({"nonfinite": "propagate"}, ParameterError, ["nonfinite"]),
        ({"eps": -1.0}, ParameterError, ["eps"]),
        ({"b": None, "targets": np.ones(120)}, ParameterError, ["targets"]),
        ({"b": None, "labels": None}, LabelError, ["class of each row"]),
        ({"b": None, "labels": np.arange(120) + 0.5}, LabelError, ["row 0 has label 0.5"]),
        ({"b": None, "metric": "euclidean", "exact_pairs": 10}, ParameterError, ["exact_pairs"]),
        ({"a": None, "b": None}, ParameterError, ["nothing to evaluate"]),
        ({"a": None, "b": None, "scores": np.asarray([1, np.nan, *[0] * 118])}, DataError, ["row 1 of 120 is NaN"]),
        ({"a": None, "b": None, "scores": np.empty(0)}, ShapeError, ["no scores"]),
    ],
)
def test_refusals(change, error, words):
    a, b, similar = pairs()
    given = {"a": a, "b": b, "labels": similar, "names": {"labels": "my.npy"}} | change
    with pytest.raises(error) as caught:
        evaluate(given.pop("a"), given.pop("b"), given.pop("labels"), **given)
    for word in words:
        assert word in str(caught.value)


def test_a_ranking_stays_within_the_budget():
    x, labels = np.ones((2000, 2)), np.arange(2000) % 2
    with pytest.raises(ResourceError, match=r"a ranking of 1,999,000 pairs takes about 343 MiB, 200 MiB may be used"):
        evaluate(x, labels=labels, max_memory="200M")
    counted = evaluate(x, labels=labels, max_memory="200M", exact_pairs=1000, retrieval=False).summary
    assert counted["roc_auc"] == 0.5


def test_one_class_is_said():
    a, b, _ = pairs()
    result = evaluate(a, b, np.ones(120))
    assert [result.summary[name] for name in ("roc_auc", "average_precision", "eer", "best_accuracy")] == [None] * 4
    assert any("all pairs are positive" in note for note in result.notes)


@pytest.mark.parametrize(("bootstrap", "against"), [(False, False), (True, False), (False, True), (True, True)])
def test_the_keys_of_intervals_and_of_another_model_are_those_of_their_options(bootstrap, against):
    a, b, similar = pairs()
    other = {"against": (a, b)} if against else {}
    found = evaluate(a, b, similar, **other, bootstrap=2 if bootstrap else 0 if against else None).summary
    known = set(evaluation_keys(bootstrap=bootstrap, against=against))
    assert set(found) <= known
    for end in ("low", "high", "against", "difference", "difference.low", "difference.high"):
        assert (f"roc_auc.{end}" in found) == (f"roc_auc.{end}" in known)


def test_every_key_is_known_beforehand(words):
    known = set(evaluation_keys())
    a, b, similar = pairs()
    classes = np.arange(120) % 4
    for result in (
        evaluate(words["a"], words["b"], words["label"], targets=words["score"], bootstrap=2),
        evaluate(a, b, similar, against=(a, b), bootstrap=2),
        evaluate(a, labels=classes, bootstrap=2),
        evaluate(a, labels=classes, exact_pairs=1),
    ):
        assert set(result.summary) <= known
        assert result.rows.read(0, 1)["metric"][0] == "roc_auc"


def test_tensors(words):
    import torch

    a, b, similar = pairs()
    expected = evaluate(a, b, similar).summary
    assert evaluate(torch.from_numpy(a), torch.from_numpy(b), similar, backend="torch").summary == pytest.approx(
        expected
    )


def test_the_result_names_every_input_and_the_metric_only_where_one_was_computed():
    generator = np.random.default_rng(4)
    x, y, labels = generator.normal(size=(8, 3)), generator.normal(size=(8, 3)), np.arange(8) % 2
    names = {"labels": "l.npy", "by": "g.npy", "against": "o.npy", "scores": "s.npy"}
    found = evaluate(x, y, labels, by=np.arange(8) // 4, against=(y, x), names=names, folds=2, bootstrap=0)
    assert found.inputs == {
        "a": "A",
        "b": "B",
        "labels": "l.npy",
        "by": "g.npy",
        "against_a": "A",
        "against_b": "B",
    }
    assert (found.parameters["metric"], found.parameters["direction"]) == ("cosine", None)
    scores, options = np.arange(8.0), {"names": names, "folds": 2, "bootstrap": 0}
    found = evaluate(scores=scores, labels=labels, against=-scores, **options)
    assert found.inputs == {"scores": "s.npy", "labels": "l.npy", "against": "o.npy"}
    assert [found.parameters[name] for name in ("metric", "eps", "direction")] == [None, None, "larger is closer"]
    assert found.histograms[0].name == "score"
    found = evaluate(scores=scores, labels=labels, metric="l2", **options)
    assert found.parameters["direction"] == "smaller is closer"


def test_a_group_that_is_not_there_is_refused_before_anything_is_scored(monkeypatch):
    monkeypatch.setattr("simtool.operations.evaluate.EvaluatePlan.run", None)
    scores, labels, by = np.arange(4.0), np.arange(4) % 2, np.asarray(["german", "german", "french", "french"])
    with pytest.raises(ParameterError, match="no group is called 'germann'") as refusal:
        evaluate(scores=scores, labels=labels, by=by, require_keys=["eer[overall]", "eer[germann]"])
    assert refusal.value.hint == "did you mean german? there is german, french, overall"
