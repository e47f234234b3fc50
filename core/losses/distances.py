"""What the losses are functions of: the scores of aligned rows, and of all rows with all rows."""

from ..backend import Array, namespace
from ..metrics import EPS, finish, magnitude, row_dots, score_rows

SHIFT = 1e-6  # what torch.nn.functional.pairwise_distance adds to every difference

# beside the metrics of the catalogue
DERIVED = {
    "cosine-distance": "1 - cosine",
    "unit-euclidean": "Euclidean distance of the rows scaled to unit length",
    "shifted-euclidean": "Euclidean distance with 1e-6 added to every difference, as in torch",
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
    return score_rows(metric, x, y, eps=eps)


def of_all(metric: str, x: Array, y: Array, *, eps: float = EPS) -> Array:
    """Return the (n, m) scores of every row of x with every row of y.

    Args:
        metric: cosine, dot, euclidean, sqeuclidean, cosine-distance or unit-euclidean.
        x: (n, d) float64, finite; differentiable in torch. Checked by the caller.
        y: (m, d).
        eps: the least norm to divide by.
    """
    xp = namespace(x, y)
    if metric in ("cosine", "cosine-distance", "unit-euclidean"):
        x, y = unit_rows(x, eps=eps), unit_rows(y, eps=eps)
    if metric == "cosine":
        return xp.clip(x @ y.T, -1.0, 1.0)
    if metric == "cosine-distance":
        return 1.0 - xp.clip(x @ y.T, -1.0, 1.0)
    if metric == "dot":
        return x @ y.T
    # around a point amid the rows, where the squares cancel least
    center = xp.mean(y, axis=0)
    x, y = x - center, y - center
    squares = row_dots(x, x)[:, None] + row_dots(y, y)[None, :] - 2.0 * (x @ y.T)
    squares = xp.clip(squares, 0.0, None)
    if metric == "sqeuclidean":
        return squares
    return finish("euclidean", (squares,), (xp.ones_like(squares), xp.ones_like(squares)), eps)


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
