"""Aligned similarity and the pair losses of two files, beside numpy summing the same files once."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from data import saved
from harness import Report, present, require_close, timed
from numpy.typing import NDArray

import simtool

DIMS, MARGIN = 128, 0.2
PIECE = 1 << 16  # rows that numpy by hand takes at a time

Mean = Callable[[], float]


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Check and time the mean of a similarity and of two losses."""
    rows = 200_000 if quick else 2_000_000
    a, b = (saved(folder / f"{name}.npy", rows, DIMS, seed) for seed, name in ((1, "a"), (1_000_000_000, "b")))
    labels = np.random.default_rng(0).integers(2, size=rows)
    shape, work = f"{rows} × {DIMS} twice, float32 npy, mapped", (2 * rows * DIMS * 4 / 1e9, "GB")
    jobs = {
        "aligned cosine": _similarities(a, b),
        "cosine-embedding loss": _losses(a, b, labels, "cosine-embedding"),
        "contrastive loss": _losses(a, b, labels, "contrastive"),
    }
    for job, contenders in jobs.items():
        _check(job, contenders)
        runs = {name: timed(function) for name, function in contenders.items()}
        report.contest(job, {"numpy sums both files": timed(partial(total, a, b)), **runs}, shape=shape, work=work)


def total(a: str, b: str) -> float:
    """Return the sum of all numbers of both files: one pass, one addition a number."""
    return float(np.load(a, mmap_mode="r").sum() + np.load(b, mmap_mode="r").sum())


def _check(job: str, contenders: dict[str, Mean]) -> None:
    means = {name: contender() for name, contender in contenders.items()}
    for name, mean in means.items():
        require_close(f"{job}: the mean of {name}", abs(mean - means["numpy float64, by hand"]))


def _similarities(a: str, b: str) -> dict[str, Mean]:
    def by_simtool() -> float:
        result = simtool.similarity(simtool.open_vectors(a), simtool.open_vectors(b), metric="cosine")
        return float(result.summary["mean"])  # type: ignore[arg-type]

    def by_torch() -> float:
        import torch

        x, y = (torch.from_numpy(np.load(path)) for path in (a, b))
        return float(torch.nn.functional.cosine_similarity(x, y).double().mean())

    contenders: dict[str, Mean] = {"simtool.similarity": by_simtool}
    contenders["numpy float64, by hand"] = lambda: float(cosines(a, b).mean())
    if present("torch", "torch"):
        contenders["torch cosine_similarity, loaded whole"] = by_torch
    return contenders


def _losses(a: str, b: str, labels: NDArray[np.int64], kind: str) -> dict[str, Mean]:
    margin = MARGIN if kind == "cosine-embedding" else 20 * MARGIN

    def by_simtool() -> float:
        pairs = simtool.open_vectors(a), simtool.open_vectors(b)
        return float(simtool.loss(*pairs, labels=labels, kind=kind, margin=margin).summary["mean"])  # type: ignore[arg-type]

    def by_hand() -> float:
        if kind == "cosine-embedding":
            near = cosines(a, b)
            return float(np.where(labels == 1, 1 - near, np.maximum(0, near - margin)).mean())
        far = distances(a, b)
        return float(np.where(labels == 1, far**2, np.maximum(0, margin - far) ** 2).mean())

    contenders: dict[str, Mean] = {"simtool.loss": by_simtool, "numpy float64, by hand": by_hand}
    if kind == "cosine-embedding" and present("torch", "torch"):
        contenders["torch cosine_embedding_loss, loaded whole"] = partial(_torch_loss, a, b, labels, margin)
    return contenders


def _torch_loss(a: str, b: str, labels: NDArray[np.int64], margin: float) -> float:
    import torch

    x, y = (torch.from_numpy(np.load(path)) for path in (a, b))
    signs = torch.from_numpy(2 * labels - 1)
    each = torch.nn.functional.cosine_embedding_loss(x, y, signs, margin=margin, reduction="none")
    return float(each.double().mean())


def cosines(a: str, b: str) -> NDArray[np.float64]:
    """Return the cosine of each pair, by hand."""
    return _by_pieces(a, b, lambda x, y: np.vecdot(x, y) / np.sqrt(np.vecdot(x, x) * np.vecdot(y, y)))


def distances(a: str, b: str) -> NDArray[np.float64]:
    """Return the Euclidean distance of each pair, by hand."""
    return _by_pieces(a, b, lambda x, y: np.linalg.norm(x - y, axis=1))


def _by_pieces(a: str, b: str, score: Callable[[Any, Any], Any]) -> NDArray[np.float64]:
    x, y = (np.load(path, mmap_mode="r") for path in (a, b))
    scores = np.empty(len(x))
    for start in range(0, len(x), PIECE):
        part = slice(start, start + PIECE)
        scores[part] = score(x[part].astype(np.float64), y[part].astype(np.float64))
    return scores
