"""States: the unit of the rows, and the best epoch."""

import numpy as np

import simtool

N, D = 60, 5
A, B, C = np.random.default_rng(11).standard_normal((3, N, D))
UNIT_A, UNIT_B, UNIT_C = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (A, B, C))
LABELS = np.arange(N) % 2


def test_rows_of_another_length_learn_the_same_where_the_loss_sees_lengths():
    options = {"kind": "contrastive", "labels": LABELS, "epochs": 3, "held_out": 0.0}
    found = simtool.fit(UNIT_A, UNIT_B, **options).array
    longer = simtool.fit(64 * UNIT_A, 64 * UNIT_B, **options).array
    assert np.array_equal(64 * longer, found)  # powers of two: no rounding
