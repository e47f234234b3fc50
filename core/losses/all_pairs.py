"""The contrastive loss of all pairs of a batch with classes."""

from math import inf

from ..backend import Array, namespace
from .decided_negatives import HingeSum
from .miners import ActiveTriplets, member_sums
from .numerics import hinge
from .validation import check_at_least, check_masks, is_known


def batch_all_contrastive(
    distances: Array, positives: Array, negatives: Array, *, margin: float = 1.0, positive_margin: float = 0.0
) -> ActiveTriplets:
    """Contrastive loss of each anchor with all other rows: positives within one margin, negatives past the other.

    With d the distance, m the margin and m+ that of positives::

        loss = max(0, d_ap - m+) of a positive, max(0, m - d_an) of a negative

    Args:
        distances: (r, n) float64 distances, at least 0.
        positives: (r, n) bool, the same class, not the anchor itself.
        negatives: (r, n) bool, another class; or (r, 3) what `HingeSum` makes of them.
        margin: m >= 0, in units of distance; 0 leaves no negative active.
        positive_margin: m+ >= 0, in units of distance; infinity leaves no positive active.

    Returns:
        Two (r,) arrays, `total` and `count` of the pairs whose loss is not 0.

    Raises:
        ShapeError: a mask has another shape than the distances.
        ParameterError: a margin is negative.

    Source:
        pytorch-metric-learning ContrastiveLoss; Hadsell, Chopra, LeCun 2006, equation 4, without squares.

    Example:
        >>> import numpy as np
        >>> distances, positives = np.asarray([[0.0, 1.5, 0.75, 2.0]]), np.asarray([[False, True, False, False]])
        >>> found = batch_all_contrastive(distances, positives, np.asarray([[False, False, True, True]]))
        >>> found.total.tolist(), found.count.tolist()
        ([1.75], [2])
    """
    check_masks(distances, positives, negatives)
    check_at_least(0, margin=margin, **({} if positive_margin == inf else {"positive_margin": positive_margin}))
    xp = namespace(distances)
    pull = push = xp.zeros_like(distances[:, 0])
    pulled = pushed = xp.astype(pull, xp.int64)
    if positive_margin < inf:
        pull, pulled, _ = member_sums(hinge(distances, -positive_margin), positives)
    if is_known(negatives):
        push, pushed = negatives[:, 0], xp.astype(negatives[:, 1], xp.int64)
    elif margin > 0:
        push, pushed, _ = member_sums(hinge(-distances, margin), negatives)
    return ActiveTriplets(pull + push, pulled + pushed)


def _pushed(distances: Array, *, margin: float, positive_margin: float) -> tuple[Array, float]:
    return -distances, margin


NEGATIVES_WITHIN_MARGIN = HingeSum(_pushed)  # of batch_all_contrastive
