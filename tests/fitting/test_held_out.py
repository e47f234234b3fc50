"""Before and after on data held out: numbers against scikit-learn and scipy, and no gain where there is none."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import simtool
from simtool.fitting.checkpoint import read_head
from simtool.fitting.examples import Examples
from simtool.fitting.held_out import TIMES, evaluate_held_out

N, D = 240, 6
GENERATOR = np.random.default_rng(3)
CLASSES = np.arange(N) % 4
NOISE = GENERATOR.standard_normal((N, D)).astype(np.float32)
# one dim tells the classes apart, the others are loud
CLEAR = (NOISE * [4, 4, 4, 4, 4, 0.3] + CLASSES[:, None] * np.eye(D)[5] * 3).astype(np.float32)


def cosines(x, y):
    x, y = (side.astype(np.float64) for side in (x, y))
    return np.sum(x * y, axis=1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)


def test_measures_of_classes_are_those_of_scikit_learn(tmp_path):
    path = str(tmp_path / "head.safetensors")
    found = simtool.fit(CLEAR, kind="sup-con", labels=CLASSES, epochs=30, output=path).summary
    saved = read_head(path)
    rows = saved.held_out
    first, second = np.triu_indices(len(rows), 1)
    similar = CLASSES[rows][first] == CLASSES[rows][second]
    after = (CLEAR[rows].astype(np.float64) @ saved.head.weight.T).astype(np.float32)
    for when, x in (("before", CLEAR[rows]), ("after", after)):
        assert found[f"roc_auc.{when}"] == pytest.approx(roc_auc_score(similar, cosines(x[first], x[second])))
        assert found[f"roc_auc.{when}.low"] < found[f"roc_auc.{when}"] < found[f"roc_auc.{when}.high"]
    assert found["roc_auc.difference"] == pytest.approx(found["roc_auc.after"] - found["roc_auc.before"])
    assert found["verdict"] == "gained"
    assert (found["train"], found["held_out"]) == (192, 48)


@pytest.mark.parametrize("kind", ["sup-con", "contrastive"])
def test_shuffled_labels_gain_nothing(kind):
    verdicts = []
    for seed in range(6):
        shuffled = np.random.default_rng(seed).permutation(CLASSES)
        found = simtool.fit(CLEAR, kind=kind, labels=shuffled, epochs=15, lr=0.05, seed=seed)
        verdicts.append(found.summary["verdict"])
        assert "gained: held-out" not in found.notes[-1].replace("nothing was gained", "")
        # what was taught was learnt, or the control shows nothing
        once = simtool.fit(CLEAR, kind=kind, labels=shuffled, epochs=1, lr=0.05, seed=seed)
        assert found.summary["train_loss"] < once.summary["train_loss"]
    assert "gained" not in verdicts
    assert verdicts.count("nothing gained") >= 4


def test_few_independent_examples_have_no_interval():
    examples = Examples("pairs", (CLEAR, CLEAR[::-1]), similar=np.arange(N) % 2 == 0)
    found = evaluate_held_out(examples, examples, np.zeros((N, 1), dtype=np.int64), "cosine", seed=0, eps=1e-8)
    assert found.values["roc_auc.after"] is not None
    assert found.summary()["roc_auc.difference.low"] is None
    assert found.verdict == "undefined"
    assert "says as much as 1 that share no vector and no id, and resampling needs 20" in found.sentence()


def test_the_interval_of_one_space_against_itself_is_nothing():
    examples = Examples("classes", (CLEAR,), codes=CLASSES)
    found = evaluate_held_out(examples, examples, np.arange(N)[:, None], "cosine", seed=0, eps=1e-8)
    assert found.intervals.bounds["roc_auc.difference"] == (0.0, 0.0)
    assert found.verdict == "nothing gained"
    swapped = evaluate_held_out(
        Examples("classes", (NOISE,), codes=CLASSES), examples, np.arange(N)[:, None], "euclidean", seed=0, eps=1e-8
    )
    assert swapped.values["roc_auc.before"] == pytest.approx(
        roc_auc_score(
            np.equal(*(CLASSES[side] for side in np.triu_indices(N, 1))),
            [-np.linalg.norm(NOISE[i].astype(float) - NOISE[j]) for i, j in zip(*np.triu_indices(N, 1), strict=True)],
        )
    )


@pytest.mark.parametrize("form", ["classes", "pairs"])
def test_intervals_are_those_of_a_plain_bootstrap(form):
    n = 40
    rows, others, third = (side[:n].astype(np.float64) for side in (CLEAR, NOISE, NOISE[n:]))
    groups = np.arange(n) // 2
    if form == "classes":
        before, after = (Examples(form, (side,), codes=CLASSES[:n]) for side in (others, rows))
        first, second = np.triu_indices(n, 1)
        similar, units = CLASSES[first] == CLASSES[second], n
        scores = [cosines(side[first], side[second]) for side in (others, rows)]
    else:
        similar = CLASSES[:n] % 2 == 0
        before, after = (Examples(form, sides, similar=similar) for sides in ((rows, others), (rows, third)))
        first, second, units = groups, groups, n // 2
        scores = [cosines(rows, others), cosines(rows, third)]
    found = evaluate_held_out(before, after, groups[:, None], "cosine", seed=5, eps=1e-8)
    generator = np.random.default_rng(5)
    differences = []
    for _ in range(TIMES):
        often = np.bincount(generator.integers(0, units, units), minlength=units)
        weights = often[first] * often[second] if form == "classes" else often[first]
        if len(set(similar[weights > 0].tolist())) == 2:
            aucs = [roc_auc_score(similar, each, sample_weight=weights) for each in scores]
            differences.append(aucs[1] - aucs[0])
    assert found.intervals.bounds["roc_auc.difference"] == pytest.approx(
        tuple(np.quantile(differences, [0.025, 0.975]))
    )
