"""The order of listed pairs, ties included."""

import numpy as np
import pytest

from simtool.engine.tie_order import best_of, closest_of_all


def test_best_of_ranks_by_score_then_column():
    rows = np.asarray([1, 0, 0, 0, 1, 0])
    columns = np.asarray([2, 9, 3, 1, 0, 4])
    scores = np.asarray([5.0, 7.0, 7.0, 1.0, 5.0, 8.0])
    largest = best_of(rows, columns, scores, 3, larger_is_closer=True)
    assert list(zip(rows[largest], columns[largest], strict=True)) == [(0, 4), (0, 3), (0, 9), (1, 0), (1, 2)]
    least = best_of(rows, columns, scores, 2, larger_is_closer=False)
    assert list(zip(rows[least], columns[least], strict=True)) == [(0, 1), (0, 3), (1, 0), (1, 2)]


@pytest.mark.parametrize("larger_is_closer", [True, False])
def test_ties_over_all_pairs_go_by_row_then_by_column(larger_is_closer):
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 6, 60), rng.permutation(60)
    scores = rng.integers(0, 4, 60).astype(float)
    sign = -1 if larger_is_closer else 1
    expected = sorted(range(60), key=lambda i: (sign * scores[i], rows[i], columns[i]))[:25]
    assert closest_of_all(rows, columns, scores, 25, larger_is_closer=larger_is_closer).tolist() == expected
