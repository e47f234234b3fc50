"""Runs that are killed at random moments and resumed: each command's output must be the bytes of an undisturbed run.

`python benchmarks/kills.py [KILLS] [SEED]`
"""

import hashlib
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SIMTOOL = str(Path(sys.executable).parent / "simtool")
COMMANDS = (
    "pairwise x.npy y.npy -k 10 -o o.csv",
    "pairwise x.npy -k 5 -o o.parquet",
    "pairwise x.npy y.npy --threshold 0.35 -o o.csv",
    "pairwise x.npy y.npy --max-pairs 5000 -o o.csv",
    "pairwise x.npy y.npy -o o.npy",
    "pairwise x.npy y.npy -o parts/",
    "dedup x.npy --threshold 0.9 -o o.npy --groups g.csv",
    "dedup x.npy --threshold 0.9 --linkage leader -o o.npy",
    "leak x.npy y.npy --threshold 0.35 -o o.npy",
    "mine x.npy --labels classes.npy --absolute-margin 0 -o o.csv",
    "evaluate x.npy --labels classes.npy -o o.json",
    "loss x.npy --labels classes.npy --kind sup-con -o o.csv",
    "loss x.npy --labels classes.npy --kind semi-hard-triplet -o o.csv",
    "loss x.npy z.npy --labels similar.npy --kind contrastive --margin 1 -o o.csv",
    "compare x.npy y.npy --aggregate argmax --aggregate mmd -o o.json",
)
OUTPUTS = ("o.csv", "o.parquet", "o.npy", "o.json", "g.csv", "parts/*")


def inputs(folder: Path, rows: int = 6000, dims: int = 64) -> None:
    """Write rows of which some are close, with classes."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, dims), dtype=np.float32)
    x[rows // 2 : rows // 2 + 500] = x[:500] + 0.01
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", rng.standard_normal((rows, dims), dtype=np.float32))
    np.save(folder / "z.npy", x + rng.standard_normal((rows, dims), dtype=np.float32))
    np.save(folder / "classes.npy", rng.integers(0, 50, rows))
    np.save(folder / "similar.npy", rng.integers(0, 2, rows))


def digests(folder: Path) -> dict[str, str]:
    """Return the hash of each output, which goes."""
    found = {}
    for path in [path for name in OUTPUTS for path in folder.glob(name)]:
        found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        path.unlink()
    return found


def killed(command: list[str], folder: Path, after: float) -> bool:
    """Run a command and kill it after some seconds; tell whether it was still running."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(after)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


def main(kills: int = 200, seed: int = 0) -> None:
    """Kill and resume until there have been enough kills; print what came of it."""
    drawn = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder, done, runs, differing, left = Path(name), 0, 0, 0, 0
        inputs(folder)
        plain = {}
        for line in COMMANDS:
            begun = time.monotonic()
            subprocess.run([SIMTOOL, *line.split(), "-q"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            plain[line] = digests(folder), time.monotonic() - begun
        while done < kills:
            line = COMMANDS[runs % len(COMMANDS)]
            work = folder / f"work-{runs}"
            command = [SIMTOOL, *line.split(), "-q", "--work", str(work)]
            expected, seconds = plain[line]
            while done < kills and drawn.random() < 0.75 and killed(command, folder, drawn.uniform(0.2, 1.1 * seconds)):
                done += 1
            digests(folder)
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            differing += digests(folder) != expected
            left += sum(path.name.startswith(".simtool-") for path in folder.rglob("*"))
            runs += 1
    print(
        f"{done} kills in {runs} runs of {len(COMMANDS)} commands: {differing} outputs differ, {left} files left over"
    )
    sys.exit(bool(differing or left))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
