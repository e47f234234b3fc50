"""What every metric is: one frozen object that holds all that is true of it, beside its row of the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from math import inf
from typing import Any, ClassVar, cast

import numpy as np

from ..backend import Array, Backend, namespace, of_one_library
from ..catalogue import Entry, find
from ..errors import DataError, ParameterError, ShapeError
from ..results import Column
from .bounds import Side, sum_error
from .numerics import EPS, any_of, are_moderate, is_rounded, magnitude
from .precision import Precision

CPU_BLOCK = 1 << 16  # numbers of both sides that are compared at a time, few enough for a core's cache
DEVICE_BLOCK = 1 << 24

Sums = tuple[Array, ...]
Scales = tuple[Array, Array]


@dataclass(frozen=True)
class Metric:
    """A metric of two vectors; called with arrays, it is the public function `simtool.metrics.NAME`.

    The score of two vectors is `finish` of the sums that `terms` gives for pieces of them, added up by `merge`. For all
    pairs of rows, `prepare` is run once on each row and `tile` gives *proxy scores*: numbers that are larger for closer
    rows, by default the negated distance. Tiles that are no products of matrices are scored as aligned vectors are.

    The fields of a metric are its parameters. The facts, as a class says them where the default is not true of it:

    Attributes:
        name: its row of the catalogue.
        is_product: the proxy score is a product of prepared rows, so that it may be scanned in any precision.
        expands_squares: the proxy score is |x|^2 + |y|^2 - 2xy, which cancels for close rows: a center amid them helps.
        has_unit_rows: prepared rows have length 1, so that their products fit into any float.
        is_made_of_dots: `finish` takes the dot products xy, xx, yy; others take sums of their own.
        sums_float32: rows of float32 need not be widened, as `float32_sums` gives their sums.
        takes_differences: of the numbers, so that integers that float64 rounds are refused.
        scores_are_proxies: the score is the proxy score itself.
        kink: where there is no derivative, in words; nothing where there is one everywhere.
        end: the score that no pair passes, or None.
        zero_score: what a pair with a vector that has no direction scores, or None where it is nothing special.
        without_direction: such a vector, in words.
    """

    name: ClassVar[str]
    is_product: ClassVar[bool] = False
    expands_squares: ClassVar[bool] = False
    has_unit_rows: ClassVar[bool] = False
    is_made_of_dots: ClassVar[bool] = False
    sums_float32: ClassVar[bool] = False
    takes_differences: ClassVar[bool] = True
    scores_are_proxies: ClassVar[bool] = False
    kink: ClassVar[str] = "at distance 0"
    end: ClassVar[float | None] = 0.0
    zero_score: ClassVar[float | None] = None
    without_direction: ClassVar[str] = "zero"

    def __call__(self, x: Array, y: Array, *, dim: int = -1) -> Array:
        """Return the metric of aligned vectors."""
        return aligned(self, x, y, dim)

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def entry(self) -> Entry:
        """The row of the catalogue."""
        return find("metric", self.name)

    @property
    def larger_is_closer(self) -> bool:
        """The direction."""
        return self.entry.larger_is_closer

    @property
    def is_symmetric(self) -> bool:
        """Whether both orders of a pair score the same."""
        return "symmetric" in self.entry.laws

    @property
    def has_product(self) -> bool:
        """Whether tiles are made of products of matrices."""
        return self.is_product or self.expands_squares

    def refusal(self, dtype: Any) -> str:
        """Return why vectors of this numpy dtype have no such score, or nothing."""
        return ""

    def scales(self, x: Array, y: Array) -> Scales:
        """Return what to divide x and y of these magnitudes by: powers of two, or 1 where scaling cannot help."""
        xp = namespace(x, y)
        return xp.ones_like(x), xp.ones_like(y)

    def terms(self, x: Array, y: Array) -> Sums:
        """Return the partial sums over the last axis of scaled float64 pieces of aligned vectors."""
        raise NotImplementedError

    def float32_sums(self, x: Column, y: Column) -> Sums:
        """Return what `terms` gives for (n, d) float32 rows of numpy, which are summed in float64 all the same."""
        raise NotImplementedError

    def merge(self, total: Sums, part: Sums) -> Sums:
        """Return the sums of two pieces together; sums of zeros are those of no piece."""
        return tuple(x + y for x, y in zip(total, part, strict=True))

    def finish(self, sums: Sums, scales: Scales) -> Array:
        """Return the scores made of the merged sums."""
        return sums[0]

    def exact(self, x: Array, y: Array) -> Array:
        """Return the float64 scores of aligned vectors along the last axis; shapes are checked by the caller.

        Args:
            x: float64, or float32: then the numbers are compared in float32, and their sums are float64.
            y: of the dtype of x.
        """
        xp = namespace(x, y)
        if x.dtype == xp.float32 and are_moderate(*((sums := self.terms(x, y))[1:] or sums)):  # nothing to be scaled
            return self.finish_moderate(sums)
        scales = self.scales(magnitude(x), magnitude(y))
        x, y = x / scales[0][..., None], y / scales[1][..., None]
        return self.finish(self.terms(x, y), scales)

    def finish_moderate(self, sums: Sums) -> Array:
        """Return the scores made of the sums of vectors that were not scaled, none of whose squares is near 0."""
        one = namespace(*sums).ones_like(sums[0])
        return self.finish(sums, (one, one))

    def with_pulls(self, x: Array, y: Array) -> tuple[Column, Column] | None:
        """Return the (n,) scores of (n, d) float32 tensors in host memory, and (k, n) what their gradients are made of,
        see `Pull`. None leaves both to `exact`: of any other metric, and where squares may leave float32."""
        return None

    def undirected(self, sums: Sums) -> Array:
        """Return which scores have a vector without direction on a side; only where `zero_score` is a number."""
        return (sums[1] == 0) | (sums[2] == 0)

    def shortened(self, sums: Sums, scales: Scales) -> Array:
        """Return which scores divide by eps instead of a norm that is not zero; only where `zero_score` is a number."""
        raise NotImplementedError

    def prepare(self, rows: Array, center: Array, *, scaled: bool) -> Array:
        """Return (n, d) float64 rows as tiles take them.

        Args:
            rows: (n, d) float64.
            center: (d,) a point to move the origin to, or None.
            scaled: whether squares of the rows may leave float64.
        """
        return rows

    def norms(self, rows: Array) -> Array:
        """Return the (n,) norms of prepared rows: no score of two is above the sum of theirs."""
        xp = namespace(rows)
        return xp.sqrt(xp.vecdot(rows, rows))

    def fits_float32(self, a: float, b: float, dims: int) -> bool:
        """Tell whether rows of these largest magnitudes can be scanned in float32."""
        return False

    def tile(self, backend: Backend, x: Side, y: Side, out: Array = None) -> Array:
        """Return the (n, m) proxy scores of prepared rows, in `out` if that is of use."""
        xp, (n, d), m = backend.xp, x.rows.shape, y.rows.shape[0]
        wide = max(1, (CPU_BLOCK if backend.device == "cpu" else DEVICE_BLOCK) // d)
        step = max(1, wide // m)
        strips = []
        for i in range(0, n, step):
            rows = x.rows[i : i + step][:, None, :]
            scores = [self._of_pairs(rows, y.rows[j : j + wide][None, :, :]) for j in range(0, m, wide)]
            strips.append(-xp.concat(scores, axis=1))
        return xp.concat(strips, axis=0)

    def _of_pairs(self, x: Array, y: Array) -> Array:
        one = namespace(x, y).ones_like(x[..., 0])
        return self.finish(self.terms(x, y), (one, one))

    def error(self, x: Side, y: Side, precision: Precision, *, scaled: bool) -> Array:
        """Return (n,) bounds of the error of each row of x against all of y, but for the relative part."""
        return sum_error(x, precision) * (x.norms + y.longest)

    def score(self, proxy: Array) -> Array:
        """Return the scores of proxy scores."""
        return namespace(proxy).clip(-proxy, 0.0, None)

    def proxy_score(self, scores: Column) -> Column:
        """Return a proxy score that every pair at least as close as the score has, for an array of float64 scores."""
        return np.where(scores < 0, inf, -scores * (1 + 1e-12))

    def has_no_slope(self, scores: Array) -> Array:
        """Return which scores have no derivative by the vectors, so that a gradient is taken as 0."""
        return (scores == 0) & bool(self.kink)


def aligned(metric: Metric, x: Array, y: Array, dim: int) -> Array:
    """Return the metric of vectors along a dim of arrays that broadcast; what every public metric does."""
    x, y = of_one_library(x=x, y=y)
    xp = namespace(x, y)
    for array in (x, y):
        if not xp.isdtype(array.dtype, ("integral", "real floating")):
            raise DataError(f"expected real numbers, got dtype {array.dtype}")
        if refusal := metric.refusal(array.dtype):
            raise DataError(refusal)
    narrow = all(xp.isdtype(v.dtype, "real floating") and v.dtype != xp.float64 for v in (x, y))
    if metric.takes_differences and any(any_of(is_rounded(array)) for array in (x, y)):
        raise DataError(f"float64 rounds an integer: {metric.name} would lose the difference", "", "shift the numbers")
    try:
        x, y = xp.broadcast_arrays(x, y)
    except (ValueError, RuntimeError) as error:
        raise ShapeError(f"shapes {tuple(x.shape)} and {tuple(y.shape)} do not broadcast") from error
    if not hasattr(dim, "__index__"):
        raise ParameterError(f"expected a whole number, got {dim!r}", "dim", "simtool.similarity takes several dims")
    if not -x.ndim <= dim < x.ndim:
        raise ShapeError(f"dim {dim} is out of range for {x.ndim} dims", "dim")
    if x.shape[dim] == 0:
        raise ShapeError(f"the vectors are empty: dim {dim} of shape {tuple(x.shape)}", "dim")
    x, y = (xp.moveaxis(xp.astype(v, xp.float64), dim, -1) for v in (x, y))
    score = metric.exact(x, y)
    return xp.astype(score, xp.float32) if narrow else score


def metric_of(metric: "str | Metric", *, eps: float = EPS, **parameters: float) -> Metric:
    """Return the metric of a name or alias with these parameters; a metric itself stays as it is.

    Args:
        metric: a name of the catalogue.
        eps: taken from everyone, and used by the metrics that divide by a norm.
        parameters: of this metric.

    Raises:
        ParameterError: an unknown name, a parameter that the metric does not have, or a value that it refuses.
    """
    return metric if isinstance(metric, Metric) else _built(metric, eps, tuple(sorted(parameters.items())))


@cache
def _built(name: str, eps: float, parameters: tuple[tuple[str, float], ...]) -> Metric:
    metric = cast(Metric, find("metric", name).load())
    known = [field.name for field in fields(metric)]
    for parameter, _ in parameters:
        if parameter not in known:
            others = [each for each in known if each != "eps"]
            hint = f"it has: {', '.join(others)}" if others else "leave it out"
            raise ParameterError(f"the metric {metric.name} has no parameter {parameter!r}", "«parameters»", hint)
    own: Mapping[str, Any] = dict(parameters) | ({"eps": eps} if "eps" in known else {})
    return replace(metric, **own)


def score_rows(metric: "str | Metric", x: Array, y: Array, *, eps: float = EPS) -> Array:
    """Return the metric of aligned float64 vectors along the last axis; shapes are checked by the caller."""
    return metric_of(metric, eps=eps).exact(x, y)


def check_eps(eps: float) -> None:
    """Refuse what is no least norm to divide by."""
    if not eps >= 0:
        raise ParameterError(f"eps is {eps}, expected at least 0", "eps")
