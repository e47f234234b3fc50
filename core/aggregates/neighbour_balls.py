"""Two sets by the balls that reach from each row to its nearest neighbours, and that rows of the other fall into."""

from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple

import numpy as np

from ..backend import Array, Backend
from ..checks import refuse_overflow
from ..engine import Kernel, Pairs, PartialResult, Reducer, Span, Tile, largest_of, middle, nearest_others, reduce_pairs
from ..metrics import needs_scale
from ..results import Column, Progress, begin
from .moments import check_neighbours, check_same_space
from .record import NUMPY, AggregateRecord
from .weights import harmonic_mean

FLOAT64 = 1e300  # that squared distances stay below
ROUNDING = 1e-12  # of a squared radius


class Coverage(NamedTuple):
    """How two sets cover each other.

    Args:
        score: harmonic mean of precision and recall.
        precision: share of Y inside a ball of X.
        recall: share of X inside a ball of Y.
        density: balls of X that a row of Y is in, over k.
        coverage: share of X whose ball holds a row of Y.
    """

    score: float
    precision: float
    recall: float
    density: float
    coverage: float


def neighbour_coverage(
    x: Column, y: Column, *, k: int = 5, backend: Backend = NUMPY, progress: Progress | None = None
) -> Coverage:
    """Precision, recall, density and coverage of a set Y against a reference X, in k-nearest-neighbour balls.

    The ball of a row holds what is closer to it than the k-th nearest other row of its own set::

        precision = mean_j [y_j is in some ball of X],       recall   = mean_i [x_i is in some ball of Y]
        density   = sum_ij [y_j is in the ball of x_i] / km,  coverage = mean_i [the ball of x_i holds some y_j]

    Args:
        x: (n, d) finite rows, the reference (the real ones).
        y: (m, d), the set to judge (the generated ones).
        k: which neighbour gives the radius, at least 1, less than n and m.
        backend: where to compute.
        progress: called with the rows that are done and their total, for each of three sweeps.

    Returns:
        All in [0, 1] but density, which is at least 0. Nothing lies in the ball of a row with k equal ones:
        its radius is 0.

    Raises:
        ShapeError: rows of different dims.
        ParameterError: k is not at least 1 and less than n and m.
        DataError: squares of the rows leave the range of float64.

    Source:
        Naeem et al. 2020, sections 2 and 3; precision and recall: Kynkäänniemi et al. 2019.

    Example:
        >>> x = np.asarray([[0.0], [1.0], [2.0], [9.0]])
        >>> neighbour_coverage(x, x + 0.5, k=1).density
        1.75
    """
    check_same_space("prdc", x, y)
    k = check_neighbours("prdc", k, x, y)
    _check_squares(x, y)
    options: dict[str, Any] = {"k": k, "metric": "euclidean", "backend": backend, "progress": progress}
    radii = [nearest_others(rows, **options)[1][:, -1] for rows in (x, y)]
    scaled = needs_scale(x.dtype) or needs_scale(y.dtype)
    pairs = Pairs("euclidean", x, y, scaled)
    is_narrow = pairs.measure.fits_float32(largest_of(x), largest_of(y), x.shape[1])
    kernel = Kernel("euclidean", "float32" if is_narrow else "float64", scaled, backend, center=middle(y))
    balls = _Balls(pairs, radii[0], radii[1])
    begin(progress, "rows in the balls of the other set")
    reduce_pairs(x, y, kernel, balls, progress=progress)
    precision, recall = float(balls.precise.mean()), float(balls.recalled.mean())
    score = float(harmonic_mean(np.asarray(precision), np.asarray(recall)))
    return Coverage(score, precision, recall, balls.inside / (k * len(y)), float(balls.covered.mean()))


PRDC = AggregateRecord(("precision", "recall", "density", "coverage"))


@dataclass
class _Balls(Reducer):
    """Which rows lie within whose radius, to the last bit: near the rim the distance itself decides.

    Args:
        radii: (n,) of the rows of A.
        other_radii: (m,) of those of B.
    """

    pairs: Pairs
    radii: Column
    other_radii: Column
    inside: int = 0
    precise: Column = field(init=False)
    recalled: Column = field(init=False)
    covered: Column = field(init=False)

    def __post_init__(self) -> None:
        self.covered, self.recalled = np.zeros((2, len(self.radii)), dtype=bool)
        self.precise = np.zeros(len(self.other_radii), dtype=bool)

    def part(self) -> PartialResult:
        """Return what looks at query blocks by themselves."""
        return PartialResult(_Balls(self.pairs, self.radii, self.other_radii))

    def kept(self, rows: Span, part: PartialResult) -> Any:
        """Return what lies in which ball, of the rows and of all columns."""
        found, own = part.reducer, slice(rows.start, rows.stop)
        assert isinstance(found, _Balls)
        return found.inside, found.covered[own], found.recalled[own], np.packbits(found.precise)

    def restore(self, rows: Span, kept: Any) -> None:
        """Take over what lies in which ball."""
        inside, covered, recalled, precise = kept
        self.inside += inside
        self.covered[rows.start : rows.stop], self.recalled[rows.start : rows.stop] = covered, recalled
        self.precise |= np.unpackbits(precise, count=len(self.precise)).astype(bool)

    def take(self, query_block: Span, corpus_block: Span, tile: Tile) -> None:
        """Note what lies in which ball."""
        xp, backend = tile.kernel.backend.xp, tile.kernel.backend
        rows, columns = slice(query_block.start, query_block.stop), slice(corpus_block.start, corpus_block.stop)
        error = backend.get(tile.error()).astype(np.float64)
        held = self._within(query_block, corpus_block, tile, self.radii[rows, None], error[:, None])
        self.inside += int(xp.sum(xp.astype(held, xp.int64)))
        self.covered[rows] |= backend.get(xp.any(held, axis=1))
        self.precise[columns] |= backend.get(xp.any(held, axis=0))
        held = self._within(query_block, corpus_block, tile, self.other_radii[None, columns], error.max())
        self.recalled[rows] |= backend.get(xp.any(held, axis=1))

    def _within(self, query_block: Span, corpus_block: Span, tile: Tile, radii: Column, error: Any) -> Array:
        """Return (n, m) whether each pair is closer than the radius, by the error of the tile or else exactly."""
        backend, dtype = tile.kernel.backend, np.dtype(tile.kernel.dtype)
        empty = np.where(radii > 0, 0.0, np.inf)  # nothing is in a ball without a radius
        certain, possible = (
            backend.put(np.nextafter((empty - radii**2 * (1 + way * ROUNDING) - way * error).astype(dtype), way * -inf))
            for way in (-1, 1)
        )
        within = tile.proxy > certain
        row, column = np.nonzero(backend.get((tile.proxy >= possible) & ~within))
        if len(row):
            closer = self.pairs.score(row + query_block.start, column + corpus_block.start)
            rims = np.broadcast_to(radii, (len(query_block), len(corpus_block)))[row, column]
            within[backend.put(row), backend.put(column)] = backend.put(closer < rims)
        return within


def _check_squares(x: Column, y: Column) -> None:
    """Refuse rows whose squared distances leave the range of float64."""
    largest = max(largest_of(x), largest_of(y))
    if not 16 * largest * largest * x.shape[1] < FLOAT64:
        raise refuse_overflow("A, B")
