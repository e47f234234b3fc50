"""What the losses are functions of: the scores of aligned rows, and of all rows with all rows."""

from typing import NamedTuple

from ..backend import Array, namespace
from ..metrics import EPS, finish, magnitude, row_dots, score_rows
from .score import angle_similarity

SHIFT = 1e-6  # what torch.nn.functional.pairwise_distance adds to every difference

# beside the metrics of the catalogue
DERIVED = {
    "cosine-distance": "1 - cosine",
    "unit-euclidean": "Euclidean distance of the rows scaled to unit length",
    "shifted-euclidean": "Euclidean distance with 1e-6 added to every difference, as in torch",
    "angle": "the angle similarity of AnglE, of vectors read as complex numbers",
}


def of_pairs(metric: str, x: Array, y: Array, *, eps: float = EPS) -> Array:
    """Return the (n,) scores of row i of x with row i of y.

    Args:
        metric: of the catalogue, or of DERIVED.
        x: (n, d) float64, finite; differentiable in torch. Checked by the caller.
        y: (n, d).
        eps: the least norm to divide by.
    """
    if metric == "cosine-distance":
        return 1.0 - score_rows("cosine", x, y, eps=eps)
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
        rows: (n, d) float64; of unit length, around a center, or as they are.
        squares: (n,) their squared norms; only for Euclidean distances.
    """

    rows: Array
    squares: Array | None


def of_all(metric: str, x: Array, y: Array, *, eps: float = EPS) -> Array:
    """Return the (n, m) scores of every row of x with every row of y.

    Args:
        metric: cosine, dot, euclidean, sqeuclidean, cosine-distance or unit-euclidean.
        x: (n, d) float64, finite; differentiable in torch. Checked by the caller.
        y: (m, d).
        eps: the least norm to divide by.
    """
    center = center_of(metric, y)
    return products(metric, prepare(metric, x, center, eps=eps), prepare(metric, y, center, eps=eps))


def center_of(metric: str, y: Array) -> Array | None:
    """Return a point amid the rows, around which the squares of Euclidean distances cancel least.

    It lies on a grid about as wide as the rows are spread: whole numbers stay whole, and equal distances equal.
    """
    if metric not in ("euclidean", "sqeuclidean"):
        return None
    xp = namespace(y)
    mean = xp.mean(y, axis=0)
    spread = xp.max(xp.abs(y - mean))
    grid = 2.0 ** xp.floor(xp.log2(xp.where(spread > 0, spread, xp.ones_like(spread))))
    return xp.round(mean / grid) * grid


def prepare(metric: str, x: Array, center: Array | None, *, eps: float = EPS) -> Prepared:
    """Return (n, d) float64 rows as `products` takes them."""
    if metric in ("cosine", "cosine-distance", "unit-euclidean"):
        x = unit_rows(x, eps=eps)
    if center is not None:
        x = x - center
    return Prepared(x, row_dots(x, x) if metric in ("euclidean", "sqeuclidean", "unit-euclidean") else None)


def products(metric: str, x: Prepared, y: Prepared) -> Array:
    """Return the (n, m) scores of prepared rows."""
    xp = namespace(x.rows, y.rows)
    product = x.rows @ y.rows.T
    if metric == "cosine":
        return xp.clip(product, -1.0, 1.0)
    if metric == "cosine-distance":
        return 1.0 - xp.clip(product, -1.0, 1.0)
    if x.squares is None or y.squares is None:
        return product
    squares = xp.clip(x.squares[:, None] + y.squares[None, :] - 2.0 * product, 0.0, None)
    if metric == "sqeuclidean":
        return squares
    return finish("euclidean", (squares,), (xp.ones_like(squares), xp.ones_like(squares)), EPS)


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
