"""What a scan of prefixes would cost, and how long a prefix pays best: told by a sample before the sweep.

A sample of queries against the corpus tells which lower bounds are to be expected; against a sample of the corpus, the
share of pairs whose upper bound reaches them, for each length of the prefix. A pair that does is scored by itself, in
the time of dozens of products. So the seconds of a length are those of its products and of its survivors.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..backend import quiet
from ..metrics.precision import Precision
from ..results import Column
from .kernels import Kernel
from .reach import Reach
from .rotation import Rotation, effective_dims, leading

QUERIES, CORPUS, FIRST, CHUNK = 64, 4096, 512, 256  # rows of the samples; the first look is at few of the corpus
STEP = 16  # lengths are multiples of it
SHARE = 40  # of the products of all pairs, at most one in so many is of the sample
SPARE = 0.4  # more effective dims than this share of all are left to products of whole rows
LARGE = 128  # times d × d pairs, of which the sample is a small part of the work
FEW = 32  # a k of more than one row of B in so many leaves little out
PAIR_SECONDS, NUMBER_SECONDS = 4e-7, 8e-10  # to score a pair, and for each of its numbers
ROW_SECONDS = 1e-4  # to rank the most promising places of a query
WIDENED_SECONDS = 2e-9  # to prepare a number of a row
# how many more pairs are scored than reach the last lower bound: that of all pairs is learnt on the way, and that of a
# row comes of the most promising places, so many times as are wanted
OF_ALL, OF_ROW, SEEDS = 8.0, 1.5, 2.0


def sample_of(
    kernel: Kernel, a: Column, b: Column, reach: Reach, prepared: int, shape: tuple[int, int] | None = None
) -> "SampledRows | None":
    """Return a sample of two sets of rows, or None where a prefix is known to be of no use, in milliseconds.

    Args:
        kernel: of whole rows.
        a: (n, d) rows.
        b: (m, d).
        reach: how far the selection looks.
        prepared: how often the rows of B are prepared.
        shape: rows of both sides of the job, where these are a sample of them.
    """
    shape = shape or (len(a), len(b))
    (n, m), d = shape, a.shape[1]
    if n * m < LARGE * d * d or d < 2 * STEP or reach.by_column or not kernel.measure.has_product:
        return None
    if reach.least is None and not reach.of_all and reach.rank * FEW > m:
        return None
    some = _rough(kernel, b[_finite(b, _every(len(b), FIRST))])
    if len(some) < 2 or not effective_dims(some) <= SPARE * d:
        return None
    rows, columns = (_finite(part, _every(len(part), count)) for part, count in ((a, QUERIES), (b, CORPUS)))
    return SampledRows(kernel, a, b, rows, columns, reach, prepared, shape) if len(rows) and len(columns) else None


@dataclass(frozen=True)
class SampledRows:
    """Some rows of both sides.

    Args:
        kernel: of whole rows.
        a: (n, d) all rows of A.
        b: (m, d) all rows of B.
        rows: (s,) numbers of the queries of the sample.
        columns: (c,) numbers of its rows of B.
        reach: how far the selection looks.
        prepared: how often the rows of B are prepared.
        shape: rows of both sides of the job.
    """

    kernel: Kernel
    a: Column
    b: Column
    rows: Column
    columns: Column
    reach: Reach
    prepared: int
    shape: tuple[int, int]

    def cheapest(self, precision: Precision, operation: float) -> tuple[float, Rotation | None]:
        """Return the seconds of one thread that a scan of the best length is expected to take, and its rotation.

        Args:
            precision: of the products.
            operation: seconds of a multiplication or an addition.
        """
        (n, m), d = self.shape, self.b.shape[1]
        each = PAIR_SECONDS + NUMBER_SECONDS * d
        pairs = n * m * (0.5 if self.reach.halved else 1.0)
        ranking = 0.0 if self.reach.least is not None or self.reach.of_all else n * ROW_SECONDS
        best, best_length = np.inf, 0
        for length, share in self._survivors(precision):
            preparing = self.prepared * m * d * (WIDENED_SECONDS + 4 * operation * length)
            seconds = pairs * (2 * operation * (length + 1) + self._scored(share) * each) + preparing + ranking
            if seconds < best:
                best, best_length = seconds, length
        rotation = Rotation(np.ascontiguousarray(self.directions[:, :best_length]))
        return (best, rotation) if best_length and rotation.is_exact else (np.inf, None)

    def _scored(self, share: float) -> float:
        """Return the share of pairs that is scored where this share reaches the last lower bound."""
        if self.reach.least is not None:
            return share
        return OF_ALL * share if self.reach.of_all else OF_ROW * share + SEEDS * self.reach.rank / self.shape[1]

    @cached_property
    def x(self) -> Column:
        """(s, d) the queries as tiles take them, in float32."""
        return _rough(self.kernel, self.a[self.rows])

    @cached_property
    def y(self) -> Column:
        """(c, d) the rows of B."""
        return _rough(self.kernel, self.b[self.columns])

    @cached_property
    def directions(self) -> Column:
        """(d, d) float64 orthogonal directions, first those along which the rows of both sides are longest."""
        if self.a is self.b:
            return leading(self.y)
        return leading(self.y, _rough(self.kernel, self.a[_finite(self.a, _every(len(self.a), CORPUS))]))

    @cached_property
    def lower_bounds(self) -> Column:
        """(s,) the proxy scores that the last of the pairs that are wanted are expected to have."""
        if self.reach.least is not None:
            return np.full(len(self.rows), self.reach.least)
        n, m = self.shape
        count = min(len(self.b), max(CORPUS, n * m // (SHARE * len(self.rows))))
        columns = _every(len(self.b), count)
        proxies = np.empty((len(self.rows), len(columns)), dtype=np.float32)
        for start in range(0, len(columns), CHUNK):
            part = columns[start : start + CHUNK]
            y = _rough(self.kernel, self.b[part])
            proxies[:, start : start + CHUNK] = self.x @ y.T
            if self.kernel.measure.expands_squares:
                proxies[:, start : start + CHUNK] = 2 * (proxies[:, start : start + CHUNK] - self._squares(y))
            proxies[:, start : start + CHUNK][self._left_out(part)] = -np.inf
        proxies[np.isnan(proxies)] = -np.inf
        wanted = -(-self.reach.rank * len(columns) // m)
        if self.reach.of_all:
            proxies, wanted = proxies.reshape(1, -1), -(-self.reach.rank * len(columns) * len(self.rows) // m)
        rank = int(max(1, min(proxies.shape[1], wanted)))
        kth = np.partition(proxies, -rank, axis=1)[:, -rank]
        kth = kth.astype(np.float64)
        return np.broadcast_to(kth, len(self.rows))

    def _survivors(self, precision: Precision) -> Iterator[tuple[int, float]]:
        """Yield lengths of a prefix with the share of pairs whose upper bound reaches what is needed."""
        needed = self.lower_bounds[:, None] * np.ones(len(self.columns))
        if self.kernel.measure.expands_squares:
            needed = needed / 2 + self._squares(self.y)
        needed -= 2 * precision.relative * np.abs(needed)
        needed[self._left_out(self.columns)] = np.inf
        most = self.x.shape[1] // 2
        turn = self.directions[:, :most].astype(np.float32)
        x, y = self.x @ turn, self.y @ turn
        products = np.zeros(needed.shape, dtype=np.float32)
        rests = [np.vecdot(side, side) for side in (self.x, self.y)]
        for start in range(0, most - STEP + 1, STEP):
            part = slice(start, start + STEP)
            products += x[:, part] @ y[:, part].T
            rests = [rest - np.vecdot(side[:, part], side[:, part]) for rest, side in zip(rests, (x, y), strict=True)]
            cut = [np.sqrt(np.maximum(rest, 0.0)) for rest in rests]
            yield start + STEP, float(np.mean(products + np.outer(*cut) >= needed))

    def _squares(self, y: Column) -> Column:
        """Return (s, c) the means of the squared norms of both rows."""
        squares: Column = (np.vecdot(self.x, self.x)[:, None] + np.vecdot(y, y)) / 2
        return squares

    def _left_out(self, columns: Column) -> Column:
        excluded = self.reach.excluded
        if excluded is None:
            return np.zeros((len(self.rows), len(columns)), dtype=bool)
        left_out: Column = excluded.a[self.rows][:, None] == excluded.b[columns]
        return left_out


def _every(size: int, count: int) -> Column:
    """Return about `count` numbers below `size`, as far apart as can be."""
    return np.arange(0, size, max(1, size // count))[:count]


def _finite(rows: Column, numbers: Column) -> Column:
    finite: Column = np.isfinite(rows[numbers, 0])  # a row of NaN is NaN throughout
    return numbers[finite]


def _rough(kernel: Kernel, rows: Column) -> Column:
    """Return rows as tiles take them, in float32, which is enough for an estimate."""
    dtype = np.float64 if kernel.scaled else np.float32
    center = None if kernel.center is None else kernel.center.astype(dtype)
    with quiet():  # rows beyond the squares of float32 become zeros, which are no reason to cut them
        prepared = kernel.measure.prepare(rows.astype(dtype), center, scaled=kernel.scaled)
        return np.asarray(prepared, dtype=np.float32)
