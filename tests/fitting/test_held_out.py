"""Before and after on data held out: numbers against scikit-learn and scipy, and no gain where there is none."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

import simtool
from simtool.errors import DataError, LabelError, ParameterError, ShapeError
from simtool.fitting.checkpoint import read_head
from simtool.fitting.examples import Examples
from simtool.fitting.held_out import TIMES, evaluate_held_out
from simtool.io import as_vectors, with_ids

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


def test_evaluate_gives_what_fit_promised(tmp_path):
    path, output = str(tmp_path / "head.safetensors"), str(tmp_path / "held.npy")
    source = str(tmp_path / "clear.npy")
    np.save(source, CLEAR)
    promised = simtool.fit(CLEAR, kind="sup-con", labels=CLASSES, epochs=5, output=path).summary
    simtool.apply(path, source, output=output, held_out=True)
    labels = CLASSES[read_head(path).held_out]
    kept = simtool.evaluate(np.load(output), labels=labels).summary
    for name in ("roc_auc", "eer", "best_accuracy"):
        assert kept[name] == pytest.approx(promised[f"{name}.after"], abs=1e-12)
    assert kept["eer.threshold"] == pytest.approx(promised["eer.after.threshold"], abs=1e-9)


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


def test_scores_of_pairs_are_judged_by_their_ranks(tmp_path):
    other = NOISE[np.arange(N) // 2]  # every vector of B comes twice: 120 groups
    scores = np.clip(cosines(CLEAR[:, 3:], other[:, 3:]) + 0.1 * GENERATOR.standard_normal(N), -1, 1)
    path = str(tmp_path / "head.safetensors")
    found = simtool.fit(CLEAR, other, kind="cosent", labels=scores, epochs=5, output=path).summary
    rows = read_head(path).held_out
    assert set((rows ^ 1).tolist()) == set(rows.tolist())  # nothing leaks
    wanted = spearmanr(cosines(CLEAR[rows], other[rows]), scores[rows]).statistic
    assert found["spearman.before"] == pytest.approx(wanted)
    assert found["held_out"] == len(rows) == 48


def test_triplets_are_judged_by_their_two_pairs(tmp_path):
    a, p, n = CLEAR, np.roll(CLEAR, 4, axis=0), np.roll(CLEAR, 1, axis=0)
    path = str(tmp_path / "head.safetensors")
    found = simtool.fit(a, p + 0, n + 0, kind="triplet", distance="cosine-distance", epochs=1, output=path)
    rows = read_head(path).held_out
    scores = np.concatenate([cosines(a[rows], p[rows]), cosines(a[rows], n[rows])])
    wanted = roc_auc_score(np.repeat([1, 0], len(rows)), scores)
    assert found.summary["roc_auc.before"] == pytest.approx(wanted)


def test_views_are_judged_by_all_their_pairs(tmp_path):
    other = CLEAR + 0.5 * NOISE[::-1]
    path = str(tmp_path / "head.safetensors")
    found = simtool.fit(CLEAR, other, kind="info-nce", epochs=1, output=path).summary
    rows = read_head(path).held_out
    first, second = np.indices((len(rows), len(rows))).reshape(2, -1)
    wanted = roc_auc_score(first == second, cosines(CLEAR[rows][first], other[rows][second]))
    assert found["roc_auc.before"] == pytest.approx(wanted)


def test_the_interval_of_one_space_against_itself_is_nothing():
    examples = Examples("classes", (CLEAR,), codes=CLASSES)
    found = evaluate_held_out(examples, examples, np.arange(N), "cosine", seed=0, eps=1e-8)
    assert found.intervals.bounds["roc_auc.difference"] == (0.0, 0.0)
    assert found.verdict == "nothing gained"
    swapped = evaluate_held_out(
        Examples("classes", (NOISE,), codes=CLASSES), examples, np.arange(N), "euclidean", seed=0, eps=1e-8
    )
    assert swapped.values["roc_auc.before"] == pytest.approx(
        roc_auc_score(
            np.equal(*(CLASSES[side] for side in np.triu_indices(N, 1))),
            [-np.linalg.norm(NOISE[i].astype(float) - NOISE[j]) for i, j in zip(*np.triu_indices(N, 1), strict=True)],
        )
    )


def test_what_cannot_be_judged_is_said():
    none = simtool.fit(CLEAR, kind="sup-con", labels=CLASSES, epochs=1, held_out=0.0)
    assert none.notes[-1] == "nothing was held out, so there is no evaluation"
    assert len(none.rows) == 0
    unlabelled = simtool.fit(NOISE, CLEAR, kind="cosine-distance", epochs=1)
    assert unlabelled.summary["verdict"] == "undefined"
    at_rest = simtool.fit(NOISE, NOISE + 0, kind="contrastive", labels=np.ones(N), epochs=1)
    assert at_rest.notes[-1].startswith("the head did not change: no step had a gradient")


def test_whitening_needs_no_loss(tmp_path):
    path = str(tmp_path / "head.safetensors")
    found = simtool.fit(CLEAR, head="whiten", labels=CLASSES, output=path)
    assert "loss.before" not in found.summary
    saved = read_head(path)
    train = np.setdiff1d(np.arange(N), saved.held_out)
    assert np.allclose(np.cov(saved.head.project(CLEAR[train].astype(float)).T, bias=True), np.eye(D), atol=1e-9)
    everything = simtool.fit(CLEAR, head="whiten", output=path, force=True)
    assert everything.summary == {"train": N, "held_out": 0}


FIT = {"kind": "sup-con", "labels": CLASSES, "epochs": 1}
REFUSED = [
    ((CLEAR,), FIT | {"kind": "arcface", "miner": "hard"}, ParameterError, "a miner chooses among the pairs"),
    ((CLEAR, NOISE), {"kind": "mse"}, ParameterError, "needs a teacher's vectors"),
    ((CLEAR,), FIT | {"kind": "cosent"}, ParameterError, "takes scores of pairs, and pairs made of classes"),
    ((CLEAR,), FIT | {"kind": "info-nce"}, ParameterError, "takes two views, and there is one set"),
    ((CLEAR,), FIT | {"labels": None}, LabelError, "needs one class per row"),
    ((CLEAR,), FIT | {"labels": np.arange(N)}, DataError, "no class has two training rows"),
    ((CLEAR,), FIT | {"labels": np.zeros(N, int)}, DataError, "all training rows are of one class"),
    ((CLEAR,), FIT | {"kind": None}, ParameterError, "a linear head is trained with a loss"),
    ((CLEAR,), FIT | {"head": "orthogonal"}, ParameterError, "an orthogonal head of all 6 dims only turns"),
    ((CLEAR,), FIT | {"lr": 0.0}, ParameterError, "lr is 0.0"),
    ((CLEAR,), FIT | {"epochs": 0}, ParameterError, "epochs is 0"),
    ((CLEAR,), FIT | {"held_out": 1.0}, ParameterError, "held-out is 1.0"),
    ((CLEAR,), FIT | {"per_class": 1}, ParameterError, "makes no pair"),
    ((CLEAR,), FIT | {"optimizer": "rmsprop"}, ParameterError, "unknown value 'rmsprop'"),
    ((CLEAR,), FIT | {"miner": "easy"}, ParameterError, "unknown value 'easy'"),
    ((CLEAR, NOISE), {"kind": "cosine", "labels": CLASSES % 2, "miner": "hard"}, ParameterError, "a miner chooses"),
    ((CLEAR[:1],), FIT | {"labels": CLASSES[:1]}, DataError, "1 example is too few"),
    ((np.where(CLEAR > 9, np.nan, CLEAR),), FIT, DataError, "NaN or infinity"),
    ((CLEAR, NOISE[:, :3].copy()), {"kind": "cosine", "labels": CLASSES % 2}, ShapeError, "differ in length"),
    ((CLEAR, NOISE), {"kind": "sup-con"}, ShapeError, "takes one input, got 2"),
]


@pytest.mark.parametrize(("vectors", "options", "error", "message"), REFUSED, ids=[each[3][:24] for each in REFUSED])
def test_what_is_refused(vectors, options, error, message):
    with pytest.raises(error, match=message):
        simtool.fit(*vectors, **options)


def test_a_loss_that_runs_away_leaves_the_last_good_head(tmp_path):
    path = str(tmp_path / "head.safetensors")
    with pytest.raises(ParameterError, match=r"the loss is not finite in epoch \d+") as caught:
        simtool.fit(
            CLEAR, NOISE, kind="contrastive", labels=CLASSES % 2, optimizer="sgd", lr=1e9, epochs=500, output=path
        )
    assert "a smaller one than 1e+09" in caught.value.hint
    saved = read_head(path)
    assert f"holds epoch {saved.about['epoch']}" in caught.value.hint
    assert saved.about["epoch"] >= 1
    assert not saved.about["complete"]


def test_rows_that_are_not_finite_can_be_left_out(tmp_path):
    broken = CLEAR.copy()
    broken[[3, 7]] = np.nan
    path = str(tmp_path / "head.safetensors")
    found = simtool.fit(broken, kind="sup-con", labels=CLASSES, epochs=1, nonfinite="drop", output=path)
    assert found.summary["train"] + found.summary["held_out"] == N - 2
    kept, other = np.setdiff1d(np.arange(N), [3, 7]), str(tmp_path / "other.safetensors")
    whole = simtool.fit(broken[kept], kind="sup-con", labels=CLASSES[kept], epochs=1, output=other)
    assert np.array_equal(read_head(path).held_out, kept[read_head(other).held_out])
    assert np.array_equal(whole.array, found.array)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.5}, "trained with lr 0.01, not 0.5"),
        ({"labels": CLASSES[::-1]}, "trained on other data"),
        ({"epochs": 1}, "has been trained for 2 epochs already"),
    ],
)
def test_going_on_in_another_way_is_refused(tmp_path, options, message):
    path = str(tmp_path / "head.safetensors")
    given = {"kind": "sup-con", "labels": CLASSES, "epochs": 2, "output": path}
    simtool.fit(CLEAR, **given)
    before = read_head(path).head.weight
    with pytest.raises(ParameterError, match=message):
        simtool.fit(CLEAR, **(given | options), resume=True)
    assert np.array_equal(read_head(path).head.weight, before)
    with pytest.raises(OSError, match="exists already"):
        simtool.fit(CLEAR, **given)


def test_ids_hold_rows_together(tmp_path):
    ids = np.repeat(np.arange(N // 6), 6)
    vectors = as_vectors(CLEAR)
    path, held = str(tmp_path / "head.safetensors"), str(tmp_path / "held.csv")
    simtool.fit(with_ids(vectors, ids), kind="sup-con", labels=CLASSES, epochs=1, output=path, held_out_ids=held)
    rows = read_head(path).held_out
    assert len(rows) == 48
    assert np.array_equal(np.bincount(ids[rows], minlength=40) % 6, np.zeros(40))
    table = simtool.open_table(held)
    assert np.array_equal(table.values("row"), rows)
    assert np.array_equal(table.values("id"), ids[rows])


@pytest.mark.parametrize("form", ["classes", "pairs"])
def test_intervals_are_those_of_a_plain_bootstrap(form):
    n = 20
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
    found = evaluate_held_out(before, after, groups, "cosine", seed=5, eps=1e-8)
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
