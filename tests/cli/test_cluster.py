"""Blocks on a Ray cluster: who gets which, workers that are lost or fail, and the bytes of a plain run."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simtool.cli.cluster import TRIES, Queue, compute
from simtool.errors import ParameterError, ResourceError

SIMTOOL = str(Path(sys.executable).parent / "simtool")


def taken(queue, worker, count=5):
    return queue.take(worker, "001-x", count)


def test_blocks_are_given_once_and_in_order():
    queue = Queue()
    assert [taken(queue, worker) for worker in "abab"] == [0, 1, 2, 3]
    assert queue.state() == ("001-x", 2, 5)
    assert [taken(queue, worker) for worker in "abab"] == [4, None, None, None]
    assert queue.state() == ("001-x", 5, 5)


def test_a_lost_block_goes_to_a_worker_that_is_not_past_it():
    # a run takes ascending numbers, because blocks of groups may begin with what those before them found
    queue = Queue()
    assert [taken(queue, worker) for worker in "abab"] == [0, 1, 2, 3]
    assert queue.give_back("a") == ("block 3 of 001-x", 1)
    assert taken(queue, "b") == 4
    assert taken(queue, "b") is None
    assert taken(queue, "c") == 2
    assert queue.give_back("c") == ("block 3 of 001-x", 2)
    assert queue.give_back("nobody") == ("a worker without a block", 1)


def test_a_round_begins_from_the_first_block_and_remembers_what_failed():
    queue = Queue()
    assert taken(queue, "a") == 0
    queue.give_back("a")
    queue.again()
    assert [taken(queue, "b"), taken(queue, "b")] == [0, 1]
    queue.again()
    assert taken(queue, "b") == 0
    assert queue.give_back("b")[1] == 2


@pytest.mark.parametrize("cluster", ["dask", "ray://", "ray:x"])
def test_another_cluster_is_refused(cluster):
    pytest.importorskip("ray")
    with pytest.raises(ParameterError, match="expected ray"):
        compute(cluster, 1, "cpu", lambda share: ("", 0), None)


def write_blocks(folder, trouble):
    """Return a part of six blocks, each a file; `trouble` takes the number of a block that is begun."""

    def part(share):
        for number in share("001-files", 6):
            tried = os.path.join(folder, f"tried-{number}-{os.getpid()}-{os.urandom(4).hex()}")
            with open(tried, "w"):
                pass
            before = len([name for name in os.listdir(folder) if name.startswith(f"tried-{number}-")])
            trouble(number, before)
            with open(os.path.join(folder, f"block-{number}"), "w") as file:
                file.write(str(number))
        return "001-files", 6 - len([name for name in os.listdir(folder) if name.startswith("block-")])

    return part


def done(folder):
    return sorted(int(path.read_text()) for path in folder.glob("block-*"))


def dies_twice(number, before):
    if number == 2 and before <= 2:
        os._exit(1)


def fails_twice(number, before):
    if number == 3 and before <= 2:
        raise OSError("no answer")


def fails_always(number, before):
    if number == 4:
        raise OSError("no answer")


@pytest.fixture
def local(monkeypatch):
    """Functions of this file reach a worker by value."""
    pytest.importorskip("ray")
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


@pytest.mark.filterwarnings("ignore")
def test_lost_workers_and_failed_blocks_are_tried_again(local, tmp_path):
    seen = []
    for trouble in (dies_twice, fails_twice):
        folder = tmp_path / trouble.__name__
        folder.mkdir()
        compute("ray", 2, "cpu", write_blocks(str(folder), trouble), lambda *state: seen.append(state))
        assert done(folder) == [0, 1, 2, 3, 4, 5]
    assert seen[-1] == (6, 6)
    folder = tmp_path / "always"
    folder.mkdir()
    with pytest.raises(ResourceError, match=f"block 5 of 001-files failed {TRIES} times: OSError: no answer"):
        compute("ray", 2, "cpu", write_blocks(str(folder), fails_always), None)
    assert 4 not in done(folder)


def test_a_command_on_a_cluster_gives_the_bytes_of_a_plain_one(tmp_path):
    pytest.importorskip("ray")
    random = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", random.normal(size=(3000, 384)).astype(np.float32))

    def run(*options):
        command = [SIMTOOL, "pairwise", "x.npy", *options, *([] if "-o" in options else ["--format", "csv"])]
        finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    assert run("-k", "5", "--cluster", "ray", "--workers", "2", "--work", "w") == run("-k", "5")
    assert len(list(tmp_path.glob("w/*/block-*"))) == 3
    run("-o", "m.npy")
    run("-o", "m/", "--cluster", "ray", "--workers", "2")
    parts = [np.load(path) for path in sorted(tmp_path.glob("m/*.npy"))]
    np.testing.assert_array_equal(np.concatenate(parts), np.load(tmp_path / "m.npy"))
