"""Buffers that are used again, and work that overlaps."""

import threading

import numpy as np
import pytest
import torch

from simtool.backend import choose_backend
from simtool.engine.threads import BLOCK, in_blocks, overlapped
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


def test_what_overlaps_comes_in_order_and_a_worker_starts_no_others():
    names = []

    def inner(item):
        names.append(threading.current_thread().name)
        return item

    def outer(item):
        return threading.current_thread().name, list(overlapped(inner, range(3), 4))

    found = list(overlapped(outer, range(5), 2))
    assert [part for _, part in found] == [[0, 1, 2]] * 5
    assert set(names) == {name for name, _ in found}
    assert threading.current_thread().name not in names
    assert len(set(names)) <= 2
    names.clear()
    assert list(overlapped(inner, range(9), 3)) == list(range(9))  # a thread that is no worker starts some
    assert threading.current_thread().name not in names


@pytest.mark.parametrize("rows", [0, 1, BLOCK, BLOCK + 1, 5 * BLOCK - 1])
def test_blocks_cover_the_rows_once(rows):
    found = in_blocks(lambda block: (block.start, block.stop), rows)
    assert [edge for block in found for edge in range(*block)] == list(range(rows))
    assert all(stop - start <= BLOCK for start, stop in found)
