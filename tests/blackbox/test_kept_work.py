"""Runs that keep their work, killed for good in the middle: the next one gives the bytes of an undisturbed run.

`SIMTOOL_KILLS` is how often each command is killed; `benchmarks/kills.py` kills more of them, at random moments.
"""

import os
import signal
import subprocess
import time

import numpy as np
import pytest
from signalled import hear_every_signal

KILLS = int(os.environ.get("SIMTOOL_KILLS", "2"))
COMMANDS = {
    "top k": "pairwise x.npy -k 5 -o o.csv",
    "groups": "dedup x.npy --threshold 0.9 -o o.npy",
    "matrix": "pairwise y.npy x.npy -o o.npy",
    "matrix in parts": "pairwise y.npy x.npy -o o/",
    "loss": "loss x.npy --labels classes.npy --kind sup-con -o o.csv",
}


def taken(output):
    """Return what an output came to, which goes."""
    if not output.is_dir():
        content = output.read_bytes()
        output.unlink()
        return content
    found = {path.name: path.read_bytes() for path in output.iterdir()}
    for name in found:
        (output / name).unlink()
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_run_goes_on_to_the_same_bytes(name, run, work, simtool_script, environment):
    random = np.random.default_rng(0)
    np.save(work / "x.npy", random.normal(size=(6000, 16)).astype(np.float32))
    np.save(work / "y.npy", random.normal(size=(3000, 16)).astype(np.float32))
    np.save(work / "classes.npy", random.integers(9, size=6000))
    line = COMMANDS[name].split()
    output = work / line[-1]
    assert run(*line).code == 0
    plain = taken(output)
    folder = work / "kept"
    for kill in range(1, KILLS + 1):
        process = subprocess.Popen(
            [simtool_script, *line, "--work", "kept"],
            cwd=work,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while len(list(folder.glob("*/block-*"))) < kill and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (output if output.suffix else output / "_manifest.json").exists():  # the run was faster than the kill
            taken(output)
    assert run(*line, "--work", "kept").code == 0
    assert taken(output) == plain
    assert not [path for path in work.rglob(".simtool-*") if path.is_file()]


LINE = ["pairwise", "x.npy", "-k", "3", "-o", "o.csv", "--work", "kept"]


@pytest.fixture
def process(work, simtool_script, environment):
    """A run that has kept its first block."""
    np.save(work / "x.npy", np.random.default_rng(0).normal(size=(20000, 64)).astype(np.float32))
    found = subprocess.Popen(
        [simtool_script, *LINE],
        cwd=work,
        env=environment,
        stderr=subprocess.PIPE,
        preexec_fn=hear_every_signal,  # noqa: PLW1509 - it takes no lock
    )
    while not list((work / "kept").glob("*/block-*")) and found.poll() is None:
        time.sleep(0.005)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_how_it_goes_on(number, process, run, work):
    process.send_signal(number)
    assert "stopped: what is done is kept in kept, and the same command goes on" in process.communicate()[1].decode()
    assert process.returncode == 128 + number
    assert not (work / "o.csv").exists()
    assert not [path for path in work.rglob(".simtool-*") if path.is_file()]
    assert run(*LINE).code == 0
    kept = (work / "o.csv").read_bytes()
    assert run(*LINE[:-2], "--force").code == 0
    assert (work / "o.csv").read_bytes() == kept


def other_bytes(path):
    path.write_bytes(path.read_bytes()[:-4] + b"abcd")


def cut(path):
    os.truncate(path, path.stat().st_size - 1000)


@pytest.mark.parametrize("change", [other_bytes, cut, os.utime])
def test_an_input_that_changes_in_the_middle_ends_the_run(change, process, work):
    blocks = list((work / "kept").glob("*/block-*"))
    change(work / "x.npy")
    said = process.communicate()[1].decode()
    assert (process.returncode, "this input changed while it was read" in said) == (3, True)
    assert not (work / "o.csv").exists()
    assert len(list((work / "kept").glob("*/block-*"))) <= len(blocks) + 4
