"""Losses of two views of the same rows, which need no labels: functions of the vectors' columns."""

from typing import NamedTuple

from ..backend import Array, namespace
from ..errors import ShapeError
from .numerics import hinge, unit_rows
from .validation import check_at_least, check_same_shape

VARIANCE_EPS = 1e-4  # of the authors' code


class Vicreg(NamedTuple):
    """The weighted parts of the VICReg loss and their sum, () each.

    Args:
        invariance: what the distance of the two views costs.
        variance: what columns with a standard deviation below 1 cost.
        covariance: what columns that vary together cost.
        loss: the sum of the three.
    """

    invariance: Array
    variance: Array
    covariance: Array
    loss: Array


def barlow_twins(x: Array, y: Array, *, weight: float = 0.005) -> Array:
    """Barlow Twins loss of each feature: its own correlation across the views is to be 1, every other one 0.

    With c_ij the correlation of column i of x and column j of y over the rows::

        loss[i] = (1 - c_ii)^2 + weight sum_{j != i} c_ij^2

    Columns are standardised with their biased standard deviation (the sum over n), as batch normalisation does
    but with nothing added to it; the correlation of a constant column is 0.

    Args:
        x: (n, d) float64, finite: one view of the rows.
        y: (n, d), same namespace: the other view.
        weight: at least 0; of the correlations off the diagonal.

    Returns:
        (d,) losses of the features, at least 0; the batch's loss is their sum.

    Raises:
        ShapeError: the views differ in shape, are not (n, d), or have one row.
        ParameterError: the weight is negative.

    Source:
        Zbontar et al. 2021, equations 1 and 2.

    Example:
        >>> import numpy as np
        >>> x = np.asarray([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
        >>> barlow_twins(x, x[:, ::-1], weight=0.5).tolist()
        [1.5, 1.5]
    """
    _check_views(x, y)
    check_at_least(0, weight=weight)
    if x.shape[0] < 2:
        raise ShapeError("one row has no correlation, expected at least 2", "A")
    xp = namespace(x, y)
    # unit columns: the product of two is their correlation
    correlations = unit_rows(_centred(x).T, eps=0.0) @ unit_rows(_centred(y).T, eps=0.0).T
    own = xp.linalg.diagonal(correlations)
    return (1.0 - own) ** 2 + weight * xp.sum(_off_diagonal(correlations) ** 2, axis=1)


def vicreg(x: Array, y: Array, *, invariance: float = 25.0, variance: float = 25.0, covariance: float = 1.0) -> Vicreg:
    """VICReg loss of a batch, in its three parts.

    With std_j = sqrt(var_j + 1e-4) the standard deviation of column j and C the covariance matrix of the
    columns, both over n - 1::

        invariance mean((x - y)^2)
        + variance (mean_j max(0, 1 - std_j(x)) + mean_j max(0, 1 - std_j(y))) / 2
        + covariance (sum_{i != j} C_ij(x)^2 + sum_{i != j} C_ij(y)^2) / d

    Args:
        x: (n, d) float64, finite: one view of the rows; n is at least 2.
        y: (n, d), same namespace: the other view.
        invariance: at least 0; the weight of the first part.
        variance: at least 0; the weight of the second part.
        covariance: at least 0; the weight of the third part.

    Returns:
        Vicreg(invariance, variance, covariance, loss), each () and at least 0: the weighted parts and their sum.

    Raises:
        ShapeError: the views differ in shape, are not (n, d), or have one row.
        ParameterError: a weight is negative.

    Source:
        Bardes, Ponce, LeCun 2022, equations 1 to 6, with the halved variance of the authors' code.

    Example:
        >>> import numpy as np
        >>> x = np.asarray([[1.0, 0.0], [-1.0, 0.0]])
        >>> [part.round(6).item() for part in vicreg(x, x + 1.0)]
        [25.0, 12.375, 0.0, 37.375]
    """
    _check_views(x, y)
    check_at_least(0, invariance=invariance, variance=variance, covariance=covariance)
    if x.shape[0] < 2:
        raise ShapeError("one row has no variance, expected at least 2", "A")
    xp = namespace(x, y)
    views = [_centred(x), _centred(y)]
    matrices = [view.T @ view / (x.shape[0] - 1) for view in views]
    deviations = [xp.sqrt(xp.linalg.diagonal(matrix) + VARIANCE_EPS) for matrix in matrices]
    parts = (
        invariance * xp.mean((x - y) ** 2),
        variance * sum(xp.mean(hinge(-deviation, 1.0)) for deviation in deviations) / 2.0,
        covariance * sum(xp.sum(_off_diagonal(matrix) ** 2) for matrix in matrices) / x.shape[1],
    )
    return Vicreg(*parts, loss=parts[0] + parts[1] + parts[2])


def _check_views(x: Array, y: Array) -> None:
    check_same_shape(x, y, "B")
    if x.ndim != 2:
        raise ShapeError(f"expected one vector per row, shape (n, d), got {tuple(x.shape)}", "A")


def _centred(x: Array) -> Array:
    """Return the columns less their means; a constant column is 0, whatever its mean rounds to."""
    xp = namespace(x)
    varies = xp.max(x, axis=0) != xp.min(x, axis=0)
    return xp.where(varies[None, :], x - xp.mean(x, axis=0), xp.zeros_like(x))


def _off_diagonal(matrix: Array) -> Array:
    xp = namespace(matrix)
    numbers = xp.arange(matrix.shape[0], device=matrix.device)
    return xp.where(numbers[:, None] == numbers[None, :], xp.zeros_like(matrix), matrix)
