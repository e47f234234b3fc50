"""Aggregates of the best match of every row, through the tiled sweep."""

from dataclasses import dataclass
from math import fsum

import numpy as np

from ..backend import Backend
from ..engine.budget import budget_of
from ..engine.candidates import Hits
from ..engine.exact import Pairs
from ..engine.kernels import Kernel
from ..engine.reducers import Question, TopK
from ..engine.sweep import Progress, sweep
from ..metrics import EPS, needs_scale
from ..results import Column


@dataclass(frozen=True)
class Match:
    """The best partner of every row of one side.

    Args:
        partners: (n,) row numbers on the other side.
        scores: (n,) their cosines.
    """

    partners: Column
    scores: Column


@dataclass(frozen=True)
class GreedyMatch:
    """Every row with its best row on the other side, both ways.

    Args:
        forward: of each row of x in y.
        backward: of each row of y in x.
    """

    forward: Match
    backward: Match

    @property
    def precision(self) -> float:
        """Mean over x of its best cosine in y."""
        return fsum(self.forward.scores.tolist()) / len(self.forward.scores)

    @property
    def recall(self) -> float:
        """Mean over y of its best cosine in x."""
        return fsum(self.backward.scores.tolist()) / len(self.backward.scores)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 unless both are positive."""
        if self.precision <= 0 or self.recall <= 0:
            return 0.0
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def best_partners(
    x: Column, y: Column, *, eps: float = EPS, backend: Backend, progress: Progress | None = None
) -> Match:
    """Return for each row of x its closest row of y; of equals the first."""
    scaled = needs_scale(x.dtype) or needs_scale(y.dtype)
    kernel = Kernel("cosine", "float32", scaled, backend, eps)
    question = Question(kernel, Pairs("cosine", x, y, scaled, eps), larger_is_closer=True)
    found: list[Hits] = []
    plan = budget_of(None).plan(len(x), len(y), x.shape[1], 4)
    sweep(x, y, kernel, TopK(1, question, found.append), plan, progress)
    _, partners, scores = (np.concatenate(part) for part in zip(*found, strict=True))
    return Match(partners, scores)


def greedy_match(
    x: Column, y: Column, *, eps: float = EPS, backend: Backend, progress: Progress | None = None
) -> GreedyMatch:
    """Match every row with its best row on the other side.

    With s the cosine: P = mean over x of max over y of s, R the same the other way, F1 = 2 P R / (P + R).

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        eps: the least norm to divide by.
        backend: where to compute.
        progress: called with the rows that are done and their total, for each direction.

    Returns:
        Both matches, with `precision`, `recall` and `f1`.

    Source:
        Zhang et al. 2020, BERTScore, section 3, without idf.

    Example:
        >>> from simtool.backend import choose_backend
        >>> greedy_match(np.eye(2), np.ones((1, 2)), backend=choose_backend()).precision
        0.7071067811865475
    """
    forward = best_partners(x, y, eps=eps, backend=backend, progress=progress)
    return GreedyMatch(forward, best_partners(y, x, eps=eps, backend=backend, progress=progress))


def best_pair(x: Column, y: Column, *, eps: float = EPS, backend: Backend, progress: Progress | None = None) -> float:
    """Cosine of the closest pair.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        eps: the least norm to divide by.
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Returns:
        A cosine in [-1, 1].

    Source:
        Single linkage.

    Example:
        >>> from simtool.backend import choose_backend
        >>> best_pair(np.eye(2), np.asarray([[0.0, 2.0]]), backend=choose_backend())
        1.0
    """
    return float(best_partners(x, y, eps=eps, backend=backend, progress=progress).scores.max())
