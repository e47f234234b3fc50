"""Near-duplicates in this process: groups of noisy words, beside the list of pairs and the join of faiss."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from data import Floats, noisy_words
from harness import Report, present, timed
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from selections import range_search

import simtool

THRESHOLD = 0.95


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Check that all give the same groups, and time them."""
    x = noisy_words(4000 if quick else 60_000)
    path = str(folder / "noisy.npy")
    np.save(path, x)
    dedup = partial(simtool.dedup, path)
    contenders: dict[str, Callable[[], object]] = {
        "simtool.pairwise(threshold)": partial(simtool.pairwise, path, threshold=THRESHOLD),
        "simtool.dedup": partial(dedup, threshold=THRESHOLD),
        "simtool.dedup(linkage=leader)": partial(dedup, threshold=THRESHOLD, linkage="leader"),
        "simtool.dedup(sweep of ten thresholds)": partial(dedup, sweep=np.linspace(THRESHOLD, 0.995, 10).tolist()),
    }
    if present("faiss", "faiss"):
        contenders["faiss range_search, scipy components"] = partial(groups_of_pairs, x)
        assert len(np.unique(groups_of_pairs(x))) == dedup(threshold=THRESHOLD).summary["kept"]
    runs = {name: timed(function) for name, function in contenders.items()}
    shape = f"{len(x)} words with noise, d {x.shape[1]}, float32"
    report.contest(f"near-duplicates at {THRESHOLD}", runs, shape=shape, work=(len(x) ** 2 * x.shape[1] / 1e9, "GFLOP"))


def groups_of_pairs(x: Floats) -> Floats:
    """Return the component of each row, of a list of all close pairs."""
    rows, columns, _ = range_search(x, x, THRESHOLD)
    pairs = csr_matrix((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(len(x), len(x)))
    labels: Floats = connected_components(pairs, directed=False)[1]
    return labels
