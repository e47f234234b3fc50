"""Aggregates of the Euclidean distance of every row to the nearest row of the other side: chamfer and hausdorff."""

from typing import NamedTuple

import numpy as np

from ..backend import Backend
from ..engine import Matches, nearest_both
from ..results import Column, Progress
from .record import NUMPY, AggregateRecord, AggregateRequest
from .resample import Resample
from .shared_matches import euclidean_matches, matches_of, mean_scores


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
    forward, backward = mean_scores(matches, weights_a, weights_b)
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


def _chamfer_drawn(draw: Resample, request: AggregateRequest) -> dict[str, Column]:
    matches = euclidean_matches(draw.evaluator)
    forward, backward = draw.means(0, matches.forward.scores), draw.means(1, matches.backward.scores)
    return dict(zip(request.keys, (forward + backward, forward, backward), strict=True))


CHAMFER = AggregateRecord(
    parts=("forward", "backward"),
    shared=lambda job, _: chamfer_of(euclidean_matches(job), *job.sets[2:]),
    resampled=_chamfer_drawn,
    mixed=lambda sets, _: sets.of_parts(
        sets.distances, lambda scores: chamfer_of(matches_of(scores, larger=False)).sum
    ),
)


HAUSDORFF = AggregateRecord(
    parts=("forward", "backward", "percentile_95"),
    shared=lambda job, _: hausdorff_of(euclidean_matches(job)),
    mixed=lambda sets, _: sets.of_parts(
        sets.distances, lambda scores: hausdorff_of(matches_of(scores, larger=False)).symmetric
    ),
)
