"""What the losses are functions of: the scores of aligned rows, and of all rows with all rows."""

from typing import NamedTuple

from ..backend import Array, namespace
from ..catalogue import names
from ..losses.graded import angle_similarity
from ..losses.pairs import cosine_distance
from ..metrics import EPS, Metric, magnitude, metric_of, row_dots, score_rows
from .row_distances import SplitRows, distances, frame_of, split

SHIFT = 1e-6  # what torch.nn.functional.pairwise_distance adds to every difference

# beside the metrics of the catalogue
DERIVED = {
    "cosine-distance": "1 - cosine",
    "unit-euclidean": "Euclidean distance of the rows scaled to unit length",
    "shifted-euclidean": "Euclidean distance with 1e-6 added to every difference, as in torch",
    "angle": "the angle similarity of AnglE, of vectors read as complex numbers",
}
KINKS = {"unit-euclidean": "at distance 0", "shifted-euclidean": "at distance 0", "angle": "of similarity 0"}
MADE_OF = {"cosine-distance": "cosine", "unit-euclidean": "euclidean", "shifted-euclidean": "euclidean"}


def of_pairs(metric: str, x: Array, y: Array, *, eps: float = EPS) -> Array:
    """Return the (n,) scores of row i of x with row i of y.

    Args:
        metric: of the catalogue, or of DERIVED.
        x: (n, d) float64, finite; differentiable in torch. Checked by the caller.
        y: (n, d).
        eps: the least norm to divide by.
    """
    if metric == "cosine-distance":
        return cosine_distance(score_rows("cosine", x, y, eps=eps))
    if metric == "unit-euclidean":
        return score_rows("euclidean", unit_rows(x, eps=eps), unit_rows(y, eps=eps))
    if metric == "shifted-euclidean":
        return score_rows("euclidean", x - y + SHIFT, 0.0 * y)
    if metric == "angle":
        return angle_similarity(x, y, eps=eps)
    return score_rows(metric, x, y, eps=eps)


class Prepared(NamedTuple):
    """Rows as `products` takes them.

    Args:
        rows: (n, d) float64; of unit length, or as they are.
        split: the same in two parts; only for Euclidean distances.
    """

    rows: Array
    split: SplitRows | None

    def part(self, start: int, stop: int) -> "Prepared":
        """Return the rows `start` to `stop` (exclusive)."""
        return Prepared(self.rows[start:stop], None if self.split is None else self.split.part(start, stop))


def of_all(metric: str, x: Array, y: Array, *, eps: float = EPS) -> Array:
    """Return the (n, m) scores of every row of x with every row of y.

    Args:
        metric: cosine, dot, euclidean, sqeuclidean, cosine-distance or unit-euclidean.
        x: (n, d) float64, finite; differentiable in torch. Checked by the caller.
        y: (m, d).
        eps: the least norm to divide by.
    """
    return products(metric, *prepare(metric, x, y, eps=eps))


def prepare(metric: str, x: Array, y: Array, *, eps: float = EPS) -> tuple[Prepared, Prepared]:
    """Return (n, d) and (m, d) float64 rows, which may be the same array, as `products` takes them."""
    sides = [x] if x is y else [x, y]
    base = _base(metric)
    if base.has_unit_rows or metric == "unit-euclidean":
        sides = [unit_rows(side, eps=eps) for side in sides]
    frame = frame_of(sides[0], sides[-1]) if base.expands_squares else None
    prepared = [Prepared(side, None if frame is None else split(side, frame)) for side in sides]
    return prepared[0], prepared[-1]


def products(metric: str, x: Prepared, y: Prepared) -> Array:
    """Return the (n, m) scores of prepared rows."""
    if x.split is not None and y.split is not None:
        return distances(_base(metric).name, x.split, y.split)
    scores = _base(metric).score(x.rows @ y.rows.T)
    return cosine_distance(scores) if metric == "cosine-distance" else scores


def _base(metric: str) -> Metric:
    """Return the metric of the catalogue that a score is made of."""
    return metric_of(MADE_OF.get(metric, metric))


def without_slope(metric: str, scores: Array) -> Array:
    """Return which scores have no derivative by their rows, so that their gradient is taken as 0.

    They are at an end or at a kink: distances of equal rows, angles of the same or opposite directions.
    """
    if metric in names("metric"):
        return metric_of(metric).has_no_slope(scores)
    return (scores == 0) & (metric in KINKS)


def slope_note(counted: str, metric: str) -> str:
    """Return what a reader should know of scores without a derivative, as in `2 pairs`."""
    where = KINKS.get(metric) or metric_of(metric).kink
    return f"{counted} {where}: {metric} has no derivative there, and the gradient is taken as 0"


def unit_rows(x: Array, *, eps: float = EPS) -> Array:
    """Return the (n, d) rows divided by max(norm, eps); a row of zeros stays, with no gradient."""
    xp = namespace(x)
    scale = magnitude(x)
    x = x / scale[:, None]
    squares = row_dots(x, x)
    some = squares > 0
    norms = xp.sqrt(xp.where(some, squares, xp.ones_like(squares)))
    divisor = xp.maximum(norms, xp.clip(eps / scale, 0.0, 1e150))
    # masked, so that the gradient of a row of zeros is 0
    return xp.where(some[:, None], x / divisor[:, None], xp.zeros_like(x))
