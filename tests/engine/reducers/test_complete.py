"""Groups in row order: those of a plain loop over the float64 matrix, from any tiles."""

import numpy as np
import pytest
from naive_groups import CLUSTERED, close_to, greedy, grouped

THRESHOLDS = [0.7, 0.8, 0.9, 0.95]


@pytest.mark.parametrize("tiling", [(512, 1024), (100, 150), (640, 128)])
def test_groups_are_those_of_a_loop_at_every_threshold_of_one_sweep(tiling):
    for threshold, found in zip(THRESHOLDS, grouped("complete", CLUSTERED, THRESHOLDS, tiling), strict=True):
        assert found.tolist() == greedy(close_to(CLUSTERED, threshold), "complete").tolist()


def test_only_rows_of_equal_codes_are_of_one_group():
    codes = np.sort(np.arange(len(CLUSTERED)) % 3)
    (found,) = grouped("complete", CLUSTERED, [0.8], (128, 256), codes)
    assert found.tolist() == greedy(close_to(CLUSTERED, 0.8) & (codes[:, None] == codes), "complete").tolist()


def test_counts_that_are_too_many_are_cut_down_without_changing_a_group(monkeypatch):
    monkeypatch.setattr("simtool.engine.reducers.complete.MOST", 50)
    (found,) = grouped("complete", CLUSTERED, [0.6], (128, 128))
    assert found.tolist() == greedy(close_to(CLUSTERED, 0.6), "complete").tolist()
