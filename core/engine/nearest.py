"""The best neighbours of every row, in one direction or both, from one tiled sweep."""

from dataclasses import dataclass, replace

import numpy as np

from ..backend import Backend, quiet
from ..errors import ParameterError
from ..metrics.aligned import EPS, needs_scale
from ..results import Column, begin
from .budget import budget_of, gathered
from .calibration import fastest
from .candidates import Hits
from .duplicates import beyond, occurrences, row_hashes
from .kernels import Kernel, Tile
from .plan import Progress
from .reducers.base import SelectionSpec
from .reducers.bidirectional_top_k import BidirectionalTopK, ColumnTopK
from .reducers.top_k import TopK
from .rescoring import Pairs, best_of
from .sweep import sweep

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


def best_partners(
    x: Column,
    y: Column,
    *,
    k: int = 1,
    metric: str = "cosine",
    eps: float = EPS,
    backend: Backend,
    progress: Progress | None = None,
) -> Match:
    """Return the k closest rows of y of each row of x; of equals the first. All of y where k is larger."""
    return _Search(x, y, k, metric, eps, backend).run(progress, both=False)[0]


def best_matches(
    x: Column,
    y: Column,
    *,
    k: int = 1,
    metric: str = "cosine",
    eps: float = EPS,
    backend: Backend,
    progress: Progress | None = None,
) -> Matches:
    """Return what `best_partners` does, and the closest row of x of each row of y, from one sweep.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        k: how many of y are wanted for each row of x; of x it is always the closest.
        metric: cosine or euclidean.
        eps: the least norm that a cosine divides by.
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Raises:
        ParameterError: k is below 1.

    Example:
        >>> from simtool.backend import choose_backend
        >>> best_matches(np.eye(2), np.ones((1, 2)), backend=choose_backend()).backward.neighbours.tolist()
        [0]
    """
    return Matches(*_Search(x, y, k, metric, eps, backend).run(progress, both=True))


@dataclass(frozen=True)
class _Search:
    """A search for the closest rows, without the repeats that could not be found."""

    x: Column
    y: Column
    k: int
    metric: str
    eps: float
    backend: Backend

    def run(self, progress: Progress | None, *, both: bool) -> tuple[Match, ...]:
        """Return the match of the rows of x, and with `both` that of the rows of y."""
        if self.k < 1:
            raise ParameterError(f"k is {self.k}, expected at least 1", "«k»")
        if len(self.x) * len(self.y) <= SMALL and (found := self._at_once(both=both)):
            return found
        # equal rows find the same neighbours, and of equal neighbours a row finds the first k
        a, b = _Distinct.of(self.x, 1), _Distinct.of(self.y, self.k)
        k = min(self.k, len(b.rows))
        kernel, scaled = self._kernel()
        pairs = Pairs(self.metric, a.rows, b.rows, scaled, self.eps)
        budget = budget_of(None)
        spec = SelectionSpec(kernel, pairs, self.metric == "cosine", most=budget.candidates)
        forward: list[Hits] = []
        backward: list[Hits] = []
        plan = budget.plan(len(a.rows), len(b.rows), a.rows.shape[1], kernel.precision.itemsize)
        rows = TopK(k, spec, forward.append)
        columns = ColumnTopK(1, spec, plan.corpus_block, backward.append)
        begin(progress, "best matches")
        with quiet():
            sweep(a.rows, b.rows, kernel, BidirectionalTopK(rows, columns) if both else rows, plan, progress)
            columns.finish()
        return tuple(
            _match(hits, number, own, other)
            for hits, number, own, other in ((forward, k, a, b), (backward, 1, b, a))[: 1 + both]
        )

    def _at_once(self, *, both: bool) -> tuple[Match, ...]:
        """Return what a sweep would of small sets, from one product; nothing where its error has no bound."""
        kernel, scaled = self._kernel()
        pairs = Pairs(self.metric, self.x, self.y, scaled, self.eps)
        with quiet():
            kernel = replace(kernel, dtype="float64")
            tile = Tile(kernel, kernel.prepare(self.x), kernel.prepare(self.y))
            errors = [self.backend.get(tile.error(by_column=way)) for way in (False, True)]
        if not all(np.isfinite(error).all() for error in errors):
            return ()
        proxy = self.backend.get(tile.proxy)
        forward = _closest(proxy, errors[0], self.k, pairs)
        back = Pairs(self.metric, self.y, self.x, scaled, self.eps)
        return (forward, _closest(proxy.T, errors[1], 1, back)) if both else (forward,)

    def _kernel(self) -> tuple[Kernel, bool]:
        """Return the kernel, and whether squares may leave float64."""
        scaled = needs_scale(self.x.dtype) or needs_scale(self.y.dtype)
        if self.metric == "cosine":
            dtype = fastest(self.backend, self.x.shape[1]).name
            return Kernel("cosine", dtype, scaled, self.backend, self.eps), scaled
        # distances do not change with the origin, and near the rows little cancels
        center = self.y[:1].astype(np.float64)[0]
        return Kernel(self.metric, "float64", scaled, self.backend, self.eps, center), scaled


@dataclass(frozen=True)
class _Distinct:
    """The rows of a set without repeats, where there are many.

    Args:
        rows: those that are left; of equal rows the first ones.
        numbers: their numbers in the set.
        place: (n,) where in `rows` the first equal of each row of the set is.
    """

    rows: Column
    numbers: Column
    place: Column

    @classmethod
    def of(cls, rows: Column, limit: int) -> "_Distinct":
        """Leave out what repeats a row more than `limit` times, if that is many rows."""
        kept = beyond(rows, limit)
        if kept is None:
            every = np.arange(len(rows))
            return cls(rows, every, every)
        first, _ = occurrences(row_hashes(rows))
        return cls(gathered(rows, kept), kept, np.searchsorted(kept, first))


def _closest(proxy: Column, error: Column, k: int, pairs: Pairs) -> Match:
    """Return the k best of each row of (n, m) proxy score; the exact scores of all that may be among them decide."""
    k = min(k, proxy.shape[1])
    least = np.partition(proxy, -k, axis=1)[:, -k]
    rows, columns = np.nonzero(proxy >= (least - 2 * error)[:, None])
    scores = pairs.score(rows, columns)
    kept = best_of(rows, columns, scores, k, larger_is_closer=pairs.metric == "cosine")
    best = scores[kept].reshape(-1, k)
    return Match(columns[kept].reshape(-1, k)[:, 0], best[:, 0], best)


def _match(found: list[Hits], k: int, own: _Distinct, other: _Distinct) -> Match:
    """Return what was found as a match of all rows of a set."""
    _, neighbours, scores = (np.concatenate(part) for part in zip(*found, strict=True))
    best = scores.reshape(-1, k)[own.place]
    return Match(other.numbers[neighbours.reshape(-1, k)[own.place, 0]], best[:, 0], best)
