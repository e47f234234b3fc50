"""Whether a prefix of rotated dims pays, and how long it is: told by a sample before the sweep.

A sample of queries against a sample of the corpus gives the lower bounds that are to be expected, and for each length of
the prefix the share of pairs whose upper bound reaches them. Each of these is scored by itself, which takes as long as
many products; so the cost of a length is its product and its survivors.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..results import Column
from .exclusion import Exclusion
from .kernels import Kernel
from .plan import Plan
from .prefix_scan import PrefixKernel
from .rotation import Rotation, effective_dims, leading

QUERIES, CORPUS, FIRST, CHUNK = 64, 4096, 512, 256  # rows of the samples; the first look is at few of the corpus
STEP = 16  # lengths are multiples of it
SHARE = 40  # of the products of all pairs, at most one in so many is of the sample
SPARE = 0.4  # more effective dims than this share of all are left to the product of whole rows
LARGE = 128  # tiles of d × d from which on the sample is a small part of the work
PAYS = 0.8  # share of the cost of whole rows below which it does
SCORED, EACH = 60, 12_000  # multiplications in the time of one number, and of one row, of a pair that is scored
WIDENED = 120  # the same for a number of a row that is prepared


@dataclass(frozen=True)
class Wanted:
    """What is asked for; one of the three is given.

    Args:
        k: the closest of each row.
        least: all pairs of at least this proxy score.
        pairs: the closest pairs of all.
    """

    k: int | None = None
    least: float | None = None
    pairs: int | None = None


def shortened(
    kernel: Kernel,
    a: Column,
    b: Column,
    wanted: Wanted,
    plan: Plan,
    *,
    excluded: Exclusion | None = None,
    share: float = 1.0,
    own: float = 1.0,
) -> Kernel:
    """Return a kernel of prefixes where they are expected to pay, else the same kernel.

    Args:
        kernel: of whole rows.
        a: (n, d) rows.
        b: (m, d).
        wanted: what is asked for.
        plan: of the sweep, which tells how often rows of B are prepared.
        excluded: the pairs that are left out.
        share: of the products that whole rows need, where the half is enough.
        own: the same share, of prefixes.
    """
    n, m, d = len(a), len(b), a.shape[1]
    if kernel.dtype == "float64" or kernel.backend.device != "cpu" or n * m < LARGE * d * d:
        return kernel
    if (wanted.k or 0) * 32 > m or not _spreads_unevenly(kernel, b):
        return kernel
    sample = _Sample.of(kernel, a, b, excluded)
    needed = sample.needed(wanted, a, b)
    preparing = -(-n // plan.query_block) if plan.kept_columns < m else 1
    whole = share * n * m * d + preparing * m * d * WIDENED
    cost, rotation = whole * PAYS, None
    for length, survivors in sample.survivors(needed):
        scored = survivors * (SCORED * d + EACH)
        now = own * n * m * (length + 1 + scored) + preparing * m * d * (WIDENED + 2 * length)
        if now < cost:
            cost, rotation = now, Rotation(np.ascontiguousarray(sample.directions[:, :length]))
    return kernel if rotation is None or not rotation.is_exact else PrefixKernel.of(kernel, rotation)


def _spreads_unevenly(kernel: Kernel, b: Column) -> bool:
    """Tell by a first look whether rows leave most of their space empty."""
    some = _rough(kernel, b[_every(len(b), FIRST)])
    some = some[np.isfinite(some[:, 0])]
    return len(some) > 1 and effective_dims(some) < SPARE * some.shape[1]


@dataclass(frozen=True)
class _Sample:
    """Some rows of both sides.

    Args:
        kernel: of whole rows.
        rows: (s,) numbers of the queries.
        columns: (c,) numbers of the rows of B.
        x: (s, d) queries as tiles take them, in float32.
        y: (c, d).
        excluded: the pairs that are left out.
        directions: (d, d) orthogonal directions, those in which the rows are longest first.
    """

    kernel: Kernel
    rows: Column
    columns: Column
    x: Column
    y: Column
    excluded: Exclusion | None
    directions: Column

    @classmethod
    def of(cls, kernel: Kernel, a: Column, b: Column, excluded: Exclusion | None) -> "_Sample":
        """Return a sample of two sets of rows; those that are not finite are in no sample."""
        rows, columns = (_finite(part, _every(len(part), count)) for part, count in ((a, QUERIES), (b, CORPUS)))
        y = _rough(kernel, b[columns])
        others = y if a is b else _rough(kernel, a[_finite(a, _every(len(a), CORPUS))])
        return cls(kernel, rows, columns, _rough(kernel, a[rows]), y, excluded, leading(y, others))

    def needed(self, wanted: Wanted, a: Column, b: Column) -> Column:
        """Return (s, c) the least product of a pair that may be asked for; infinite where it is left out."""
        low = np.full(len(self.rows), wanted.least, dtype=np.float64) if wanted.least is not None else self._kth(wanted, a, b)
        needed = low[:, None] * np.ones(len(self.columns))
        if self.kernel.measure.expands_squares:
            needed = needed / 2 + self._squares(self.y)
        precision = self.kernel.precision
        needed -= (2 * precision.relative) * np.abs(needed)
        needed[self._left_out(self.columns)] = np.inf
        return needed

    def _kth(self, wanted: Wanted, a: Column, b: Column) -> Column:
        """Return (s,) the proxy scores that the last of those asked for are expected to have."""
        n, m = len(a), len(b)
        count = min(m, max(CORPUS, n * m // (SHARE * len(self.rows))))
        proxies = np.empty((len(self.rows), count), dtype=np.float32)
        columns = _every(m, count)
        for start in range(0, count, CHUNK):
            part = columns[start : start + CHUNK]
            proxies[:, start : start + CHUNK] = self._proxy(_rough(self.kernel, b[part]), part)
        proxies[~np.isfinite(proxies)] = -np.inf
        if wanted.k is not None:
            rank = -(-wanted.k * count // m)
            return np.partition(proxies, count - rank, axis=1)[:, count - rank].astype(np.float64)
        rank = max(1, min(proxies.size, -(-(wanted.pairs or 1) * proxies.size // (n * m))))
        kth = np.partition(proxies.ravel(), proxies.size - rank)[proxies.size - rank]
        return np.full(len(self.rows), kth, dtype=np.float64)

    def _proxy(self, y: Column, columns: Column) -> Column:
        products = self.x @ y.T
        if self.kernel.measure.expands_squares:
            products = 2 * (products - self._squares(y))
        products[self._left_out(columns)] = -np.inf
        return products

    def _squares(self, y: Column) -> Column:
        """Return (s, c) the mean of the squared norms of both rows."""
        return (np.vecdot(self.x, self.x)[:, None] + np.vecdot(y, y)) / 2

    def _left_out(self, columns: Column) -> Column:
        if self.excluded is None:
            return np.zeros((len(self.rows), len(columns)), dtype=bool)
        return self.excluded.a[self.rows][:, None] == self.excluded.b[columns]

    def survivors(self, needed: Column) -> Iterator[tuple[int, float]]:
        """Yield lengths of a prefix with the share of pairs whose upper bound reaches what is needed."""
        most = self.directions.shape[0] // 2
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


def _every(size: int, count: int) -> Column:
    """Return at most `count` numbers below `size`, as far apart as can be."""
    return np.arange(0, size, -(-size // count))


def _finite(rows: Column, numbers: Column) -> Column:
    return numbers[np.isfinite(rows[numbers, 0])]  # a row of NaN is NaN throughout


def _rough(kernel: Kernel, rows: Column) -> Column:
    """Return rows as tiles take them, in float32, which is enough for an estimate."""
    center = None if kernel.center is None else kernel.center.astype(np.float32)
    return kernel.measure.prepare(rows.astype(np.float32), center, scaled=False)
