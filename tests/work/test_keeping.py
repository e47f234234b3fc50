"""Loops over blocks where nothing keeps them, and what a run that keeps them is asked."""

import pytest

from simtool.work import Loop, PartDone, blocks, is_kept, kept, stop_short
from simtool.work.keeping import MOST, current


class Recorder:
    """A keeper that computes every block and notes how it was asked."""

    def __init__(self, delivers=True):
        self.asked, self.delivers = [], delivers

    def blocks(self, loop):
        assert loop.stands(0, None)
        self.asked.append((loop.name, loop.key, loop.count, loop.in_order))
        return loop.together(loop.compute, range(loop.count))


@pytest.fixture
def keeper():
    recorder = Recorder()
    token = current.set(recorder)
    yield recorder
    current.reset(token)


def test_without_a_keeper_a_loop_is_a_loop():
    assert not is_kept()
    assert list(blocks(Loop("squares", "", 4, lambda number: number**2))) == [0, 1, 4, 9]
    assert list(kept("doubles", iter([1, 2]), lambda items: (2 * each for each in items))) == [2, 4]
    stop_short()


def test_a_keeper_is_asked_by_name_key_and_count(keeper):
    assert list(blocks(Loop("squares", "n=4", 4, lambda number: number**2, in_order=True))) == [0, 1, 4, 9]
    assert keeper.asked == [("squares", "n=4", 4, True)]


@pytest.mark.parametrize("count", [0, 1, MOST, MOST + 1, 3 * MOST + 5])
def test_many_items_share_few_blocks(keeper, count):
    found = kept("doubles", range(count), lambda items: (2 * each for each in items))
    assert list(found) == [2 * each for each in range(count)]
    assert keeper.asked[0][2] <= MOST


def test_a_run_that_delivers_nothing_stops_short(keeper):
    stop_short()
    keeper.delivers = False
    with pytest.raises(PartDone) as done:
        stop_short()
    assert done.value.missing == ()
