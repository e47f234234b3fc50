"""What a top 10 of n rows with themselves takes on a cluster: a simulation of its blocks, storage, queue and failures.

`python benchmarks/cluster_simulation.py [--rows 1e7 1e8] [--workers 2 10 100 1000] ...`

What is assumed are options, each with its default: what a pair of rows costs a worker (measured: 60 000 × 60 000,
d 384, top 10, in 25.3 CPU seconds); how much the time of a block varies; the bandwidth of a worker, and of the storage
that all share; the round trip of the queue, which serves one worker at a time; how often a worker is lost and how long
its replacement takes. A worker reads all rows when it begins; where they do not fit in its memory it reads them for
every block, while it computes. The fold at the end is not simulated: it reads k pairs for each row.
"""

import argparse
import heapq
import random
from dataclasses import dataclass

from simtool.engine import Plan


@dataclass(frozen=True)
class Cluster:
    """A cluster and what is assumed of it; times in seconds, sizes in bytes.

    Args:
        workers: how many.
        seconds_per_pair: of two rows, on one worker.
        spread: standard deviation of the logarithm of the time of a block.
        bandwidth: of a worker.
        storage: of all workers together.
        memory: of a worker, for rows.
        round_trip: of the queue.
        lifetime: mean time until a worker is lost.
        replacement: until another is there.
    """

    workers: int
    seconds_per_pair: float
    spread: float
    bandwidth: float
    storage: float
    memory: float
    round_trip: float
    lifetime: float
    replacement: float


def simulated(cluster: Cluster, rows: int, dims: int, seed: int = 0) -> tuple[float, int, int]:
    """Return the seconds that a run takes, how many blocks it has, and how often a worker was lost."""
    drawn = random.Random(seed)
    size = 4.0 * rows * dims
    reading = size / min(cluster.bandwidth, cluster.storage / cluster.workers)
    fits = size <= cluster.memory
    spans = Plan.of(rows, rows, dims).kept_blocks(dims, 0)
    waiting = [len(span) * rows * cluster.seconds_per_pair for span in reversed(spans)]
    ready = [(reading if fits else 0.0, drawn.expovariate(1 / cluster.lifetime)) for _ in range(cluster.workers)]
    heapq.heapify(ready)
    served, ended, lost = 0.0, 0.0, 0
    while waiting:
        now, dies = heapq.heappop(ready)
        served = max(served + cluster.round_trip, now)
        block = waiting.pop()
        seconds = block * drawn.lognormvariate(-(cluster.spread**2) / 2, cluster.spread)
        finished = served + (seconds if fits else max(seconds, reading))
        if finished < dies:
            ended = max(ended, finished)
            heapq.heappush(ready, (finished, dies))
            continue
        lost += 1
        waiting.append(block)
        back = dies + cluster.replacement + (reading if fits else 0.0)
        heapq.heappush(ready, (back, back + drawn.expovariate(1 / cluster.lifetime)))
    return ended, len(spans), lost


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=float, nargs="+", default=[1e7, 1e8])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 10, 100, 1000])
    parser.add_argument("--dims", type=int, default=384)
    for name, default in {
        "seconds-per-pair": 7.0e-9,
        "spread": 0.2,
        "bandwidth": 0.3e9,
        "storage": 50e9,
        "memory": 32e9,
        "round-trip": 0.002,
        "lifetime": 7 * 86400.0,
        "replacement": 180.0,
    }.items():
        parser.add_argument(f"--{name}", type=float, default=default)
    asked = vars(parser.parse_args())
    every_rows, every_workers, dims = asked.pop("rows"), asked.pop("workers"), asked.pop("dims")
    print("| rows | workers | blocks | hours | worker-hours | efficiency | workers lost |")
    print("|---|---|---|---|---|---|---|")
    for rows in map(int, every_rows):
        ideal = rows * rows * asked["seconds_per_pair"]
        for workers in every_workers:
            seconds, blocks, lost = simulated(Cluster(workers=workers, **asked), rows, dims)
            spent, share = seconds * workers / 3600, ideal / (seconds * workers)
            print(
                f"| {rows:,} | {workers:,} | {blocks:,} | {seconds / 3600:,.1f} | {spent:,.0f} | {share:.2f} | {lost} |"
            )


if __name__ == "__main__":
    main()
