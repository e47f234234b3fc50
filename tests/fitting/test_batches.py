"""Batches of an epoch: every row once, or as many rows of each class."""

import numpy as np

from simtool.fitting.batches import balanced, shuffled


def test_every_row_comes_once_in_an_epoch():
    batches = list(shuffled(50, 8, seed=2, epoch=3))
    assert [len(batch) for batch in batches] == [8] * 6 + [2]
    assert sorted(np.concatenate(batches).tolist()) == list(range(50))
    assert not np.array_equal(np.concatenate(list(shuffled(50, 50, 2, 4))), np.concatenate(batches))


def test_balanced_batches_have_as_many_rows_of_each_class():
    codes = np.repeat([0, 1, 2, 3], [100, 3, 20, 1])
    batches = list(balanced(codes, 10, 4, seed=0, epoch=1))
    assert len(batches) == 16  # of 2 classes with 4 rows: 124 rows in all
    for batch in batches:
        counts = np.bincount(codes[batch], minlength=4)
        assert sorted(counts.tolist()) == [0, 0, 4, 4]
        assert counts[3] == 0  # a row alone has no positive
    seen = np.bincount(codes[np.concatenate(batches)], minlength=4)
    assert seen[1] > 0.15 * seen.sum()  # as often as the class that is 30 times as large
