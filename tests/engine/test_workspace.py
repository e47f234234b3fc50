"""Buffers that are used again."""

import threading

import numpy as np
import pytest
import torch

from simtool.backend import choose_backend
from simtool.engine.workspace import Scratch


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "u8"])
def test_widened_rows_are_the_rows_in_float64(dtype):
    scratch, rng = Scratch(), np.random.default_rng(0)
    for shape in ((5, 3), (3, 2), (9, 2, 3)):  # smaller, then larger than what is there
        rows = rng.integers(0, 100, shape).astype(dtype)
        for given in (rows, rows.T, rows[::2]):
            wide = scratch.widened(choose_backend(), 0, given)
            assert (wide.dtype, wide.tolist()) == (np.float64, given.astype(float).tolist())
            numbers = np.asarray([1, 0, 1])
            chosen = scratch.gathered(1, given, numbers)
            assert (chosen.dtype, chosen.tolist()) == (np.float64, given[numbers].astype(float).tolist())
            assert wide.tolist() == given.astype(float).tolist()  # the sides have buffers of their own
    assert torch.equal(scratch.widened(choose_backend("torch"), 0, rows), torch.from_numpy(rows).double())


def test_the_memory_of_a_side_is_used_again_in_one_thread_only():
    scratch, found = Scratch(), []
    first = scratch.widened(choose_backend(), 0, np.ones((4, 2), "f4"))
    assert np.shares_memory(first, scratch.widened(choose_backend(), 0, np.ones((3, 2), "f4")))
    worker = threading.Thread(target=lambda: found.append(scratch.widened(choose_backend(), 0, np.zeros((4, 2), "f4"))))
    worker.start()
    worker.join()
    assert not np.shares_memory(first, found[0])
