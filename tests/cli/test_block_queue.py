"""Which worker gets which block, and what becomes of those that are lost with a worker."""

from simtool.cli.block_queue import Queue


def taken(queue, worker, count=5):
    return queue.take(worker, "001-x", count)


def test_blocks_are_given_once_and_in_order():
    queue = Queue()
    assert [taken(queue, worker) for worker in "abab"] == [0, 1, 2, 3]
    assert queue.state() == (2, 5)
    assert [taken(queue, worker) for worker in "abab"] == [4, None, None, None]
    assert queue.state() == (5, 5)


def test_a_lost_block_goes_to_a_worker_that_is_not_past_it():
    # a run takes ascending numbers, because blocks of groups may begin with what those before them found
    queue = Queue()
    assert [taken(queue, worker) for worker in "abab"] == [0, 1, 2, 3]
    assert queue.give_back("a", 1) == ("block 3 of 001-x", 1)
    assert taken(queue, "b") == 4
    assert taken(queue, "b") is None
    assert taken(queue, "c") == 2
    assert queue.give_back("c", 1) == ("block 3 of 001-x", 2)
    assert queue.give_back("nobody", 1) == ("a worker without a block", 1)


def test_a_round_begins_from_the_first_block_and_remembers_what_failed():
    queue = Queue()
    assert taken(queue, "a") == 0
    queue.give_back("a", 1)
    queue.again()
    assert [taken(queue, "b"), taken(queue, "b")] == [0, 1]
    queue.again()
    assert taken(queue, "b") == 0
    assert queue.give_back("b", 1)[1] == 2


def test_workers_that_come_to_nothing_count_until_one_has_done_a_block():
    queue = Queue()
    assert [queue.give_back(name, 2)[1] for name in "abcd"] == [0, 1, 1, 2]
    assert [taken(queue, "e"), taken(queue, "e")] == [0, 1]
    assert [queue.give_back(name, 2)[1] for name in "fg"] == [0, 1]


def test_what_is_left_names_blocks_that_were_given_back_and_who_has_asked():
    queue = Queue()
    taken(queue, "a")
    assert queue.left() == (0, {"a"})
    queue.give_back("a", 1)
    assert queue.left() == (1, {"a"})
    queue.again()
    assert queue.left() == (0, set())
