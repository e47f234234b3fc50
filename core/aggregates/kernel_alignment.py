"""The same items in two spaces: centred kernel alignment, linear and with Gaussian kernels."""

from collections.abc import Callable, Iterator
from math import inf, nan, sqrt
from typing import NamedTuple

import numpy as np

from ..backend import Array, Backend
from ..errors import DataError, ParameterError
from ..results import Column
from .moments import centred_squares, check_same_items, check_spread, compact, moments
from .record import NUMPY, of_spaces

TILE = 1024  # rows of a tile of the n × n kernel matrices
DIGIT = 16  # bits of a number that are counted in one pass


CKA, CKA_RBF = of_spaces("unbiased", in_one_pass=True), of_spaces("unbiased")


class Alignment(NamedTuple):
    """How alike two kernel matrices of the same items are.

    Args:
        score: centred kernel alignment.
        unbiased: the same of unbiased estimates, which can be negative; NaN below four rows.
    """

    score: float
    unbiased: float


def linear_cka(x: Column, y: Column, *, backend: Backend = NUMPY) -> Alignment:
    """Centred kernel alignment of the same items in two spaces, with linear kernels.

    With X and Y around their means, and k, l the squared lengths of their rows::

        score = |X^T Y|^2 / (|X^T X| |Y^T Y|)      Frobenius norms
        unbiased: of the same with h(X, Y) = |X^T Y|^2 - n/(n-2) sum k l + sum k sum l / ((n-1)(n-2))
                  in h(X, Y) / sqrt(h(X, X) h(Y, Y))

    h is n (n - 3) times the unbiased HSIC of Song et al. of centred rows, without its n × n matrix.

    Args:
        x: (n, d) finite rows; read in two passes, which hold a chunk and min(n, d)^2 numbers.
        y: (n, d') rows of the same items in the same order; the dims may differ.
        backend: where to compute.

    Returns:
        `score` in [0, 1]; 1 where one space is the other one turned and scaled. With few rows for their dims
        it is high for any two spaces: `unbiased` is around 0 for unrelated ones.

    Raises:
        ShapeError: different numbers of rows.
        DataError: all rows of a side are equal.

    Source:
        Kornblith et al. 2019, section 3; unbiased: with HSIC_1 of Song et al. 2012, as in Nguyen et al. 2021.

    Example:
        >>> x = np.asarray([[0.0, 1.0], [2.0, 0.0], [1.0, 3.0], [4.0, 1.0]])
        >>> [round(number, 6) for number in linear_cka(x, x[:, :1])]
        [0.887014, 0.981981]
    """
    check_same_items("cka", x, y)
    (x, scale), (y, other_scale) = compact(x), compact(y)
    scales = (scale, other_scale)
    found = moments(x, y, scales=scales, backend=backend)
    check_spread("cka", found)
    norms = {pair: float(np.linalg.norm(product)) for pair, product in found.products.items()}
    score = norms[0, 1] / norms[0, 0] * (norms[0, 1] / norms[1, 1])
    sums = np.zeros(3)  # of k k, k l, l l
    for k, l in centred_squares(x, y, means=found.means, scales=scales, backend=backend):  # noqa: E741
        sums += [float(backend.xp.vecdot(*pair)) for pair in ((k, k), (k, l), (l, l))]
    totals = [float(np.trace(found.products[i, i])) for i in (0, 1)]
    return Alignment(min(1.0, score), _linear_unbiased(len(x), norms, sums, totals))


def _linear_unbiased(n: int, norms: dict[tuple[int, int], float], sums: Column, totals: list[float]) -> float:
    if n < 4:
        return nan
    pairs = ((0, 0), (0, 1), (1, 1))
    h = [
        norms[i, j] ** 2 - n / (n - 2) * float(total) + totals[i] * totals[j] / ((n - 1) * (n - 2))
        for (i, j), total in zip(pairs, sums, strict=True)
    ]
    return _ratio(h[1], h[0], h[2], norms[0, 0] ** 2, norms[1, 1] ** 2)


def _ratio(both: float, x: float, y: float, size_x: float, size_y: float) -> float:
    """Return both / sqrt(x y); NaN where x or y is what rounding leaves of zero, measured by its largest term."""
    if x <= 1e-13 * size_x or y <= 1e-13 * size_y:
        return nan
    return both / sqrt(x) / sqrt(y)


def rbf_cka(x: Column, y: Column, *, fraction: float = 1.0, backend: Backend = NUMPY) -> Alignment:
    """Centred kernel alignment of the same items in two spaces, with Gaussian kernels.

    With K and L the n × n matrices exp(-d^2 / (2 width^2)) of both sides, and H the centring::

        HSIC(K, L) = tr(K H L H),   score = HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L))

    Args:
        x: (n, d) finite rows; tiled, so that no n × n matrix is held.
        y: (n, d') rows of the same items in the same order; the dims may differ.
        fraction: the width of a side's kernel over the root of the median squared distance of its pairs i < j.
        backend: where to compute.

    Returns:
        `score` in [0, 1], and `unbiased` with the unbiased HSIC.

    Raises:
        ShapeError: different numbers of rows.
        ParameterError: `fraction` is not positive.
        DataError: the median distance of a side is 0.

    Source:
        Kornblith et al. 2019, section 4, whose code takes the median over all n^2 distances, with the n zeros of the
        diagonal; unbiased: with HSIC_1 of Song et al. 2012.

    Example:
        >>> x = np.asarray([[0.0, 1.0], [2.0, 0.0], [1.0, 3.0], [4.0, 1.0]])
        >>> round(rbf_cka(x, x[:, :1]).score, 6)
        0.863419
    """
    check_same_items("cka-rbf", x, y)
    if not 0 < fraction < inf:
        raise ParameterError(f"fraction is {fraction:g}, expected more than 0", "fraction", "1 is the median distance")
    sides = [_Kernel.of(side, rows, fraction, backend) for side, rows in (("A", x), ("B", y))]
    xp = backend.xp
    products = np.zeros(3)  # sums over all pairs of K K, K L, L L
    rows = np.zeros((2, len(x)))  # sums of the rows of K and L
    for i, j in _tiles(len(x)):
        tiles = [side.tile(i, j) for side in sides]
        for total, tile in zip(rows, tiles, strict=True):
            total[i] += backend.get(xp.sum(tile, axis=1))
            total[j] += backend.get(xp.sum(tile, axis=0))
        products += [2 * float(xp.sum(tiles[p] * tiles[q])) for p, q in ((0, 0), (0, 1), (1, 1))]
    pairs = [(products[0], rows[0], rows[0]), (products[1], *rows), (products[2], rows[1], rows[1])]
    biased, unbiased = ([hsic(*pair) for pair in pairs] for hsic in (_hsic, _unbiased_hsic))
    score = _ratio(biased[1], biased[0], biased[2], products[0], products[2])
    return Alignment(float(np.clip(score, 0.0, 1.0)), _ratio(unbiased[1], *unbiased[::2], *products[::2]))


def _hsic(product: float, k: Column, l: Column) -> float:  # noqa: E741
    """Return tr(K H L H) from the sum of K L and the sums of the rows."""
    n = len(k)
    return float(product - 2 / n * np.vdot(k, l) + k.sum() / n * (l.sum() / n))


def _unbiased_hsic(product: float, k: Column, l: Column) -> float:  # noqa: E741
    n = len(k)
    if n < 4:
        return nan
    return float(product - 2 / (n - 2) * np.vdot(k, l) + k.sum() / (n - 1) * (l.sum() / (n - 2)))


class _Kernel(NamedTuple):
    """A Gaussian kernel over the rows of one side."""

    rows: Column
    scale: float
    middle: Column
    width: float  # 2 width^2, in squared units of the scaled rows
    backend: Backend

    @classmethod
    def of(cls, side: str, rows: Column, fraction: float, backend: Backend) -> "_Kernel":
        rows, scale = compact(rows)
        middle = moments(rows[:TILE], scales=(scale,), backend=backend).means[0]
        kernel = cls(rows, scale, middle, nan, backend)
        n = len(rows)
        median = _median(kernel.distances, n * (n - 1) // 2) if n > 1 else 0.0
        if not median > 0:
            what = f"cka-rbf is undefined: the median distance of the rows of {side} is 0"
            raise DataError(what, side, "leave out equal rows, or take «aggregates=cka»")
        return kernel._replace(width=2 * fraction**2 * median)

    def squared(self, i: slice, j: slice) -> Array:
        """Return the squared distances of a tile; those of equal rows are 0."""
        xp, (x, y) = self.backend.xp, (self._near(span) for span in (i, j))
        squares = xp.vecdot(x, x)[:, None] + xp.vecdot(y, y)[None, :]
        distances = squares - 2 * self.backend.product(x, y)
        noise = x.shape[1] * np.finfo(np.float64).eps
        return xp.where(distances > noise * squares, distances, xp.zeros_like(distances))

    def _near(self, span: slice) -> Array:
        wide = self.backend.put(self.rows[span], self.backend.xp.float64) / self.scale
        return wide - self.backend.put(self.middle)[None, :]

    def distances(self) -> Iterator[Column]:
        """Yield the squared distances of all pairs i < j."""
        for i, j in _tiles(len(self.rows)):
            tile = self.backend.get(self.squared(i, j))
            yield tile[np.triu_indices(len(tile), 1)] if i == j else tile.ravel()

    def tile(self, i: slice, j: slice) -> Array:
        """Return a tile of the kernel matrix less 1; of one on the diagonal the pairs i < j.

        A constant changes no HSIC, and without it a wide kernel keeps its digits and a diagonal is 0.
        """
        xp = self.backend.xp
        tile = xp.expm1(-self.squared(i, j) / self.width)
        return xp.triu(tile, k=1) if i == j else tile


def _tiles(n: int) -> Iterator[tuple[slice, slice]]:
    spans = [slice(start, min(start + TILE, n)) for start in range(0, n, TILE)]
    return ((i, j) for number, i in enumerate(spans) for j in spans[number:])


def _median(parts: Callable[[], Iterator[Column]], count: int) -> float:
    """Return the median of numbers that are not negative, without holding them.

    Such numbers order like their bits: each pass counts the next 16 bits of those that agree so far.
    """
    ranks, found = [(count - 1) // 2, count // 2], [0, 0]
    for place in range(64 - DIGIT, -1, -DIGIT):
        counts = {prefix: np.zeros(1 << DIGIT, dtype=np.int64) for prefix in found}
        for part in parts():
            digits = part.view(np.int64) >> place
            for prefix, counted in counts.items():
                same = digits[digits >> DIGIT == prefix] & ((1 << DIGIT) - 1)
                counts[prefix] = counted + np.bincount(same, minlength=1 << DIGIT)
        for number, prefix in enumerate(list(found)):
            below = np.cumsum(counts[prefix])
            digit = int(np.searchsorted(below, ranks[number], side="right"))
            ranks[number] -= int(below[digit - 1]) if digit else 0
            found[number] = prefix << DIGIT | digit
    return float(np.asarray(found, dtype=np.int64).view(np.float64).mean())
