"""Groups in row order: those of a plain loop over the float64 matrix, from any tiles."""

import numpy as np
import pytest
from naive_groups import CLUSTERED, close_to, greedy, grouped

THRESHOLDS = [0.7, 0.8, 0.9, 0.95]


@pytest.mark.parametrize("tiling", [(512, 1024), (100, 150), (640, 128)])
def test_groups_are_those_of_a_loop_at_every_threshold_of_one_sweep(tiling):
    for threshold, found in zip(THRESHOLDS, grouped("leader", CLUSTERED, THRESHOLDS, tiling), strict=True):
        assert found.tolist() == greedy(close_to(CLUSTERED, threshold), "leader").tolist()


def test_only_rows_of_equal_codes_are_of_one_group():
    codes = np.sort(np.arange(len(CLUSTERED)) % 3)
    (found,) = grouped("leader", CLUSTERED, [0.8], (128, 256), codes)
    assert found.tolist() == greedy(close_to(CLUSTERED, 0.8) & (codes[:, None] == codes), "leader").tolist()


def test_a_chain_does_not_swallow_what_is_far_from_the_kept_row():
    angles = np.arange(5) * 0.3
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("f4")
    (found,) = grouped("leader", rows, [np.cos(0.31)], (128, 128))
    assert found.tolist() == [0, 0, 2, 2, 4]


def test_no_tile_of_rows_that_are_all_dropped_is_asked_for():
    rows = np.ones((900, 4), dtype="f4") + np.random.default_rng(0).normal(size=(900, 4)).astype("f4") * 1e-3
    (found,) = grouped("leader", rows, [0.9], (128, 128))
    assert not found.any()


@pytest.mark.parametrize("tiling", [(1024, 2048), (128, 256)])
def test_crowded_groups_are_those_of_a_loop(tiling):
    rng = np.random.default_rng(7)
    rows = (rng.normal(size=(8, 1, 6)) + 0.4 * rng.normal(size=(8, 250, 6))).reshape(2000, 6).astype("f4")
    rows = rows[rng.permutation(2000)]
    for threshold, found in zip(THRESHOLDS, grouped("leader", rows, THRESHOLDS, tiling), strict=True):
        assert found.tolist() == greedy(close_to(rows, threshold), "leader").tolist()
