"""The k-fold accuracy against a plain loop."""

import numpy as np
import pytest

from simtool.statistics.counts import Grouped
from simtool.statistics.cross_validation import fold_accuracy, fold_of


def by_loop(scores, similar, folds, sign):
    """Accuracies and thresholds, one fold and one threshold after the other."""
    number = {True: 0, False: 0}
    fold = []
    for label in similar.tolist():
        fold.append(number[label] * folds // int((similar == label).sum()))
        number[label] += 1
    accuracies, thresholds = [], []
    for held in range(folds):
        train = [row for row in range(len(scores)) if fold[row] != held]
        # accepting nothing is the strictest decision
        best, chosen = sum(not similar[row] for row in train), sign * np.inf
        for threshold in sorted({scores[row] for row in train}, reverse=sign > 0):
            right = sum((sign * scores[row] >= sign * threshold) == similar[row] for row in train)
            if right > best:
                best, chosen = right, threshold
        test = [row for row in range(len(scores)) if fold[row] == held]
        accuracies.append(np.mean([(sign * scores[row] >= sign * chosen) == similar[row] for row in test]))
        thresholds.append(chosen)
    return accuracies, thresholds


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("decimals", "share", "folds"), [(8, 0.5, 10), (1, 0.3, 10), (0, 0.8, 5), (1, 0.5, 2)])
def test_against_a_plain_loop(decimals, share, folds, sign):
    rng = np.random.default_rng(folds)
    similar = rng.random(150) < share
    scores = sign * (rng.normal(size=150) + 2 * similar).round(decimals)
    found = fold_accuracy(Grouped.of(scores, similar, larger_is_closer=sign > 0), folds)
    accuracies, thresholds = by_loop(scores, similar, folds, sign)
    np.testing.assert_allclose(found.accuracies, accuracies, rtol=0, atol=1e-15)
    assert found.thresholds.tolist() == thresholds
    assert found.mean == pytest.approx(np.mean(accuracies), abs=1e-15)
    assert found.std == pytest.approx(np.std(accuracies), abs=1e-15)


def test_the_folds_of_lfw():
    # the ten folds of pairs.txt: 300 matched pairs, then 300 mismatched ones, ten times
    similar = np.tile(np.repeat([True, False], 300), 10)
    assert fold_of(similar, 10).tolist() == np.repeat(np.arange(10), 600).tolist()


def test_sorted_labels_have_both_classes_in_each_fold():
    similar = np.arange(40) < 20
    fold = fold_of(similar, 10)
    for number in range(10):
        assert similar[fold == number].sum() == 2


def test_too_few_of_a_class_are_undefined():
    similar = np.arange(30) < 9
    assert fold_accuracy(Grouped.of(np.arange(30.0), similar, larger_is_closer=True), 10) is None


def test_nothing_is_accepted_where_positives_are_the_far_ones():
    similar = np.arange(40) < 10
    found = fold_accuracy(Grouped.of(np.where(similar, -1.0, 1.0), similar, larger_is_closer=True), 10)
    assert found.thresholds.tolist() == [np.inf] * 10
    assert found.mean == 0.75
