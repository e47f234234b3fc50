"""Work that overlaps: in order, and no worker starts others."""

import threading
import time

import pytest

from simtool.engine.threads import BLOCK, in_blocks, overlapped, stop_if_unwanted


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


def test_what_nobody_waits_for_is_not_begun_and_ends():
    begun, ended, going = [], [], threading.Event()

    def endless(item):
        begun.append(item)
        going.set()
        try:
            while item:
                stop_if_unwanted()
                time.sleep(0.001)
        finally:
            ended.append(item)

    found = overlapped(endless, range(9), 2)
    assert next(found) is None
    found.close()
    assert sorted(begun) == sorted(ended)
    assert len(begun) <= 3
    stop_if_unwanted()  # a thread that nobody waits for is none of these


def test_a_failure_ends_the_others():
    def fail(item):
        if item == 1:
            raise KeyError
        while item > 1:
            stop_if_unwanted()
            time.sleep(0.001)

    with pytest.raises(KeyError):
        list(overlapped(fail, range(9), 3))
