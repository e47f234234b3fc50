"""How batches are cut from rows, and which rows make the pairs of n-pairs."""

import numpy as np

from simtool.scoring.batch_data import cut, first_two


def test_batches_have_all_rows_once():
    for size, shuffle in ((None, False), (4, False), (4, True), (100, True)):
        parts = cut(10, size, shuffle=shuffle, seed=3)
        assert sorted(np.concatenate(parts).tolist()) == list(range(10))
        assert [len(part) for part in parts] == ([4, 4, 2] if size == 4 else [10])
        assert shuffle == (np.concatenate(parts).tolist() != list(range(10)))
    assert cut(10, 4, shuffle=True, seed=3)[0].tolist() == cut(10, 4, shuffle=True, seed=3)[0].tolist()


def test_the_first_two_rows_of_each_class_that_has_two():
    first, second = first_two(np.asarray([5, 2, 9, 2, 5, 2, 5]))
    assert (first.tolist(), second.tolist()) == ([1, 0], [3, 4])
