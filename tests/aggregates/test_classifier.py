"""`c2st` against scikit-learn's LogisticRegression on the same folds, and against a loop over pairs."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from simtool import compare
from simtool.aggregates.classifier import c2st, fold_numbers
from simtool.errors import ParameterError, ResourceError, ShapeError

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(61, 5)) * [1, 9, 1, 1, 0], RNG.normal(size=(38, 5)) * [1, 9, 1, 1, 0] + 0.4


def peer(x, y, folds, strength, seed):
    """The ROC-AUC of each fold, pair by pair."""
    rows = StandardScaler().fit_transform(np.concatenate([x, y]).astype(float))
    labels = np.arange(len(rows)) < len(x)
    fold, found = fold_numbers(len(x), len(y), folds, seed), []
    for number in range(folds):
        held = fold == number
        model = LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(rows[~held], labels[~held])
        scores = model.decision_function(rows[held])
        pairs = [(p > q) + (p == q) / 2 for p in scores[labels[held]] for q in scores[~labels[held]]]
        found.append(np.mean(pairs))
    return found


@pytest.mark.parametrize(("folds", "strength", "seed"), [(5, 1.0, 0), (3, 0.01, 7), (10, 100.0, 1)])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1"])
def test_it_is_that_of_scikit_learn_on_the_same_folds(folds, strength, seed, dtype):
    x, y = X.astype(dtype), Y.astype(dtype)
    found = c2st(x, y, folds=folds, strength=strength, seed=seed)
    expected = peer(x, y, folds, strength, seed)
    assert found.auc == pytest.approx(np.mean(expected), abs=2e-3)  # a pair in another order at the most
    assert found.spread == pytest.approx(np.std(expected), abs=5e-3)


def test_folds_hold_equal_shares_of_both_sides():
    fold = fold_numbers(61, 38, 5, 0)
    assert sorted(np.bincount(fold[:61])) == [12, 12, 12, 12, 13]
    assert sorted(np.bincount(fold[61:])) == [7, 7, 8, 8, 8]
    assert fold.tolist() != fold_numbers(61, 38, 5, 1).tolist()


def test_one_distribution_is_chance_and_sets_apart_are_told():
    rows = np.random.default_rng(0).normal(size=(4000, 3))
    assert c2st(rows[:2000], rows[2000:]).auc == pytest.approx(0.5, abs=0.03)
    assert c2st(rows[:50], rows[50:90] + 100).auc == 1.0
    assert c2st(np.ones((9, 2)), np.ones((7, 2))).auc == 0.5  # nothing varies: every pair is a tie


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300])
def test_magnitudes_do_not_matter(scale):
    assert c2st(X * scale, Y * scale).auc == pytest.approx(c2st(X, Y).auc, abs=1e-3)


def test_compare_has_it_without_intervals_and_nulls():
    found = compare(X, Y, aggregates=["c2st", "argmax"], parameters={"folds": 4}, seed=5, null=3, bootstrap=3)
    assert found.summary["c2st"] == c2st(X, Y, folds=4, seed=5).auc
    assert found.summary["c2st.low"] is None
    assert found.summary["c2st.p"] is None
    assert {note.partition(":")[0] for note in found.notes} >= {"no interval for c2st", "no null for c2st"}
    assert found.parameters["c2st.folds"] == 4


def test_all_has_it_of_small_sets():
    assert compare(X, Y, aggregates=["all"]).summary["c2st"] == c2st(X, Y).auc
    large = np.random.default_rng(0).normal(size=(40, 13_200)).astype("f4")
    tokens = compare(X[:36].reshape(3, 12, 5), Y[:36].reshape(3, 12, 5), aggregates=["all"])
    named = compare(X[:36].reshape(3, 12, 5), Y[:36].reshape(3, 12, 5), aggregates=["c2st"])
    assert tokens.summary["c2st"] is None
    assert any(note.startswith("c2st left out: takes long") for note in tokens.notes)
    assert named.summary["c2st"] == pytest.approx(
        np.mean([c2st(X[i : i + 12, :], Y[i : i + 12]).auc for i in (0, 12, 24)])
    )
    found = compare(large, large + 1, aggregates=["all"])
    assert found.summary["c2st"] is None
    assert found.summary["mean"] is not None


@pytest.mark.parametrize(
    ("options", "error", "what"),
    [
        ({"folds": 1}, ParameterError, "folds is 1, expected a whole number of at least 2"),
        ({"folds": 39}, ShapeError, "c2st has 39 folds, but B has 38 rows"),
        ({"strength": 0.0}, ParameterError, "strength is 0, expected more than 0"),
        ({"strength": np.nan}, ParameterError, "strength is nan"),
    ],
)
def test_what_is_refused(options, error, what):
    with pytest.raises(error, match=what):
        c2st(X, Y, **options)
    with pytest.raises(error, match=what):
        compare(X, Y, aggregates=["c2st"], parameters=options)


def test_more_than_fits_is_refused_before_the_work():
    rows = np.broadcast_to(np.float32(1), (1 << 30, 4096))
    with pytest.raises(ResourceError, match="c2st of these sets"):
        c2st(rows, rows)
