"""Blocks on a Ray cluster: workers that are lost or fail, and the bytes of a plain run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from signalled import hear_every_signal

from simtool.cli.cluster import TRIES, compute
from simtool.errors import ParameterError, ResourceError

SIMTOOL = str(Path(sys.executable).parent / "simtool")


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


@pytest.mark.filterwarnings("ignore")
def test_nobody_waits_for_workers_that_the_cluster_has_no_room_for(local, tmp_path, monkeypatch):
    import ray

    init = ray.init
    monkeypatch.setattr(ray, "init", lambda **how: init(**how | {"num_cpus": 1}))
    compute("ray", 3, "cpu", write_blocks(str(tmp_path), dies_twice), None)
    assert done(tmp_path) == [0, 1, 2, 3, 4, 5]


def worker_of(driver):
    """Return the process of a worker of a command, once there is one."""
    while True:
        listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True).stdout
        processes = {pid: (parent, args) for pid, parent, args in (line.split(None, 2) for line in listed.splitlines())}
        for pid, (parent, args) in processes.items():
            if args.startswith("ray::Worker.run") and processes.get(parent, ("", ""))[0] == str(driver):
                return int(pid)
        time.sleep(0.05)


@pytest.fixture
def begun(tmp_path):
    """A command on a cluster of its own, whose first block is there."""
    pytest.importorskip("ray")
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(40_000, 96)).astype(np.float32))
    line = ["pairwise", "x.npy", "-k", "2", "--rows", "0:30000", "--format", "csv"]
    command = [SIMTOOL, *line, "--cluster", "ray", "--workers", "1", "--work", "w"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hear_every_signal,  # noqa: PLW1509 - it takes no lock
    ) as process:
        while not list(tmp_path.glob("w/*/block-*")) and process.poll() is None:
            time.sleep(0.05)
        yield process, lambda: subprocess.run([SIMTOOL, *line], cwd=tmp_path, capture_output=True).stdout


def test_stdout_is_that_of_a_plain_run_though_a_worker_is_killed(begun):
    process, plain = begun
    os.kill(worker_of(process.pid), signal.SIGKILL)
    out, err = process.communicate()
    assert (process.returncode, out == plain()) == (0, True)
    assert b"worker died" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_and_its_workers(begun, number):
    process, _ = begun
    worker = worker_of(process.pid)
    process.send_signal(number)
    out, err = process.communicate()
    assert (process.returncode, out) == (128 + number, b"")
    assert b"stopped: what is done is kept in w, and the same command goes on" in err
    while os.path.exists(f"/proc/{worker}"):  # which Ray ends a moment later
        time.sleep(0.05)
