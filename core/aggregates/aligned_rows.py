"""Cosines of row i with row i: their mean, the least, and quantiles."""

from typing import NamedTuple

import numpy as np

from ..backend import Backend
from ..metrics import EPS, score_rows
from ..results import Column
from ..statistics.bootstrap import weighted_means
from .closed_forms import parts_of
from .record import NUMPY, AggregateRecord, AggregateRequest, Evaluator, Parameters
from .resample import Resample
from .weights import both_shares, mean_of, shares

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Paired(NamedTuple):
    """Cosines of row i with row i.

    Args:
        mean: weighted, where there are weights.
        min: the least.
        q05: the quantile .05 of the rows, unweighted, linear between them; so are the others.
        q25: the quantile .25.
        median: the quantile .5.
        q75: the quantile .75.
        q95: the quantile .95.
    """

    mean: float
    min: float
    q05: float
    q25: float
    median: float
    q75: float
    q95: float

    @property
    def score(self) -> float:
        """The mean."""
        return self.mean


def paired(
    x: Column,
    y: Column,
    *,
    weights_a: Column | None = None,
    weights_b: Column | None = None,
    eps: float = EPS,
    backend: Backend = NUMPY,
) -> Paired:
    """Mean, least and quantiles of the cosine of row i of x with row i of y.

    Args:
        x: (n, d) finite rows.
        y: (n, d).
        weights_a: (n,) of the rows of x, at least 0, for the mean; pair i weighs weights_a[i] weights_b[i].
        weights_b: (n,) of the rows of y. None: all the same.
        eps: the least norm to divide by.
        backend: where to compute.

    Returns:
        Cosines in [-1, 1]. The n scores are held while their quantiles are taken, 8 bytes each.

    Raises:
        ShapeError, DataError: weights that do not fit.

    Source:
        The mean of the aligned similarity; quantiles of Hyndman, Fan 1996, type 7, numpy's default.

    Example:
        >>> paired(np.eye(2), np.ones((2, 2)) * [[1], [-1]]).min
        -0.7071067811865475
    """
    scores = paired_scores(x, y, eps=eps, backend=backend)
    return paired_of(scores, pair_weights(len(x), weights_a, weights_b))


def paired_scores(x: Column, y: Column, *, eps: float = EPS, backend: Backend = NUMPY) -> Column:
    """Return the (n,) cosines of row i of x with row i of y."""
    scores = np.empty(len(x))
    for part in parts_of(x):
        wide = [backend.put(rows[part], backend.xp.float64) for rows in (x, y)]
        scores[part] = backend.get(score_rows("cosine", *wide, eps=eps))
    return scores


def pair_weights(rows: int, weights_a: Column | None, weights_b: Column | None) -> Column | None:
    """Return the (n,) shares of the pairs of row i with row i; None where all are the same."""
    parts = [share for share in both_shares(weights_a, rows, weights_b, rows) if share is not None]
    return shares(np.prod(parts, axis=0), rows, "«weights_a», «weights_b»") if parts else None


def paired_of(scores: Column, weights: Column | None = None) -> Paired:
    """Return what `paired` does of the scores of the pairs and their shares."""
    return Paired(mean_of(scores, weights), float(scores.min()), *np.quantile(scores, QUANTILES).tolist())


def _pair_scores(job: Evaluator) -> Column:
    return np.asarray(job.once("cosines of pairs", lambda: paired_scores(*job.paired[:2], **job.options)))


def _paired_shared(job: Evaluator, parameters: Parameters) -> Paired:
    return paired_of(_pair_scores(job), pair_weights(len(job.paired.x), *job.paired[2:]))


def _paired_drawn(draw: Resample, request: AggregateRequest) -> dict[str, Column]:
    scores = _pair_scores(draw.evaluator)
    share = pair_weights(len(scores), *draw.evaluator.paired[2:])
    return {request.name: weighted_means(draw.pair_counts(len(scores)), scores, share)}


PAIRED = AggregateRecord(
    parts=("min", "q05", "q25", "median", "q75", "q95"),
    same_items=True,
    in_one_pass=True,
    shared=_paired_shared,
    resampled=_paired_drawn,
)
