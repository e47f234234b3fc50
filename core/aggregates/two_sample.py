"""Distances of two distributions by the means of a function of all pairs, through the tiled sweep.

`two_sample` computes all that are asked for: those of Euclidean distances share one sweep, and so do those of dot
products. Every row of a tile is summed apart and the sums are merged exactly, so no size of tile shows.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np

from ..backend import Array, Backend, quiet
from ..errors import ParameterError
from ..operations.checks import refuse_overflow
from ..results import Column, Progress
from .closed_forms import TwoSample
from .pair_sums import PairSums

MEDIAN_PAIRS = 1 << 17  # of which the width is the median
CHUNK = 1 << 18  # numbers that are widened at a time
METRICS = {"energy": "sqeuclidean", "mmd": "sqeuclidean", "mmd-laplacian": "sqeuclidean", "mmd-poly3": "dot"}


class Discrepancy(NamedTuple):
    """A squared maximum mean discrepancy, and the width of its kernel.

    Args:
        biased: every pair counts, a row with itself too; at least 0.
        unbiased: without the pairs of a row with itself; may be negative, NaN where a set has one row.
        width: the distance that the kernel divides by.
    """

    biased: float
    unbiased: float
    width: float

    @property
    def score(self) -> float:
        """The biased one, which is always defined."""
        return self.biased


def energy_distance(x: Column, y: Column, *, backend: Backend, progress: Progress | None = None) -> TwoSample:
    """Energy distance, squared as Székely and Rizzo define it: 2 E|X-Y| - E|X-X'| - E|Y-Y'|.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Returns:
        `biased`, with E|X-X'| over all n^2 pairs, at least 0, and `unbiased`, over the n (n - 1) pairs of different
        rows; in units of the rows.

    Raises:
        DataError: a square leaves the range of float64.

    Source:
        Székely, Rizzo 2013, equations 5 and 6; scipy.stats.energy_distance, in one dim, is the root of `biased`.

    Example:
        >>> from simtool.backend import choose_backend
        >>> energy_distance(np.asarray([[0.0], [2.0]]), np.asarray([[5.0]]), backend=choose_backend()).biased
        7.0
    """
    return two_sample(x, y, ["energy"], backend=backend, progress=progress)["energy"]


def mmd_rbf(
    x: Column,
    y: Column,
    *,
    width: float | None = None,
    seed: int = 0,
    backend: Backend,
    progress: Progress | None = None,
) -> Discrepancy:
    """Squared maximum mean discrepancy with the Gaussian kernel exp(-|x-y|^2 / (2 width^2)).

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        width: above 0, in units of the rows; None for the median distance, see `median_width`.
        seed: of the pairs that the median is taken of, where there are too many.
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Returns:
        `biased` in [0, 2], `unbiased`, and the `width`.

    Raises:
        ParameterError: the width is not positive.
        DataError: a square leaves the range of float64.

    Source:
        Gretton et al. 2012, equations 3 and 5, with the width of section 8.

    Example:
        >>> from simtool.backend import choose_backend
        >>> found = mmd_rbf(np.zeros((1, 1)), np.ones((1, 1)), width=1.0, backend=choose_backend())
        >>> round(found.biased, 6)
        0.786939
    """
    width = median_width(x, y, seed=seed) if width is None else width
    found = two_sample(x, y, ["mmd"], width=width, backend=backend, progress=progress)
    return Discrepancy(*found["mmd"], width)


def mmd_laplacian(
    x: Column,
    y: Column,
    *,
    width: float | None = None,
    seed: int = 0,
    backend: Backend,
    progress: Progress | None = None,
) -> Discrepancy:
    """Squared maximum mean discrepancy with the Laplacian kernel exp(-|x-y| / width) of the Euclidean distance.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        width: above 0, in units of the rows; None for the median distance, see `median_width`.
        seed: of the pairs that the median is taken of, where there are too many.
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Returns:
        `biased` in [0, 2], `unbiased`, and the `width`.

    Raises:
        ParameterError: the width is not positive.
        DataError: a square leaves the range of float64.

    Source:
        Gretton et al. 2012, equations 3 and 5; the kernel of Feydy et al. 2019 (geomloss).

    Example:
        >>> from simtool.backend import choose_backend
        >>> found = mmd_laplacian(np.zeros((1, 1)), np.ones((1, 1)), width=1.0, backend=choose_backend())
        >>> round(found.biased, 6)
        1.264241
    """
    width = median_width(x, y, seed=seed) if width is None else width
    found = two_sample(x, y, ["mmd-laplacian"], width=width, backend=backend, progress=progress)
    return Discrepancy(*found["mmd-laplacian"], width)


def mmd_poly3(x: Column, y: Column, *, backend: Backend, progress: Progress | None = None) -> TwoSample:
    """Squared maximum mean discrepancy with the cubic kernel (x·y / d + 1)^3, the kernel inception distance.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        backend: where to compute.
        progress: called with the rows that are done and their total.

    Returns:
        `biased`, at least 0, and `unbiased`, of all rows at once, not of the mean over subsets.

    Raises:
        DataError: a value leaves the range of float64.

    Source:
        Bińkowski et al. 2018, "Demystifying MMD GANs", section 4.

    Example:
        >>> from simtool.backend import choose_backend
        >>> mmd_poly3(np.zeros((1, 1)), np.ones((1, 1)), backend=choose_backend()).biased
        7.0
    """
    return two_sample(x, y, ["mmd-poly3"], backend=backend, progress=progress)["mmd-poly3"]


def two_sample(
    x: Column,
    y: Column,
    names: Sequence[str],
    *,
    width: float = 1.0,
    backend: Backend,
    progress: Progress | None = None,
) -> dict[str, TwoSample]:
    """Compute several of energy, mmd, mmd-laplacian and mmd-poly3, in one sweep for distances and one for products.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        names: which.
        width: of mmd and mmd-laplacian, above 0, in units of the rows; `median_width` gives one.
        backend: where to compute.
        progress: called with the rows that are done and their total, for x and y, x alone and y alone, of each sweep.

    Raises:
        ParameterError: the width is not positive.
        DataError: a value leaves the range of float64.

    Example:
        >>> from simtool.backend import choose_backend
        >>> two_sample(np.zeros((1, 1)), np.ones((1, 1)), ["energy"], backend=choose_backend())["energy"].biased
        2.0
    """
    if not (width > 0 and isfinite(width)):
        raise ParameterError(f"width is {width}, expected more than 0", "«width»")
    found: dict[str, TwoSample] = {}
    for metric in ("sqeuclidean", "dot"):
        own = [name for name in names if METRICS[name] == metric]
        functions = [_function(name, width, x.shape[1], backend) for name in own]
        if own:
            found.update(zip(own, PairSums(x, y, metric, functions, backend, progress).estimates(), strict=True))
    return {name: found[name] for name in names}


def _function(name: str, width: float, dims: int, backend: Backend) -> Callable[[Array], Array]:
    """Return the kernel as a function of squared distances or dot products."""
    xp = backend.xp
    functions: dict[str, Callable[[Array], Array]] = {
        "energy": lambda squares: -xp.sqrt(squares),
        "mmd": lambda squares: xp.exp(squares / (-2.0 * width**2)),
        "mmd-laplacian": lambda squares: xp.exp(xp.sqrt(squares) / -width),
        "mmd-poly3": lambda products: (products / dims + 1.0) ** 3,
    }
    return functions[name]


def median_width(x: Column, y: Column, *, seed: int = 0) -> float:
    """Return the median Euclidean distance of two different rows of both sets together.

    Of all pairs where there are at most 131 072, as of 512 rows; else of that many, drawn by row number with the seed,
    with replacement, so that there it depends on the order of the rows and of the sets. Where half of the distances are
    0 it is the median of the others, and 1 where all are.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        seed: of the drawing.

    Example:
        >>> median_width(np.asarray([[0.0], [1.0]]), np.asarray([[3.0]]))
        2.0
    """
    total = len(x) + len(y)
    if total * (total - 1) // 2 <= MEDIAN_PAIRS:
        first, second = np.triu_indices(total, 1)
    else:
        rng = np.random.default_rng(seed)
        first = rng.integers(0, total, MEDIAN_PAIRS)
        second = (first + rng.integers(1, total, MEDIAN_PAIRS)) % total
    distances = np.empty(len(first))
    step = max(1, CHUNK // x.shape[1])
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        difference = _rows_of(x, y, first[part]) - _rows_of(x, y, second[part])
        with quiet():
            distances[part] = np.sqrt(np.vecdot(difference, difference))
    median = float(np.median(distances)) if len(distances) else 0.0
    apart = distances[distances > 0]
    if median == 0:
        median = float(np.median(apart)) if len(apart) else 1.0
    if not isfinite(median):
        raise refuse_overflow("A, B")
    return median


def _rows_of(x: Column, y: Column, numbers: Column) -> Column:
    """Return rows of both sets by their number, those of y after those of x."""
    rows = np.empty((len(numbers), x.shape[1]))
    of_x = numbers < len(x)
    rows[of_x], rows[~of_x] = x[numbers[of_x]], y[numbers[~of_x] - len(x)]
    return rows
