"""Selections in this process: the top k of each row, all pairs at a threshold, and a set with itself."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import selections
from data import Floats, noisy_words, unit, vectors
from harness import Report, present, timed
from selections import PairList, TopList, check_pairs, check_top

import simtool

DIMS, THRESHOLD, NEAR, BEST = 384, 0.66, 0.95, 10_000
SHAPES = ((384, 10), (384, 100), (768, 10), (768, 100))  # dims, k
QUERY_BLOCK, BLOCK = 1024, 4096  # simtool's tiles

Tops = dict[str, Callable[[], TopList]]
Joins = dict[str, Callable[[], PairList]]


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Check and time every selection."""
    for dims, k in SHAPES[:1] if quick else SHAPES:
        _top(report, *((2000, 20_000) if quick else (10_000, 100_000)), dims, k)
    _threshold(report, *((2000, 4000) if quick else (10_000, 20_000)))
    _self_join(report, 4000 if quick else 20_000)
    _words(report, 4000 if quick else 60_000)
    _best_pairs(report, 4000 if quick else 20_000)


def _top(report: Report, n: int, m: int, dims: int, k: int) -> None:
    a, b = vectors(n, dims, 1), vectors(m, dims, 2)
    contenders: Tops = {}
    if present("faiss", "faiss"):
        contenders["faiss.knn, inner product of unit rows"] = partial(selections.faiss_top, a, b, k)
    contenders["simtool.pairwise(top_k)"] = partial(simtool_top, a, b, k)
    if present("sentence-transformers", "sentence_transformers"):
        contenders["sentence-transformers semantic_search"] = partial(selections.semantic_search, a, b, k)
    if present("scikit-learn", "sklearn"):
        contenders["scikit-learn brute cosine"] = partial(selections.brute_top, a, b, k)
    check_top(contenders, a, b, k)
    runs = {name: timed(function) for name, function in contenders.items()}
    runs["the product alone, numpy float32"] = timed(partial(multiply_tiles, a, b))
    runs["the product alone, torch bfloat16"] = timed(partial(multiply_narrow_tiles, a, b))
    shape = f"{n} × {m}, d {dims}, float32"
    report.contest(f"top {k} of each row, d {dims}", runs, shape=shape, work=(2 * n * m * dims / 1e9, "GFLOP"))


def _threshold(report: Report, n: int, m: int) -> None:
    a, b = (vectors(rows, DIMS, seed, clusters=m // 20) for seed, rows in ((1, n), (2, m)))
    contenders: Joins = {}
    if present("faiss", "faiss"):
        contenders["faiss range_search of unit rows"] = partial(selections.range_search, a, b, THRESHOLD)
    contenders["simtool.pairwise(threshold)"] = partial(simtool_pairs, a, b, THRESHOLD)
    if present("scikit-learn", "sklearn"):
        contenders["scikit-learn radius_neighbors"] = partial(selections.radius_neighbors, a, b, THRESHOLD)
    found = check_pairs(contenders, a, b, THRESHOLD)
    runs = {name: timed(function) for name, function in contenders.items()}
    runs["the product alone, numpy float32"] = timed(partial(multiply_tiles, a, b))
    shape = f"{n} × {m}, d {DIMS}, float32, {found} pairs"
    report.contest(f"all pairs at {THRESHOLD}", runs, shape=shape, work=(2 * n * m * DIMS / 1e9, "GFLOP"))


def _self_join(report: Report, n: int) -> None:
    a = vectors(n, DIMS, 1, clusters=n // 20)
    contenders: Joins = {}
    if present("faiss", "faiss"):
        contenders["faiss range_search of unit rows"] = partial(selections.range_search, a, a, THRESHOLD)
    contenders["simtool.pairwise(threshold)"] = partial(simtool_pairs, a, None, THRESHOLD)
    if present("scikit-learn", "sklearn"):
        contenders["scikit-learn radius_neighbors"] = partial(selections.radius_neighbors, a, a, THRESHOLD)
    if present("sentence-transformers", "sentence_transformers"):
        contenders["sentence-transformers paraphrase_mining"] = partial(selections.paraphrase_mining, a)
    found = check_pairs(contenders, a, a, THRESHOLD, itself=True)
    runs = {name: timed(function) for name, function in contenders.items()}
    runs["half the product, numpy float32"] = timed(partial(multiply_tiles, a, a, upper=True))
    shape = f"{n} rows, d {DIMS}, float32, {found} pairs"
    report.contest(f"self-join at {THRESHOLD}", runs, shape=shape, work=(n * n * DIMS / 1e9, "GFLOP"))


def _words(report: Report, n: int) -> None:
    a = noisy_words(n)
    contenders: Joins = {}
    if present("faiss", "faiss"):
        contenders["faiss range_search of unit rows"] = partial(selections.range_search, a, a, NEAR)
    contenders["simtool.pairwise(threshold)"] = partial(simtool_pairs, a, None, NEAR)
    found = check_pairs(contenders, a, a, NEAR, itself=True)
    runs = {name: timed(function) for name, function in contenders.items()}
    runs["half the product, numpy float32"] = timed(partial(multiply_tiles, a, a, upper=True))
    shape = f"{n} words with noise, d {a.shape[1]}, float32, {found} pairs"
    report.contest(f"self-join of words at {NEAR}", runs, shape=shape, work=(n * n * a.shape[1] / 1e9, "GFLOP"))


def _best_pairs(report: Report, n: int) -> None:
    a = vectors(n, DIMS, 1)
    contenders: Joins = {"simtool.pairwise(max_pairs)": partial(simtool_best, a)}
    if present("sentence-transformers", "sentence_transformers"):
        contenders["sentence-transformers paraphrase_mining"] = partial(selections.paraphrase_mining, a, BEST)
    worst = float(np.min(simtool_best(a)[2]))
    check_pairs(contenders, a, a, worst, itself=True)
    runs = {name: timed(function) for name, function in contenders.items()}
    runs["half the product, numpy float32"] = timed(partial(multiply_tiles, a, a, upper=True))
    shape = f"{n} rows, d {DIMS}, float32"
    report.contest(f"the {BEST} best pairs", runs, shape=shape, work=(n * n * DIMS / 1e9, "GFLOP"))


def simtool_top(a: Floats, b: Floats, k: int) -> TopList:
    """Return simtool's top k."""
    rows = simtool.pairwise(a, b, top_k=k, metric="cosine").rows
    columns = rows.read(0, len(rows))
    return columns["b"].reshape(-1, k), columns["score"].reshape(-1, k)


def simtool_pairs(a: Floats, b: Floats | None, threshold: float) -> PairList:
    """Return simtool's pairs at a threshold."""
    rows = simtool.pairwise(a, b, threshold=threshold, metric="cosine").rows
    columns = rows.read(0, len(rows))
    return columns["a"], columns["b"], columns["score"]


def simtool_best(a: Floats) -> PairList:
    """Return simtool's best pairs."""
    rows = simtool.pairwise(a, max_pairs=BEST, metric="cosine").rows
    columns = rows.read(0, len(rows))
    return columns["a"], columns["b"], columns["score"]


def multiply_tiles(a: Floats, b: Floats, *, upper: bool = False) -> None:
    """Multiply the tiles that simtool multiplies, and do nothing with them."""
    x, y = unit(a), unit(b)
    for row in range(0, len(x), QUERY_BLOCK):
        for column in range(0, len(y), BLOCK):
            if not upper or column + BLOCK > row + 1:
                x[row : row + QUERY_BLOCK] @ y[column : column + BLOCK].T


def multiply_narrow_tiles(a: Floats, b: Floats) -> None:
    """Multiply the tiles in bfloat16, and do nothing with them."""
    import torch

    x, y = (torch.from_numpy(unit(side)).to(torch.bfloat16) for side in (a, b))
    for row in range(0, len(x), QUERY_BLOCK):
        for column in range(0, len(y), BLOCK):
            x[row : row + QUERY_BLOCK] @ y[column : column + BLOCK].T
