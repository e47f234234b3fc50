"""Runs that keep their work, killed for good in the middle: the next one gives the bytes of an undisturbed run.

`SIMTOOL_KILLS` is how often each command is killed; `benchmarks/kills.py` kills more of them, at random moments.
"""

import os
import signal
import subprocess
import time

import numpy as np
import pytest

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
