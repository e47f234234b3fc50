"""A run on a Ray cluster of two workers, of which one is killed every few seconds: the bytes of a plain run.

`python benchmarks/worker_kills.py [EVERY] [ROWS]`: seconds between two kills, rows that are compared with themselves.
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from kills import SIMTOOL

COMMAND = [SIMTOOL, "pairwise", "x.npy", "-k", "10", "--format", "csv", "-q"]


def workers_of(driver: int) -> list[int]:
    """Return the numbers of the processes that compute blocks for a command."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    family, found = {driver}, []
    for pid, parent, args in sorted(rows, key=lambda row: int(row[0])):
        if int(parent) in family:
            family.add(int(pid))
            if args.startswith("ray::Worker"):
                found.append(int(pid))
    return found


def killed(process: "subprocess.Popen[bytes]", every: float) -> int:
    """Kill a worker every few seconds until the run has ended; return how many."""
    drawn, kills = random.Random(0), 0
    while True:
        try:
            process.wait(every)
            return kills
        except subprocess.TimeoutExpired:
            if found := workers_of(process.pid):
                subprocess.run(["kill", "-KILL", str(drawn.choice(found))], check=False)
                kills += 1


def main(every: float = 5.0, rows: int = 60_000) -> None:
    """Print how often a worker was killed, and whether the bytes are those of a plain run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "x.npy", np.random.default_rng(0).standard_normal((rows, 384), dtype=np.float32))
        with open(folder / "plain", "wb") as plain, open(folder / "found", "wb") as found:
            subprocess.run(COMMAND, cwd=folder, check=True, stdout=plain)
            begun = time.monotonic()
            command = [*COMMAND, "--work", "w", "--cluster", "ray", "--workers", "2"]
            process = subprocess.Popen(command, cwd=folder, stdout=found)  # stderr tells why it failed
            kills = killed(process, every)
        seconds, same = time.monotonic() - begun, (folder / "plain").read_bytes() == (folder / "found").read_bytes()
        left = list(folder.rglob(".simtool-*"))
    bytes_are = "equal bytes" if same else "other bytes"
    print(
        f"{kills} workers killed in {seconds:.0f} s: exit code {process.returncode}, {bytes_are}, {len(left)} left over"
    )
    sys.exit(process.returncode or not same or bool(left))


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]), *map(int, sys.argv[2:]))
