"""Losses that compare two scores of one item: which of the two is to be the better one."""

import numpy as np

from ..backend import Array, namespace
from ..results import Column
from .numerics import hinge
from .validation import check_at_least, check_same_shape, similar


def triplet(positive: Array, negative: Array, *, margin: float = 1.0, other_negative: Array = None) -> Array:
    """Triplet loss of each anchor, positive and negative.

    With d(a, p) and d(a, n) the distances of the anchor from the positive and the negative::

        loss = max(0, d(a, p) - d(a, n) + margin)

    and with the swap of Balntas et al., min(d(a, n), d(p, n)) in place of d(a, n).

    Args:
        positive: (n,) float64 distances d(a, p), at least 0.
        negative: (n,) distances d(a, n), same namespace.
        margin: at least 0, in units of distance.
        other_negative: (n,) distances d(p, n), for the swap; None is without it.

    Returns:
        (n,) losses, at least 0, not reduced.

    Raises:
        ShapeError: the arrays differ in shape.
        ParameterError: the margin is negative.

    Source:
        Schroff, Kalenichenko, Philbin 2015, section 3.1, on distances that are not squared, as
        torch.nn.TripletMarginLoss; the swap: Balntas et al. 2016.

    Example:
        >>> import numpy as np
        >>> triplet(np.asarray([0.5, 0.5]), np.asarray([1.0, 2.0])).tolist()
        [0.5, 0.0]
    """
    check_same_shape(positive, negative, "negative")
    check_at_least(0, margin=margin)
    if other_negative is not None:
        check_same_shape(positive, other_negative, "other_negative")
        negative = namespace(negative).minimum(negative, other_negative)
    return hinge(positive, -negative, margin)


def triplet_slopes(items: Column, **_: float) -> tuple[Column, Column]:
    """Return the (n,) derivatives of triplet losses without swap by both of their distances."""
    active = np.where(items > 0, 1.0, 0.0)
    return active, -active


def margin_ranking(first: Array, second: Array, labels: Array, *, margin: float = 0.0) -> Array:
    """Margin ranking loss of each item: the score that is to be the higher one leads by the margin, or it costs.

    With y = 1 where the first score is to be the higher one, else -1::

        loss = max(0, -y (first - second) + margin)

    Args:
        first: (n,) float64 scores.
        second: (n,) scores, same namespace.
        labels: (n,) 1: the first is to be the higher one, 0 or -1: the second; bool or numbers.
        margin: at least 0, in units of the scores.

    Returns:
        (n,) losses, at least 0, not reduced.

    Raises:
        ShapeError: the arrays differ in shape.
        LabelError: a label is not binary.
        ParameterError: the margin is negative.

    Source:
        torch.nn.MarginRankingLoss.

    Example:
        >>> import numpy as np
        >>> margin_ranking(np.asarray([0.5, 0.5]), np.asarray([0.25, 0.25]), np.asarray([1, -1])).tolist()
        [0.0, 0.25]
    """
    check_same_shape(first, second, "second")
    ahead = similar(first, labels)
    check_at_least(0, margin=margin)
    xp = namespace(first)
    low, high = xp.where(ahead, second, first), xp.where(ahead, first, second)
    return hinge(low, -high, margin)
