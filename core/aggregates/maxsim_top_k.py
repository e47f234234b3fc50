"""Aggregates of the closest rows of B of each row of A, by cosine: the closest pair, ColBERT's MaxSim, top-k means."""

from typing import NamedTuple

import numpy as np

from ..backend import Backend
from ..engine import Match, nearest
from ..metrics import EPS
from ..results import Column, Progress
from .mixed import MixedSets
from .record import NUMPY, AggregateRecord, AggregateRequest, BlockForm
from .resample import Resample
from .shared_matches import forward_match, matches_of
from .token_blocks import TokenTile
from .weights import mean_of, shares


class MaxSim(NamedTuple):
    """The best cosine of every row of x.

    Args:
        sum: weighted, where there are weights, in [-n, n].
        mean: weighted, in [-1, 1].
    """

    sum: float
    mean: float

    @property
    def score(self) -> float:
        """The mean, which sets of different length share."""
        return self.mean


def best_pair(
    x: Column, y: Column, *, eps: float = EPS, backend: Backend = NUMPY, progress: Progress | None = None
) -> float:
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
        >>> best_pair(np.eye(2), np.asarray([[0.0, 2.0]]))
        1.0
    """
    return best_of_all(nearest(x, y, eps=eps, backend=backend, progress=progress))


def best_of_all(forward: Match) -> float:
    """Return the cosine of the closest pair of a match."""
    return float(forward.scores.max())


def maxsim(
    x: Column,
    y: Column,
    *,
    weights_a: Column | None = None,
    eps: float = EPS,
    backend: Backend = NUMPY,
    progress: Progress | None = None,
) -> MaxSim:
    """Sum and mean over the rows of x, the query, of the best cosine in y, the document.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        weights_a: (n,) of the rows of x, at least 0; None: all 1.
        eps: the least norm to divide by.
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Returns:
        `sum` over i of w[i] max_j s[i, j], in [-n, n] without weights, and `mean`, that over the sum of the weights.

    Raises:
        ShapeError, DataError: weights that do not fit.

    Source:
        Khattab, Zaharia 2020, ColBERT, equation 3.

    Example:
        >>> maxsim(np.eye(2), np.asarray([[0.0, 2.0]]))
        MaxSim(sum=1.0, mean=0.5)
    """
    return maxsim_of(nearest(x, y, eps=eps, backend=backend, progress=progress), weights_a)


def maxsim_of(forward: Match, weights_a: Column | None = None) -> MaxSim:
    """Return sum and mean of the best cosines of a match."""
    n = len(forward.scores)
    mean = mean_of(forward.scores, shares(weights_a, n, "«weights_a»"))
    return MaxSim(mean * (n if weights_a is None else float(np.sum(weights_a, dtype=np.float64))), mean)


def top_k_mean(
    x: Column,
    y: Column,
    *,
    k: int = 5,
    weights_a: Column | None = None,
    eps: float = EPS,
    backend: Backend = NUMPY,
    progress: Progress | None = None,
) -> float:
    """Mean over the rows of x of the mean cosine of its k closest rows of y.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        k: how many; where y has fewer rows, all of them.
        weights_a: (n,) of the rows of x, at least 0; None: all the same.
        eps: the least norm to divide by.
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Returns:
        A cosine in [-1, 1]. With k 1 the mean of `maxsim`, with k of m and more the mean of all pairs.

    Raises:
        ParameterError: k is below 1.
        ShapeError, DataError: weights that do not fit.

    Source:
        Conneau et al. 2018, equation 2 (the mean similarity to a neighbourhood), there with k 10.

    Example:
        >>> top_k_mean(np.eye(2), np.eye(2), k=2)
        0.5
    """
    return top_k_mean_of(nearest(x, y, k=k, eps=eps, backend=backend, progress=progress), weights_a)


def top_k_mean_of(forward: Match, weights_a: Column | None = None, *, k: int | None = None) -> float:
    """Return the mean of the k best scores of each row of a match, of all that it holds without k."""
    means = forward.best[:, :k].mean(axis=1)
    return mean_of(means, shares(weights_a, len(means), "«weights_a»"))


def _best_in_tile(tile: TokenTile, request: AggregateRequest) -> Column:
    best: Column = np.where(tile.block.real[:, :, None], tile.forward, -np.inf).max(axis=1)
    return best


MAX = AggregateRecord(
    shared=lambda job, _: best_of_all(forward_match(job)),
    mixed=lambda sets, _: sets.of_parts(sets.cosines, lambda scores: best_of_all(matches_of(scores).forward)),
    in_blocks=BlockForm(_best_in_tile),
)


MAXSIM = AggregateRecord(
    parts=("sum",),
    crossed=True,
    summed=True,
    shared=lambda job, _: maxsim_of(forward_match(job), job.sets.weights_a),
    resampled=lambda draw, request: {request.name: draw.means(0, forward_match(draw.evaluator).scores)},
    mixed=lambda sets, _: sets.of_parts(sets.cosines, lambda scores: maxsim_of(matches_of(scores).forward).mean),
    in_blocks=BlockForm(lambda tile, _: tile.precision),
)


def _top_k_mixed(sets: MixedSets, request: AggregateRequest) -> Column:
    k = request.parameters["k"]
    return sets.of_parts(sets.cosines, lambda scores: top_k_mean_of(matches_of(scores, k).forward))


def _top_k_drawn(draw: Resample, request: AggregateRequest) -> dict[str, Column]:
    best = forward_match(draw.evaluator).best[:, : request.parameters["k"]]
    return {request.name: draw.means(0, best.mean(axis=1))}


def _top_k_in_tile(tile: TokenTile, request: AggregateRequest) -> Column:
    """Return the means over the tokens of A of the k best tokens of each item of B, of all where it has fewer."""
    k, counts = request.parameters["k"], tile.other.real.sum(axis=1)
    width = tile.cosines.shape[3]
    best = np.sort(tile.cosines, axis=3)[..., width - min(k, width) :]
    total = np.where(np.isfinite(best), best, 0.0).sum(axis=3)
    return tile.means_of_a(np.asarray(total / np.minimum(counts, k)[None, None, :]))


TOP_K_MEAN = AggregateRecord(
    depth="k",
    shared=lambda job, parameters: top_k_mean_of(forward_match(job), job.sets.weights_a, k=parameters["k"]),
    resampled=_top_k_drawn,
    mixed=_top_k_mixed,
    in_blocks=BlockForm(_top_k_in_tile),
)
