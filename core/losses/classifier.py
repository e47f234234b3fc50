"""Losses of one row against the weight vectors of a classifier, with a margin for its own class."""

from math import cos, pi, sin

from ..backend import Array, namespace
from ..errors import LabelError, ParameterError, ShapeError
from .numerics import masked_logsumexp, softplus
from .validation import check_at_least, check_positive, first


def arcface(cosines: Array, targets: Array, *, scale: float = 64.0, margin: float = 0.5) -> Array:
    """ArcFace loss of each row: cross-entropy of the scaled cosines, with the angle to its class made larger.

    With theta_j the angle of the row and class j, and y its own class::

        z_y = scale cos(theta_y + margin), or scale (cos(theta_y) - margin sin(margin)) past pi - margin
        z_j = scale cos(theta_j)
        loss = log(sum_j exp(z_j)) - z_y

    Args:
        cosines: (n, classes) float64 cosines of rows and class weights, in [-1, 1].
        targets: (n,) integers: the number of each row's class, from 0.
        scale: above 0; the logit of a cosine of 1.
        margin: in radians, 0 to pi.

    Returns:
        (n,) losses in nats, at least 0, not reduced.

    Raises:
        ShapeError: not one target per row.
        LabelError: a target is no number of a class.
        ParameterError: the scale is not above 0, or the margin outside [0, pi].

    Source:
        Deng et al. 2019, equation 3; past pi - margin as in insightface and pytorch-metric-learning.

    Example:
        >>> import numpy as np
        >>> arcface(np.asarray([[0.5, 0.0]]), np.asarray([0]), scale=2.0).round(6).tolist()
        [0.669829]
    """
    check_positive(scale=scale)
    if not 0 <= margin <= pi:
        raise ParameterError(f"margin is {margin}, expected 0 to pi, in radians", "«margin»", "28.6 degrees are 0.5")
    own, others = _own_class(cosines, targets)
    xp = namespace(cosines)
    squares = (1.0 - own) * (1.0 + own)
    inside = squares > 0
    # masked, because the sine's own gradient at a cosine of 1 or -1 is infinite
    sines = xp.where(inside, xp.sqrt(xp.where(inside, squares, xp.ones_like(squares))), xp.zeros_like(squares))
    target = xp.where(own < -cos(margin), own - margin * sin(margin), own * cos(margin) - sines * sin(margin))
    return _cross_entropy(scale * cosines, scale * target, others)


def cosface(cosines: Array, targets: Array, *, scale: float = 64.0, margin: float = 0.35) -> Array:
    """CosFace loss of each row: cross-entropy of the scaled cosines, less a margin for its own class.

    With theta_j the angle of the row and class j, and y its own class::

        z_y = scale (cos(theta_y) - margin)
        z_j = scale cos(theta_j)
        loss = log(sum_j exp(z_j)) - z_y

    Args:
        cosines: (n, classes) float64 cosines of rows and class weights, in [-1, 1].
        targets: (n,) integers: the number of each row's class, from 0.
        scale: above 0; the logit of a cosine of 1.
        margin: at least 0, in units of cosine.

    Returns:
        (n,) losses in nats, at least 0, not reduced.

    Raises:
        ShapeError: not one target per row.
        LabelError: a target is no number of a class.
        ParameterError: the scale is not above 0, or the margin negative.

    Source:
        Wang et al. 2018, "CosFace", equation 4.

    Example:
        >>> import numpy as np
        >>> cosface(np.asarray([[0.5, 0.0]]), np.asarray([0]), scale=2.0, margin=0.5).round(6).tolist()
        [0.693147]
    """
    check_positive(scale=scale)
    check_at_least(0, margin=margin)
    own, others = _own_class(cosines, targets)
    return _cross_entropy(scale * cosines, scale * (own - margin), others)


def _own_class(cosines: Array, targets: Array) -> tuple[Array, Array]:
    """Return the (n,) cosines of each row and its class, and the (n, classes) mask of the other classes."""
    if cosines.ndim != 2 or tuple(targets.shape) != (cosines.shape[0],):
        shapes = f"cosines {tuple(cosines.shape)} and targets {tuple(targets.shape)}"
        raise ShapeError(f"expected (n, classes) cosines and one target per row, got {shapes}", "targets")
    xp, classes = namespace(cosines, targets), cosines.shape[1]
    if not xp.isdtype(targets.dtype, "integral"):
        raise LabelError(f"expected the numbers of classes, got dtype {targets.dtype}", "targets")
    wrong = (targets < 0) | (targets >= classes)
    if bool(xp.any(wrong)):
        row = first(wrong)
        what = f"row {row} has class {int(targets[row])}, expected 0 to {classes - 1}"
        raise LabelError(what, "targets", "there is one column of cosines per class")
    numbers = xp.arange(classes, device=cosines.device)
    others = xp.astype(targets, numbers.dtype)[:, None] != numbers[None, :]
    return xp.sum(xp.where(others, xp.zeros_like(cosines), cosines), axis=1), others


def _cross_entropy(logits: Array, target: Array, others: Array) -> Array:
    """Return log(sum(exp(logits))) - target, with the target in its place among the logits."""
    # not the difference of the two: a tiny loss would vanish in the rounding of the target
    return softplus(masked_logsumexp(logits, others) - target)
