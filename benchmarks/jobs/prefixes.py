"""Selections of rows that leave most of their space empty, as embeddings do: where a scan of prefixes pays."""

from functools import partial
from pathlib import Path

import numpy as np
import selections
from data import WORDS, Floats, unit
from harness import Report, present, timed
from selections import check_pairs, check_top

import simtool

K, NEAR = 10, 0.9
LONG, GOAL = 768, 0.65  # from so many dims on, in CPU seconds beside faiss
DECAY = 1.3  # of the lengths along the directions of the rows that are made at random


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Check and time a top k and a threshold on word vectors and on rows made at random with their spectrum."""
    n, m = (1000, 20_000) if quick else (4000, 72_000)
    _jobs(report, "word vectors", *mixtures(words(), n, m))
    if not quick:
        _jobs(report, "random rows of a falling spectrum", *mixtures(falling(6000, 768), n, m))


def _jobs(report: Report, kind: str, a: Floats, b: Floats) -> None:
    shape = f"{len(a)} × {len(b)} {kind}, d {a.shape[1]}, float32"
    work = (2 * len(a) * len(b) * a.shape[1] / 1e9, "GFLOP")
    tops = {"simtool.pairwise(top_k)": partial(simtool_top, a, b)}
    joins = {"simtool.pairwise(threshold)": partial(simtool_pairs, a, b)}
    goals = dict.fromkeys((*tops, *joins), GOAL) if a.shape[1] >= LONG and present("faiss", "faiss") else {}
    if present("faiss", "faiss"):
        tops = {"faiss.knn, inner product of unit rows": partial(selections.faiss_top, a, b, K)} | tops
        joins = {"faiss range_search of unit rows": partial(selections.range_search, a, b, NEAR)} | joins
    check_top(tops, a, b, K)
    found = check_pairs(joins, a, b, NEAR)
    for job, contenders in ((f"top {K} of {kind}", tops), (f"{found} pairs of {kind} at {NEAR}", joins)):
        runs = {name: timed(function) for name, function in contenders.items()}
        own = {name: goal for name, goal in goals.items() if name in runs}
        report.contest(job, runs, shape=shape, work=work, goals=own)


def words() -> Floats:
    """Return the word vectors of the sample data at length 1."""
    vectors = simtool.open_vectors(str(WORDS))
    return unit(vectors.read(0, vectors.shape[0]).astype(np.float32))


def falling(rows: int, dims: int) -> Floats:
    """Return unit rows whose length along each direction falls as that of sentence embeddings does."""
    lengths = (np.arange(dims, dtype=np.float32) / 20 + 1) ** -DECAY
    return unit(np.random.default_rng(0).standard_normal((rows, dims), dtype=np.float32) * lengths)


def mixtures(base: Floats, n: int, m: int) -> tuple[Floats, Floats]:
    """Return n of some unit rows, and m rows of which each leans to one of them and somewhat to another."""
    rng, parts = np.random.default_rng(1), [base]
    while sum(map(len, parts)) < m:
        parts.append(unit(0.8 * base + 0.6 * base[rng.permutation(len(base))]).astype(np.float32))
    b = np.concatenate(parts)[:m]
    return b[rng.permutation(len(b))[:n]].copy(), b


def simtool_top(a: Floats, b: Floats) -> selections.TopList:
    """Return simtool's top k."""
    rows = simtool.pairwise(a, b, top_k=K).rows
    columns = rows.read(0, len(rows))
    return columns["b"].reshape(-1, K), columns["score"].reshape(-1, K)


def simtool_pairs(a: Floats, b: Floats) -> selections.PairList:
    """Return simtool's pairs at a threshold."""
    rows = simtool.pairwise(a, b, threshold=NEAR).rows
    columns = rows.read(0, len(rows))
    return columns["a"], columns["b"], columns["score"]
