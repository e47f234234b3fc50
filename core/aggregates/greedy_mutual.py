"""Aggregates of who matches whom both ways by cosine: the greedy match of BERTScore, and mutual nearest neighbours."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..backend import Backend
from ..engine import Matches, nearest_both
from ..metrics import EPS
from ..results import Column, Progress
from .record import NUMPY, AggregateRecord, AggregateRequest, BlockForm, Evaluator, MatchedPairs
from .resample import Resample
from .shared_matches import cosine_matches, matches_of, mean_scores
from .weights import harmonic_mean


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
    precision, recall = mean_scores(matches, weights_a, weights_b)
    f1 = float(harmonic_mean(np.asarray(precision), np.asarray(recall)))
    return GreedyMatch(matches.forward, matches.backward, precision, recall, f1)


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


def _both_chosen(job: Evaluator) -> MatchedPairs:
    matches = cosine_matches(job)
    there, back = matches.forward, matches.backward
    direction = np.repeat(np.asarray(["a to b", "b to a"], dtype=object), [len(there.scores), len(back.scores)])
    a = np.append(np.arange(len(there.scores)), back.neighbours)
    b = np.append(there.neighbours, np.arange(len(back.scores)))
    return MatchedPairs(direction, a, b, np.append(there.scores, back.scores))


def _argmax_drawn(draw: Resample, request: AggregateRequest) -> dict[str, Column]:
    matches = cosine_matches(draw.evaluator)
    precision, recall = (
        draw.means(side, match.scores) for side, match in enumerate((matches.forward, matches.backward))
    )
    f1 = harmonic_mean(precision, recall)
    return dict(zip(request.keys, (f1, precision, recall, f1), strict=True))


ARGMAX = AggregateRecord(
    parts=("precision", "recall", "f1"),
    repeated=("f1",),
    bidirectional=True,
    crossed=True,
    shared=lambda job, _: greedy_of(cosine_matches(job), *job.sets[2:]),
    resampled=_argmax_drawn,
    mixed=lambda sets, _: sets.of_parts(sets.cosines, lambda scores: greedy_of(matches_of(scores)).f1),
    in_blocks=BlockForm(lambda tile, _: harmonic_mean(tile.precision, tile.recall)),
    matched=_both_chosen,
)


def _mutual_drawn(draw: Resample, request: AggregateRequest) -> dict[str, Column]:
    matches = cosine_matches(draw.evaluator)
    there, back = matches.forward.neighbours, matches.backward.neighbours
    chosen = [back[there] == np.arange(len(there)), there[back] == np.arange(len(back))]
    scores = [draw.means(side, values.astype(np.float64)) for side, values in enumerate(chosen)]
    return dict(zip(request.keys[:2], scores, strict=True))


def _mutual_pairs(job: Evaluator) -> MatchedPairs:
    there, back = cosine_matches(job).forward, cosine_matches(job).backward
    rows = np.flatnonzero(back.neighbours[there.neighbours] == np.arange(len(there.scores)))
    return MatchedPairs.with_rest(job.sets, rows, there.neighbours[rows], there.scores[rows])


MUTUAL = AggregateRecord(
    parts=("share_b", "pairs"),
    bidirectional=True,
    shared=lambda job, _: mutual_of(cosine_matches(job)),
    resampled=_mutual_drawn,
    mixed=lambda sets, _: sets.of_parts(sets.cosines, lambda scores: mutual_of(matches_of(scores)).share_a),
    matched=_mutual_pairs,
)
