"""The peers of a selection, all asked for the cosine, and the proof that they found the same."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from data import Floats, unit
from harness import TOLERANCE, require_close
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Scores = NDArray[Any]
TopList = tuple[Ids, Scores]
PairList = tuple[Ids, Ids, Scores]

LOOSE = 5e-6  # a float32 score of a peer, which promises nothing
SAMPLED = 64  # rows that are compared with all of float64
PIECE = 100_000  # pairs that are scored at a time


def faiss_top(a: Floats, b: Floats, k: int) -> TopList:
    """Ask faiss; on unit rows the inner product is the cosine."""
    import faiss

    scores, ids = faiss.knn(unit(a), unit(b), k, metric=faiss.METRIC_INNER_PRODUCT)
    return ids, scores


def semantic_search(a: Floats, b: Floats, k: int) -> TopList:
    """Ask sentence-transformers."""
    import torch
    from sentence_transformers import util

    found = util.semantic_search(torch.from_numpy(a), torch.from_numpy(b), top_k=k, score_function=util.cos_sim)
    ids = np.asarray([[hit["corpus_id"] for hit in row] for row in found])
    return ids, np.asarray([[hit["score"] for hit in row] for row in found])


def brute_top(a: Floats, b: Floats, k: int) -> TopList:
    """Ask scikit-learn, whose cosine distance is 1 minus the cosine."""
    from sklearn.neighbors import NearestNeighbors

    distances, ids = NearestNeighbors(n_neighbors=k, algorithm="brute", metric="cosine").fit(b).kneighbors(a)
    return ids, 1 - distances


def range_search(a: Floats, b: Floats, threshold: float) -> PairList:
    """Ask faiss for all pairs of unit rows with this inner product."""
    import faiss

    index = faiss.IndexFlatIP(b.shape[1])
    index.add(unit(b))
    limits, scores, ids = index.range_search(unit(a), threshold)
    return np.repeat(np.arange(len(a)), np.diff(limits).astype(np.int64)), ids, scores


def radius_neighbors(a: Floats, b: Floats, threshold: float) -> PairList:
    """Ask scikit-learn for all pairs up to a cosine distance."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(radius=1 - threshold, algorithm="brute", metric="cosine").fit(b)
    distances, ids = search.radius_neighbors(a)
    rows = np.repeat(np.arange(len(a)), [len(row) for row in ids])
    return rows, np.concatenate(ids), 1 - np.concatenate(distances)


def paraphrase_mining(a: Floats, most: int = 500_000) -> PairList:
    """Ask sentence-transformers for the closest pairs, which it lists without a threshold."""
    import torch
    from sentence_transformers import util

    found = util.paraphrase_mining_embeddings(torch.from_numpy(a), max_pairs=most, score_function=util.cos_sim)
    scores, rows, columns = (np.asarray(part) for part in zip(*found, strict=True))
    return rows, columns, scores


def check_top(contenders: Mapping[str, Callable[[], TopList]], a: Floats, b: Floats, k: int) -> None:
    """Refuse contenders whose rows have other scores than the k best cosines of float64; ties may swap ids."""
    some = np.linspace(0, len(a) - 1, SAMPLED).astype(np.int64)
    exact = np.sort(_unit64(a[some]) @ _unit64(b).T, axis=1)[:, : -k - 1 : -1]
    first: Scores | None = None
    for name, ask in contenders.items():
        ids, scores = ask()
        true = cosines(a, b, np.repeat(np.arange(len(a)), k), ids.ravel()).reshape(-1, k)
        if any(len(set(row)) < k for row in ids.tolist()):
            raise AssertionError(f"{name} lists an id twice")
        require_close(f"{name}: its scores are not cosines; the difference", float(np.abs(scores - true).max()), LOOSE)
        best = -np.sort(-true, axis=1)
        require_close(f"{name}: its best are not the best; the score", float(np.abs(best[some] - exact).max()))
        first = best if first is None else first
        require_close(f"{name}: its ids are others; the score", float(np.abs(best - first).max()))


def check_pairs(
    contenders: Mapping[str, Callable[[], PairList]], a: Floats, b: Floats, threshold: float, *, itself: bool = False
) -> int:
    """Refuse contenders that list other pairs, but for those at the very threshold; return how many there are."""
    expected: set[int] | None = None
    for name, ask in contenders.items():
        rows, columns, scores = ask()
        true = cosines(a, b, rows, columns)
        require_close(f"{name}: its scores are not cosines; the difference", float(np.abs(scores - true).max()), LOOSE)
        sure = true > threshold + TOLERANCE
        if itself:
            rows, columns = np.minimum(rows, columns), np.maximum(rows, columns)
            sure &= rows != columns
        found = set((rows * len(b) + columns)[sure].tolist())
        expected = found if expected is None else expected
        if found != expected:
            raise AssertionError(f"{name} differs in {len(found ^ expected)} of {len(expected)} pairs")
    return len(expected or ())


def cosines(a: Floats, b: Floats, rows: Ids, columns: Ids) -> Scores:
    """Return the cosines of pairs in float64."""
    x, y = _unit64(a), _unit64(b)
    scores = np.empty(len(rows))
    for start in range(0, len(rows), PIECE):
        part = slice(start, start + PIECE)
        scores[part] = np.vecdot(x[rows[part]], y[columns[part]])
    return scores


def _unit64(x: Floats) -> NDArray[np.float64]:
    wide = x.astype(np.float64)
    result: NDArray[np.float64] = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    return result
