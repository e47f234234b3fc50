"""Means of functions of all pairs of two sets, through the tiled sweep: the functions, and their width.

Functions of Euclidean distances share one sweep, and so do those of dot products. Every row of a tile is summed apart
and the sums are merged exactly, so no size of tile shows.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from ..backend import Array, Backend, quiet
from ..checks import refuse_overflow
from ..errors import ParameterError
from ..results import Column, Progress
from .closed_forms import TwoSample
from .pair_sums import PairSums, rows_of
from .record import NUMPY

MEDIAN_PAIRS = 1 << 17  # of which the width is the median
CHUNK = 1 << 18  # numbers that are widened at a time


class PairKernel(NamedTuple):
    """A function of squared distances or of dot products.

    Args:
        metric: sqeuclidean or dot, what it is a function of.
        values: takes the namespace, an array of the metric's values, the width and the dims of a row.
        has_width: whether the width matters.
    """

    metric: str
    values: Callable[[Any, Array, float, int], Array]
    has_width: bool


DISTANCE = PairKernel("sqeuclidean", lambda xp, squares, width, dims: -xp.sqrt(squares), False)
GAUSSIAN = PairKernel("sqeuclidean", lambda xp, squares, width, dims: xp.exp(squares / (-2.0 * width**2)), True)
LAPLACIAN = PairKernel("sqeuclidean", lambda xp, squares, width, dims: xp.exp(xp.sqrt(squares) / -width), True)
CUBIC = PairKernel("dot", lambda xp, products, width, dims: (products / dims + 1.0) ** 3, False)


def two_sample(
    x: Column,
    y: Column,
    kernels: Sequence[PairKernel],
    *,
    width: float = 1.0,
    backend: Backend = NUMPY,
    progress: Progress | None = None,
) -> list[TwoSample]:
    """Compute the estimates of several kernels, in one sweep for distances and one for products.

    Args:
        x: (n, d) finite rows.
        y: (m, d).
        kernels: which.
        width: of kernels that have one, above 0, in units of the rows; `median_width` gives one.
        backend: where to compute.
        progress: called with the rows that are done and their total, for x and y, x alone and y alone, of each sweep.

    Raises:
        ParameterError: the width is not positive.
        DataError: a value leaves the range of float64.

    Example:
        >>> two_sample(np.zeros((1, 1)), np.ones((1, 1)), [DISTANCE])[0].biased
        2.0
    """
    if not (width > 0 and isfinite(width)):
        raise ParameterError(f"width is {width}, expected more than 0", "«width»")
    found: dict[PairKernel, TwoSample] = {}
    for metric in ("sqeuclidean", "dot"):
        own = [kernel for kernel in kernels if kernel.metric == metric]
        functions = [_bound(kernel, width, x.shape[1], backend) for kernel in own]
        if own:
            found.update(zip(own, PairSums(x, y, metric, functions, backend, progress).estimates(), strict=True))
    return [found[kernel] for kernel in kernels]


def _bound(kernel: PairKernel, width: float, dims: int, backend: Backend) -> Callable[[Array], Array]:
    return lambda values: kernel.values(backend.xp, values, width, dims)


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
        difference = rows_of(x, y, first[part]) - rows_of(x, y, second[part])
        with quiet():
            distances[part] = np.sqrt(np.vecdot(difference, difference))
    median = float(np.median(distances)) if len(distances) else 0.0
    apart = distances[distances > 0]
    if median == 0:
        median = float(np.median(apart)) if len(apart) else 1.0
    if not isfinite(median):
        raise refuse_overflow("A, B")
    return median
