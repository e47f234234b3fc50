"""Two sets down to one number: beside the products that each needs, bert-score's arithmetic in torch, and POT."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from data import Floats, unit, vectors
from harness import Report, present, require_close, timed

from simtool import aggregates

DIMS = 384
QUERY_BLOCK, CORPUS_BLOCK = 1024, 4096
PRODUCTS = {"argmax": 1, "energy": 3, "mmd": 3, "prdc": 3, "knn_overlap": 2}
SMALL = 300  # rows of which everything is computed once more by hand


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Check and time aggregates of two sets."""
    rows = 2500 if quick else 10_000
    x, y = (vectors(rows, DIMS, seed) for seed in (0, 1))
    shape = f"{rows} × {rows}, d {DIMS}, float32"
    check_small(x[:SMALL], y[:SMALL])
    for name, count in PRODUCTS.items():
        function = getattr(aggregates, name)
        contenders = {
            f"{count} products, numpy": timed(lambda count=count: products(x, y, count)),
            f"simtool {name}": timed(lambda function=function: function(x, y)),
        }
        goals = {f"simtool {name}": 3.0}
        report.contest(f"compare, {name}", contenders, shape=shape, goals=goals)
    if present("torch", "torch"):
        require_close("argmax", abs(aggregates.argmax(x, y).f1 - bert_score(x, y)))
        contenders = {
            "torch, bert-score's arithmetic": timed(lambda: bert_score(x, y)),
            "simtool argmax": timed(lambda: aggregates.argmax(x, y)),
        }
        report.contest("compare, argmax of tokens", contenders, shape=shape)
    if present("POT", "ot"):
        transport(report, *(side[: 1000 if quick else 3000] for side in (x, y)))


def products(x: Floats, y: Floats, count: int) -> None:
    """Multiply all rows with all rows, in tiles that are written over."""
    room = np.empty((QUERY_BLOCK, CORPUS_BLOCK), dtype=np.float32)
    for _ in range(count):
        for i in range(0, len(x), QUERY_BLOCK):
            for j in range(0, len(y), CORPUS_BLOCK):
                a, b = x[i : i + QUERY_BLOCK], y[j : j + CORPUS_BLOCK]
                np.matmul(a, b.T, out=room[: len(a), : len(b)])


def check_small(x: Floats, y: Floats) -> None:
    """Refuse aggregates that differ from their formulas, in float64 over the whole matrices."""
    wide = [side.astype(np.float64) for side in (x, y)]
    within, other, both = (distances(*pair) for pair in ((wide[0], wide[0]), (wide[1], wide[1]), wide))
    cosines = [unit(side) @ unit(side).T - 2 * np.eye(len(side)) for side in wide]
    nearest = [np.argsort(-own, axis=1, kind="stable")[:, :10] for own in cosines]
    common = [len(set(a) & set(b)) for a, b in zip(*(own.tolist() for own in nearest), strict=True)]
    width = aggregates.mmd(x, y).width
    gaussian: Callable[[np.ndarray], float] = lambda d: float(np.exp(-(d**2) / (2 * width**2)).mean())  # noqa: E731
    radius = np.sort(within, axis=1)[:, 5]
    expected = {
        "energy": (aggregates.energy(x, y).biased, 2 * both.mean() - within.mean() - other.mean()),
        "mmd": (aggregates.mmd(x, y).biased, gaussian(within) + gaussian(other) - 2 * gaussian(both)),
        "prdc": (aggregates.prdc(x, y).precision, (both < radius[:, None]).any(axis=0).mean()),
        "knn_overlap": (aggregates.knn_overlap(x, y).score, np.mean(common) / 10),
    }
    for name, (found, formula) in expected.items():
        require_close(name, abs(found - formula), 1e-9)


def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the Euclidean distances of all rows."""
    return np.stack([np.linalg.norm(y - row, axis=1) for row in x])


def bert_score(x: Floats, y: Floats) -> float:
    """Return the F1 of bert-score: one product of unit rows, and the maxima of both sides."""
    import torch
    from torch.nn.functional import normalize

    cosines = normalize(torch.from_numpy(x)) @ normalize(torch.from_numpy(y)).T
    precision, recall = (float(cosines.max(dim=dim).values.mean()) for dim in (1, 0))
    return 2 * precision * recall / (precision + recall)


def transport(report: Report, x: Floats, y: Floats) -> None:
    """Check and time entropic transport beside POT, both in the log domain and to the same violation."""
    import ot

    epsilon, weights = 0.1, np.full(len(x), 1 / len(x))

    def peer() -> float:
        cost = 1.0 - unit(x.astype(np.float64)) @ unit(y.astype(np.float64)).T
        plan = ot.sinkhorn(weights, weights, cost, epsilon, method="sinkhorn_log", stopThr=1e-10)
        return float((plan * cost).sum())

    require_close("sinkhorn", abs(aggregates.sinkhorn(x, y, epsilon=epsilon).cost - peer()), 1e-7)
    contenders = {
        "POT, sinkhorn_log": timed(peer),
        "simtool sinkhorn": timed(lambda: aggregates.sinkhorn(x, y, epsilon=epsilon)),
    }
    report.contest("compare, sinkhorn", contenders, shape=f"{len(x)} × {len(y)}, d {DIMS}, float32")
