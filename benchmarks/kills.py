"""Runs that are killed at random moments and resumed: each command's output must be the bytes of an undisturbed run.

`python benchmarks/kills.py [KILLS] [SEED]`
"""

import hashlib
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

SIMTOOL = str(Path(sys.executable).parent / "simtool")
COMMANDS = (
    "pairwise x.npy y.npy -k 10 -o o.csv",
    "pairwise x.npy -k 5 -o o.parquet",
    "pairwise x.npy y.npy --threshold 0.35 -o o.csv",
    "pairwise x.npy y.npy --max-pairs 5000 -o o.csv",
    "pairwise few.npy y.npy -o o.npy",
    "pairwise few.npy y.npy -o parts/",
    "dedup x.npy --threshold 0.9 -o o.npy --groups g.csv",
    "dedup x.npy --threshold 0.9 --linkage leader -o o.npy",
    "leak x.npy y.npy --threshold 0.35 -o o.npy",
    "mine x.npy --labels classes.npy --absolute-margin 0 -o o.csv",
    "evaluate x.npy --labels classes.npy -o o.json",
    "loss x.npy --labels classes.npy --kind sup-con -o o.csv",
    "loss few.npy --labels few-classes.npy --kind semi-hard-triplet -o o.csv",
    "loss short.npy other.npy --labels similar.npy --kind contrastive --margin 1 -o o.parquet",
    "compare x.npy y.npy --aggregate argmax --aggregate mmd -o o.json",
)
OUTPUTS = ("o.csv", "o.parquet", "o.npy", "o.json", "g.csv", "parts/*")
MOMENTS = ("before the first block", "between two blocks", "after the end")


def inputs(folder: Path, rows: int = 9000, few: int = 3000, pairs: int = 400_000, dims: int = 64) -> None:
    """Write rows of which some are close, with classes, and many short pairs."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, dims), dtype=np.float32)
    x[rows // 2 : rows // 2 + 500] = x[:500] + 0.01
    classes = rng.integers(0, 50, rows)
    for name, array in (("x", x), ("few", x[:few]), ("classes", classes), ("few-classes", classes[:few])):
        np.save(folder / f"{name}.npy", array)
    for name, shape in (("y", (rows, dims)), ("short", (pairs, 8)), ("other", (pairs, 8))):
        np.save(folder / f"{name}.npy", rng.standard_normal(shape, dtype=np.float32))
    np.save(folder / "similar.npy", rng.integers(0, 2, pairs))


def digests(folder: Path) -> dict[str, str]:
    """Return the hash of each output, which goes."""
    found = {}
    for path in [path for name in OUTPUTS for path in folder.glob(name)]:
        found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        path.unlink()
    return found


def killed(command: list[str], folder: Path, work: Path, after: float) -> str:
    """Run a command and kill it after some seconds; return the moment that this was."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(after)
        return MOMENTS[2]
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return MOMENTS[any(work.glob("*/block-*"))]


def undisturbed(folder: Path) -> dict[str, tuple[dict[str, str], float]]:
    """Return the hashes of what each command gives without a folder, and the seconds that it takes with one."""
    plain = {}
    for number, line in enumerate(COMMANDS):
        command = [SIMTOOL, *line.split(), "-q"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        found, begun = digests(folder), time.monotonic()
        subprocess.run([*command, "--work", f"whole-{number}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        plain[line] = found, time.monotonic() - begun
        assert digests(folder) == found, line
    return plain


def main(kills: int = 200, seed: int = 0) -> None:
    """Kill and resume until there have been enough kills; print what came of it."""
    drawn = random.Random(seed)
    moments: dict[str, Counter[str]] = {line: Counter() for line in COMMANDS}
    with tempfile.TemporaryDirectory() as name:
        folder, done, runs, differing, left = Path(name), 0, 0, 0, 0
        inputs(folder)
        plain = undisturbed(folder)
        while done < kills:
            line = COMMANDS[(seed + runs) % len(COMMANDS)]
            work = folder / f"work-{runs}"
            command = [SIMTOOL, *line.split(), "-q", "--work", str(work)]
            expected, seconds = plain[line]
            for _ in range(min(drawn.randint(1, 4), kills - done)):
                moment = killed(command, folder, work, drawn.uniform(0.2 * seconds, seconds))
                moments[line][moment] += 1
                done += moment != MOMENTS[2]
            digests(folder)
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            differs = digests(folder) != expected
            differing += differs
            left += sum(path.name.startswith(".simtool-") for path in folder.rglob("*"))
            runs += 1
            if differs:
                print(f"differs: {line}", flush=True)
    for line, counted in moments.items():
        print(*(f"{counted[moment]:4} {moment}" for moment in MOMENTS), line, sep="  ")
    print(f"{done} kills in {runs} runs: {differing} outputs differ, {left} files left over")
    sys.exit(bool(differing or left))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
