"""Aggregates of the best match of every row on the other side, all from one tiled sweep.

`nearest_both` sweeps, and every aggregate is a function of what it found: one sweep serves all that are asked for.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..backend import Backend
from ..engine import Match, Matches, nearest, nearest_both
from ..metrics import EPS
from ..results import Column, Progress
from .mixed import MixedSets
from .record import NUMPY, AggregateRecord, AggregateRequest, BlockForm, Evaluator, MatchedPairs
from .resample import Resample
from .token_blocks import TokenTile
from .weights import harmonic_mean, mean_of, shares


@dataclass(frozen=True)
class GreedyMatch(Matches):
    """Every row with its best row on the other side, both ways.

    Args:
        precision: mean over x of its best cosine in y, in [-1, 1].
        recall: mean over y of its best cosine in x.
        f1: their harmonic mean; 0 unless both are positive.
    """

    precision: float
    recall: float
    f1: float

    @property
    def score(self) -> float:
        """The harmonic mean."""
        return self.f1


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


class Mutual(NamedTuple):
    """Rows that are each other's best match.

    Args:
        share_a: of the rows of x, in [0, 1].
        share_b: of the rows of y.
        pairs: how many.
    """

    share_a: float
    share_b: float
    pairs: int

    @property
    def score(self) -> float:
        """The share of the rows of x."""
        return self.share_a


class Chamfer(NamedTuple):
    """Mean Euclidean distances to the nearest row of the other side, not squared.

    Args:
        sum: of both directions.
        forward: from x to y.
        backward: from y to x.
    """

    sum: float
    forward: float
    backward: float

    @property
    def score(self) -> float:
        """The sum of both directions."""
        return self.sum


class Hausdorff(NamedTuple):
    """Largest Euclidean distances to the nearest row of the other side.

    Args:
        symmetric: the larger of both directions.
        forward: from x to y.
        backward: from y to x.
        percentile_95: the larger of the 95th percentiles of both directions.
    """

    symmetric: float
    forward: float
    backward: float
    percentile_95: float

    @property
    def score(self) -> float:
        """The larger of both directions."""
        return self.symmetric


def greedy_match(
    x: Column,
    y: Column,
    *,
    weights_a: Column | None = None,
    weights_b: Column | None = None,
    eps: float = EPS,
    backend: Backend = NUMPY,
    progress: Progress | None = None,
) -> GreedyMatch:
    """Match every row with its best row on the other side.

    With s the cosine: P = mean over x of max over y of s, R the same the other way, F1 = 2 P R / (P + R).

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        weights_a: (n,) of the rows of x in P, such as idf; at least 0. None: all the same.
        weights_b: (m,) of the rows of y in R.
        eps: the least norm to divide by.
        backend: where to compute.
        progress: called with the rows of x that are done and their total.

    Returns:
        Both matches, with `precision`, `recall` and `f1`.

    Raises:
        ShapeError, DataError: weights that do not fit.

    Source:
        Zhang et al. 2020, BERTScore, section 3, with its idf weights or any others.

    Example:
        >>> greedy_match(np.eye(2), np.ones((1, 2))).precision
        0.7071067811865475
    """
    return greedy_of(nearest_both(x, y, eps=eps, backend=backend, progress=progress), weights_a, weights_b)


def greedy_of(matches: Matches, weights_a: Column | None = None, weights_b: Column | None = None) -> GreedyMatch:
    """Return the greedy match of cosines, as `greedy_match` does."""
    precision, recall = _means(matches, weights_a, weights_b)
    f1 = float(harmonic_mean(np.asarray(precision), np.asarray(recall)))
    return GreedyMatch(matches.forward, matches.backward, precision, recall, f1)


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


def mutual(
    x: Column, y: Column, *, eps: float = EPS, backend: Backend = NUMPY, progress: Progress | None = None
) -> Mutual:
    """Share of the rows whose best match's best match is themselves; of equally close rows the first is the best.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        eps: the least norm to divide by.
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Returns:
        `share_a` of the rows of x and `share_b` of those of y, in (0, 1], and the number of `pairs`. Of equal rows of
        a set one at most is in a pair.

    Source:
        Mutual nearest neighbours, Gowda, Krishna 1978.

    Example:
        >>> mutual(np.eye(2), np.asarray([[0.0, 2.0]]))
        Mutual(share_a=0.5, share_b=1.0, pairs=1)
    """
    return mutual_of(nearest_both(x, y, eps=eps, backend=backend, progress=progress))


def mutual_of(matches: Matches) -> Mutual:
    """Return how many rows of both sides chose each other."""
    there, back = matches.forward.neighbours, matches.backward.neighbours
    pairs = int(np.count_nonzero(back[there] == np.arange(len(there))))
    return Mutual(pairs / len(there), pairs / len(back), pairs)


def chamfer(
    x: Column,
    y: Column,
    *,
    weights_a: Column | None = None,
    weights_b: Column | None = None,
    backend: Backend = NUMPY,
    progress: Progress | None = None,
) -> Chamfer:
    """Mean Euclidean distance of every row to the nearest row of the other side, both ways; not squared.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        weights_a: (n,) of the rows of x in `forward`, at least 0; None: all the same.
        weights_b: (m,) of the rows of y in `backward`.
        backend: where to compute.
        progress: called with the rows of x that are done and their total.

    Returns:
        `forward`, `backward` and their `sum`, at least 0, in units of the rows.

    Raises:
        ShapeError, DataError: weights that do not fit; a square leaves the range of float64.

    Source:
        Barrow et al. 1977; Fan, Su, Guibas 2017, section 4.1, there with squared distances.

    Example:
        >>> chamfer(np.asarray([[0.0], [3.0]]), np.asarray([[1.0]]))
        Chamfer(sum=2.5, forward=1.5, backward=1.0)
    """
    matches = nearest_both(x, y, metric="euclidean", backend=backend, progress=progress)
    return chamfer_of(matches, weights_a, weights_b)


def chamfer_of(matches: Matches, weights_a: Column | None = None, weights_b: Column | None = None) -> Chamfer:
    """Return the mean distances of Euclidean matches."""
    forward, backward = _means(matches, weights_a, weights_b)
    return Chamfer(forward + backward, forward, backward)


def hausdorff(x: Column, y: Column, *, backend: Backend = NUMPY, progress: Progress | None = None) -> Hausdorff:
    """Largest Euclidean distance of a row to the nearest row of the other side.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        backend: where to compute.
        progress: called with the rows of x that are done and their total.

    Returns:
        `forward` from x to y, `backward`, `symmetric`, the larger of the two, and `percentile_95`, the larger of the
        95th percentiles of the nearest distances of each direction; at least 0, in units of the rows.

    Raises:
        DataError: a square leaves the range of float64.

    Source:
        Hausdorff 1914; Huttenlocher, Klanderman, Rucklidge 1993, equations 1, 2 and 5.

    Example:
        >>> hausdorff(np.asarray([[0.0], [3.0]]), np.asarray([[1.0]])).symmetric
        2.0
    """
    return hausdorff_of(nearest_both(x, y, metric="euclidean", backend=backend, progress=progress))


def hausdorff_of(matches: Matches) -> Hausdorff:
    """Return the largest distances of Euclidean matches."""
    nearest = [match.scores for match in (matches.forward, matches.backward)]
    forward, backward = (float(distances.max()) for distances in nearest)
    percentiles = [float(np.quantile(distances, 0.95)) for distances in nearest]
    return Hausdorff(max(forward, backward), forward, backward, max(percentiles))


def _means(matches: Matches, weights_a: Column | None, weights_b: Column | None) -> tuple[float, float]:
    forward, backward = matches.forward.scores, matches.backward.scores
    return (
        mean_of(forward, shares(weights_a, len(forward), "«weights_a»")),
        mean_of(backward, shares(weights_b, len(backward), "«weights_b»")),
    )


def _cosine_matches(job: Evaluator) -> Matches:
    def search() -> Matches:
        return nearest_both(job.sets.x, job.sets.y, k=_k(job), **job.options, progress=job.progress)

    found: Matches = job.once("cosine matches", search)
    return found


def _forward(job: Evaluator) -> Match:
    """Return the best matches of the rows of A, from the sweep of both ways where there is one."""
    if any(request.record.both_ways for request in job.requests):
        return _cosine_matches(job).forward

    def search() -> Match:
        return nearest(job.sets.x, job.sets.y, k=_k(job), **job.options, progress=job.progress)

    found: Match = job.once("cosine matches of A", search)
    return found


def _k(job: Evaluator) -> int:
    return next((int(request.parameters["k"]) for request in job.asked(TOP_K_MEAN)), 1)


def _euclidean_matches(job: Evaluator) -> Matches:
    def search() -> Matches:
        return nearest_both(job.sets.x, job.sets.y, metric="euclidean", backend=job.backend, progress=job.progress)

    found: Matches = job.once("euclidean matches", search)
    return found


def _matches_of(scores: Column, k: int = 1, *, larger: bool = True) -> Matches:
    """Return the best matches by an (n, m) matrix."""
    closer = scores if larger else -scores
    sides = []
    for own in (closer, closer.T):
        neighbours = own.argmax(axis=1)
        best = own[np.arange(len(own)), neighbours]
        least = min(k, own.shape[1])
        several = -np.sort(-own, axis=1)[:, :least] if k > 1 else best[:, None]
        sides.append(Match(neighbours, best if larger else -best, several if larger else -several))
    return Matches(*sides)


def _both_chosen(job: Evaluator) -> MatchedPairs:
    matches = _cosine_matches(job)
    there, back = matches.forward, matches.backward
    direction = np.repeat(np.asarray(["a to b", "b to a"], dtype=object), [len(there.scores), len(back.scores)])
    a = np.append(np.arange(len(there.scores)), back.neighbours)
    b = np.append(there.neighbours, np.arange(len(back.scores)))
    return MatchedPairs(direction, a, b, np.append(there.scores, back.scores))


def _argmax_drawn(draw: Resample, request: AggregateRequest) -> dict[str, Column]:
    matches = _cosine_matches(draw.evaluator)
    precision, recall = (
        draw.means(side, match.scores) for side, match in enumerate((matches.forward, matches.backward))
    )
    f1 = harmonic_mean(precision, recall)
    return dict(zip(request.keys, (f1, precision, recall, f1), strict=True))


ARGMAX = AggregateRecord(
    parts=("precision", "recall", "f1"),
    both_ways=True,
    crossed=True,
    shared=lambda job, _: greedy_of(_cosine_matches(job), *job.sets[2:]),
    resampled=_argmax_drawn,
    mixed=lambda sets, _: sets.of_parts(sets.cosines, lambda scores: greedy_of(_matches_of(scores)).f1),
    in_blocks=BlockForm(lambda tile, _: harmonic_mean(tile.precision, tile.recall)),
    matched=_both_chosen,
)


def _best_in_tile(tile: TokenTile, request: AggregateRequest) -> Column:
    best: Column = np.where(tile.block.real[:, :, None], tile.forward, -np.inf).max(axis=1)
    return best


MAX = AggregateRecord(
    shared=lambda job, _: best_of_all(_forward(job)),
    mixed=lambda sets, _: sets.of_parts(sets.cosines, lambda scores: best_of_all(_matches_of(scores).forward)),
    in_blocks=BlockForm(_best_in_tile),
)

MAXSIM = AggregateRecord(
    parts=("sum",),
    crossed=True,
    shared=lambda job, _: maxsim_of(_forward(job), job.sets.weights_a),
    resampled=lambda draw, request: {request.name: draw.means(0, _forward(draw.evaluator).scores)},
    mixed=lambda sets, _: sets.of_parts(sets.cosines, lambda scores: maxsim_of(_matches_of(scores).forward).mean),
    in_blocks=BlockForm(lambda tile, _: tile.precision),
)


def _top_k_mixed(sets: MixedSets, request: AggregateRequest) -> Column:
    k = request.parameters["k"]
    return sets.of_parts(sets.cosines, lambda scores: top_k_mean_of(_matches_of(scores, k).forward))


def _top_k_drawn(draw: Resample, request: AggregateRequest) -> dict[str, Column]:
    best = _forward(draw.evaluator).best[:, : request.parameters["k"]]
    return {request.name: draw.means(0, best.mean(axis=1))}


def _top_k_in_tile(tile: TokenTile, request: AggregateRequest) -> Column:
    """Return the means over the tokens of A of the k best tokens of each item of B, of all where it has fewer."""
    k, counts = request.parameters["k"], tile.other.real.sum(axis=1)
    width = tile.cosines.shape[3]
    best = np.sort(tile.cosines, axis=3)[..., width - min(k, width) :]
    total = np.where(np.isfinite(best), best, 0.0).sum(axis=3)
    return tile.means_of_a(np.asarray(total / np.minimum(counts, k)[None, None, :]))


TOP_K_MEAN = AggregateRecord(
    shared=lambda job, parameters: top_k_mean_of(_forward(job), job.sets.weights_a, k=parameters["k"]),
    resampled=_top_k_drawn,
    mixed=_top_k_mixed,
    in_blocks=BlockForm(_top_k_in_tile),
)


def _mutual_drawn(draw: Resample, request: AggregateRequest) -> dict[str, Column]:
    matches = _cosine_matches(draw.evaluator)
    there, back = matches.forward.neighbours, matches.backward.neighbours
    chosen = [back[there] == np.arange(len(there)), there[back] == np.arange(len(back))]
    scores = [draw.means(side, values.astype(np.float64)) for side, values in enumerate(chosen)]
    return dict(zip(request.keys[:2], scores, strict=True))


def _mutual_pairs(job: Evaluator) -> MatchedPairs:
    there, back = _cosine_matches(job).forward, _cosine_matches(job).backward
    rows = np.flatnonzero(back.neighbours[there.neighbours] == np.arange(len(there.scores)))
    return MatchedPairs.with_rest(job.sets, rows, there.neighbours[rows], there.scores[rows])


MUTUAL = AggregateRecord(
    parts=("share_b", "pairs"),
    both_ways=True,
    shared=lambda job, _: mutual_of(_cosine_matches(job)),
    resampled=_mutual_drawn,
    mixed=lambda sets, _: sets.of_parts(sets.cosines, lambda scores: mutual_of(_matches_of(scores)).share_a),
    matched=_mutual_pairs,
)


def _chamfer_drawn(draw: Resample, request: AggregateRequest) -> dict[str, Column]:
    matches = _euclidean_matches(draw.evaluator)
    forward, backward = draw.means(0, matches.forward.scores), draw.means(1, matches.backward.scores)
    return dict(zip(request.keys, (forward + backward, forward, backward), strict=True))


CHAMFER = AggregateRecord(
    parts=("forward", "backward"),
    shared=lambda job, _: chamfer_of(_euclidean_matches(job), *job.sets[2:]),
    resampled=_chamfer_drawn,
    mixed=lambda sets, _: sets.of_parts(
        sets.distances, lambda scores: chamfer_of(_matches_of(scores, larger=False)).sum
    ),
)

HAUSDORFF = AggregateRecord(
    parts=("forward", "backward", "percentile_95"),
    shared=lambda job, _: hausdorff_of(_euclidean_matches(job)),
    mixed=lambda sets, _: sets.of_parts(
        sets.distances, lambda scores: hausdorff_of(_matches_of(scores, larger=False)).symmetric
    ),
)
