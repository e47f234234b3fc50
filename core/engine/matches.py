"""The best neighbours of every row, in one direction or both, as arrays."""

from dataclasses import dataclass

import numpy as np

from ..backend import Backend, quiet
from ..errors import ParameterError
from ..metrics import EPS, metric_of, needs_scale
from ..results import Column, Progress, begin
from .budget import budget_of
from .duplicates import Distinct
from .exclusion import Exclusion
from .input_rows import Input
from .job import PairwiseJob
from .kernels import Kernel, Tile
from .places import Hits
from .reducers.base import joined
from .rescoring import Pairs
from .selections import each_nearest
from .tie_order import best_of

SMALL = 1 << 14  # pairs up to which one product in float64 takes less time than a sweep takes to begin


@dataclass(frozen=True)
class Match:
    """The best neighbours of every row of one side.

    Args:
        neighbours: (n,) the number of the closest row on the other side; of equally close ones the smallest.
        scores: (n,) their cosines, or Euclidean distances.
        best: (n, k) the scores of the k closest, closest first.
    """

    neighbours: Column
    scores: Column
    best: Column


@dataclass(frozen=True)
class Matches:
    """The best neighbours of the rows of both sides.

    Args:
        forward: of each row of x in y.
        backward: of each row of y in x.
    """

    forward: Match
    backward: Match


def nearest(
    x: Column,
    y: Column,
    *,
    k: int = 1,
    metric: str = "cosine",
    eps: float = EPS,
    backend: Backend,
    progress: Progress | None = None,
) -> Match:
    """Return the k closest rows of y of each row of x; of equals the first. All of y where k is larger.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        k: how many, at least 1.
        metric: a name of the catalogue.
        eps: the least norm that a cosine divides by.
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Raises:
        ParameterError: k is below 1.
    """
    return _Search(x, y, k, metric, eps, backend, progress).run(both=False)[0]


def nearest_both(
    x: Column,
    y: Column,
    *,
    k: int = 1,
    metric: str = "cosine",
    eps: float = EPS,
    backend: Backend,
    progress: Progress | None = None,
) -> Matches:
    """Return what `nearest` does, and the closest row of x of each row of y, from one sweep.

    Args:
        k: how many of y are wanted for each row of x; of x it is always the closest.
        x, y, metric, eps, backend, progress: as for `nearest`.

    Raises:
        ParameterError: k is below 1.

    Example:
        >>> from simtool.backend import choose_backend
        >>> nearest_both(np.eye(2), np.ones((1, 2)), backend=choose_backend()).backward.neighbours.tolist()
        [0]
    """
    return Matches(*_Search(x, y, k, metric, eps, backend, progress).run(both=True))


def nearest_others(
    rows: Column,
    *,
    k: int,
    metric: str = "cosine",
    eps: float = EPS,
    backend: Backend,
    progress: Progress | None = None,
) -> tuple[Column, Column]:
    """Return the (n, k) numbers of the closest other rows of each row of a set, and their scores; of equals the first.

    Args:
        rows: (n, d) finite rows.
        k: how many, less than n.
        metric, eps, backend, progress: as for `nearest`.
    """
    job = job_of_rows(rows, rows, metric, eps, backend, excluded=Exclusion.of_rows(len(rows), len(rows)))
    found: list[Hits] = []
    begin(progress, "neighbours within a set")
    with quiet():
        each_nearest(job, rows, rows, k, found.append, progress)
    _, neighbours, scores = joined(found)
    return neighbours.reshape(-1, k), scores.reshape(-1, k)


def job_of_rows(
    x: Column, y: Column, metric: str, eps: float, backend: Backend, *, excluded: Exclusion | None = None
) -> PairwiseJob:
    """Return the job of two arrays of finite rows, in the budget of the running job."""
    a = Input.of_rows(x)
    return PairwiseJob(
        a=a,
        b=a if x is y else Input.of_rows(y),
        metric=metric_of(metric, eps=eps),
        excluded=excluded,
        self_join=False,  # sets of this kind are small, where tiles are read faster for their rows alone
        precision="auto",
        backend=backend,
        budget=budget_of(None),
    )


@dataclass(frozen=True)
class _Search:
    """A search for the closest rows of one side or both."""

    x: Column
    y: Column
    k: int
    metric: str
    eps: float
    backend: Backend
    progress: Progress | None

    def run(self, *, both: bool) -> tuple[Match, ...]:
        """Return the match of the rows of x, and with `both` that of the rows of y."""
        if self.k < 1:
            raise ParameterError(f"k is {self.k}, expected at least 1", "«k»")
        if len(self.x) * len(self.y) <= SMALL and (found := self._at_once(both=both)):
            return found
        job = job_of_rows(self.x, self.y, self.metric, self.eps, self.backend)
        # equal rows find the same neighbours, and of equal neighbours a row finds the first k
        a, b = Distinct.of(self.x, 1, job.budget), Distinct.of(self.y, self.k, job.budget)
        forward: list[Hits] = []
        backward: list[Hits] = []
        begin(self.progress, "best matches")
        with quiet():
            back = backward.append if both else None
            each_nearest(job, a.rows, b, self.k, forward.append, self.progress, give_back=back)
        sides = [_match(joined(forward), min(self.k, len(b.rows)), a)]
        if both:
            rows, neighbours, scores = joined(backward)
            sides.append(_match((rows, a.numbers(neighbours), scores), 1, b))
        return tuple(sides)

    def _at_once(self, *, both: bool) -> tuple[Match, ...]:
        """Return what a sweep would of small sets, from one product; nothing where its error has no bound."""
        scaled = needs_scale(self.x.dtype) or needs_scale(self.y.dtype)
        pairs = Pairs(metric_of(self.metric, eps=self.eps), self.x, self.y, scaled)
        with quiet():
            # distances do not change with the origin, and near the rows little cancels
            center = self.y[0].astype(np.float64) if pairs.measure.expands_squares else None
            kernel = Kernel(pairs.measure, "float64", scaled, self.backend, center=center)
            tile = Tile(kernel, kernel.prepare(self.x), kernel.prepare(self.y))
            errors = [self.backend.get(tile.error(by_column=way)) for way in (False, True)]
        if not all(np.isfinite(error).all() for error in errors):
            return ()
        proxy = self.backend.get(tile.proxy)
        forward = _closest(proxy, errors[0], self.k, pairs)
        back = Pairs(pairs.measure, self.y, self.x, scaled)
        return (forward, _closest(proxy.T, errors[1], 1, back)) if both else (forward,)


def _closest(proxy: Column, error: Column, k: int, pairs: Pairs) -> Match:
    """Return the k best of each row of (n, m) proxy score; the exact scores of all that may be among them decide."""
    k = min(k, proxy.shape[1])
    least = np.partition(proxy, -k, axis=1)[:, -k]
    rows, columns = np.nonzero(proxy >= (least - 2 * error)[:, None])
    scores = pairs.score(rows, columns)
    kept = best_of(rows, columns, scores, k, larger_is_closer=pairs.measure.larger_is_closer)
    best = scores[kept].reshape(-1, k)
    return Match(columns[kept].reshape(-1, k)[:, 0], best[:, 0], best)


def _match(hits: Hits, k: int, own: Distinct) -> Match:
    """Return what was found of the rows that are left as a match of all rows of a set."""
    _, neighbours, scores = hits
    best = scores.reshape(-1, k)[own.place]
    return Match(neighbours.reshape(-1, k)[own.place, 0], best[:, 0], best)
