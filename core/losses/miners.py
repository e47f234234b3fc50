"""Triplet losses of a batch with classes, by which triplets they take: the hardest, the semi-hard, or all."""

from math import inf
from typing import NamedTuple

from ..backend import Array, namespace, places_in_rows
from .decided_negatives import HingeSum, Nearest
from .numerics import hinge, past, softplus
from .validation import check_at_least, check_finite, check_masks, check_switch, is_known


class ActiveTriplets(NamedTuple):
    """What each anchor adds to a mean over all that is active: sum(total) / sum(count), or 0 when nothing is.

    Args:
        total: (r,) float64 sums of the losses, at least 0.
        count: (r,) integers, how many of them are not 0.
    """

    total: Array
    count: Array


def batch_hard_triplet(
    distances: Array, positives: Array, negatives: Array, *, margin: float = 1.0, soft: float = 0.0
) -> Array:
    """Triplet loss of each anchor with its farthest positive and its nearest negative.

    With d the distance::

        loss = max(0, max over positives d - min over negatives d + margin)
        soft = log(1 + exp(max over positives d - min over negatives d))

    Args:
        distances: (r, n) float64 distances, at least 0.
        positives: (r, n) bool, the same class, not the anchor itself.
        negatives: (r, n) bool, another class; or (r, 2) what `Nearest` makes of them.
        margin: at least 0, in units of distance; unused if soft.
        soft: 1 for the soft margin, else 0.

    Returns:
        (r,) losses, at least 0; 0 for an anchor without positives or without negatives, which is no item.

    Raises:
        ShapeError: a mask has another shape than the distances.
        ParameterError: the margin is negative, or soft neither 0 nor 1.

    Source:
        Hermans, Beyer, Leibe 2017, equation 5; soft margin: section 2.

    Example:
        >>> import numpy as np
        >>> distances, positives = np.asarray([[0.0, 1.5, 2.0]]), np.asarray([[False, True, False]])
        >>> batch_hard_triplet(distances, positives, np.asarray([[False, False, True]])).tolist()
        [0.5]
    """
    check_masks(distances, positives, negatives)
    check_at_least(0, margin=margin)
    check_switch(soft=soft)
    xp = namespace(distances)
    far = xp.max(xp.where(positives, distances, xp.full_like(distances, -inf)), axis=1)
    if is_known(negatives):
        near = negatives[:, 0]
    else:
        near = xp.min(xp.where(negatives, distances, xp.full_like(distances, inf)), axis=1)
    # minus infinity where there is no triplet, which is no loss
    return softplus(far - near) if soft else hinge(far, -near, margin)


NEAREST_NEGATIVE = Nearest()  # of batch_hard_triplet


def semi_hard_triplet(distances: Array, positives: Array, negatives: Array, *, margin: float = 1.0) -> Array:
    """Triplet loss of each positive pair with the nearest negative that is farther, else with the farthest.

    With d the distance and n that negative::

        loss = max(0, d_ap - d_an + margin)

    Args:
        distances: (r, n) float64 distances, at least 0.
        positives: (r, n) bool, the same class, not the anchor itself.
        negatives: (r, n) bool, another class.
        margin: at least 0, in units of distance.

    Returns:
        (p,) losses of the positive pairs, anchor by anchor, at least 0; 0 without negatives, which is no item.

    Raises:
        ShapeError: a mask has another shape than the distances.
        ParameterError: the margin is negative.

    Source:
        Schroff et al. 2015 (FaceNet), section 3.2; the farthest negative as TripletSemiHardLoss of TensorFlow Addons.

    Example:
        >>> import numpy as np
        >>> distances, positives = np.asarray([[0.0, 1.5, 1.0, 2.0]]), np.asarray([[False, True, False, False]])
        >>> semi_hard_triplet(distances, positives, np.asarray([[False, False, True, True]])).tolist()
        [0.5]
    """
    check_masks(distances, positives, negatives)
    check_at_least(0, margin=margin)
    xp, ranked = namespace(distances), _ranked(distances, positives, negatives)
    near, far = ranked.near, ranked.far
    last = xp.maximum(ranked.negatives - 1, xp.zeros_like(ranked.negatives))[:, None]
    # past the end is the farthest
    places = xp.minimum(places_in_rows(far, past(near) * near, side="right"), last)
    # without negatives it is infinitely far, which is no loss
    return hinge(near, -xp.take_along_axis(far, places, axis=1), margin)[ranked.members]


def batch_all_triplet(distances: Array, positives: Array, negatives: Array, *, margin: float = 1.0) -> ActiveTriplets:
    """Triplet loss over all triplets of each anchor, summed over those that are not satisfied.

    With d the distance::

        loss = max(0, d_ap - d_an + margin)

    The negatives are sorted once per anchor, and each positive finds its sum among their running sums: memory for
    the distances, where the triplets would be positives times negatives.

    Args:
        distances: (r, n) float64 distances, at least 0.
        positives: (r, n) bool, the same class, not the anchor itself.
        negatives: (r, n) bool, another class.
        margin: at least 0, in units of distance.

    Returns:
        Two (r,) arrays, `total` and `count` of the triplets whose loss is not 0. The loss of the batch is
        sum(total) / sum(count), or 0 when every triplet is satisfied.

    Raises:
        ShapeError: a mask has another shape than the distances.
        ParameterError: the margin is negative.

    Source:
        Hermans, Beyer, Leibe 2017, equation 6, averaged over what is not 0 (their BA != 0).

    Example:
        >>> import numpy as np
        >>> distances, positives = np.asarray([[0.0, 1.5, 1.0, 2.0]]), np.asarray([[False, True, False, False]])
        >>> found = batch_all_triplet(distances, positives, np.asarray([[False, False, True, True]]))
        >>> found.total.tolist(), found.count.tolist()
        ([2.0], [2])
    """
    check_masks(distances, positives, negatives)
    check_at_least(0, margin=margin)
    xp, ranked = namespace(distances), _ranked(distances, positives, negatives)
    far, reach = ranked.far, ranked.near + margin
    active = places_in_rows(far, reach / past(reach), side="left")  # where `hinge` leaves something
    running = xp.cumulative_sum(xp.where(far < inf, far, xp.zeros_like(far)), axis=1, include_initial=True)
    losses = xp.astype(active, reach.dtype) * reach - xp.take_along_axis(running, active, axis=1)
    # the difference of two large sums may round below 0
    losses = xp.where(ranked.members, xp.clip(losses, 0.0, None), xp.zeros_like(losses))
    return ActiveTriplets(xp.sum(losses, axis=1), xp.sum(xp.where(ranked.members, active, 0), axis=1))


def margin(
    distances: Array, positives: Array, negatives: Array, *, alpha: float = 0.2, beta: float = 1.2
) -> ActiveTriplets:
    """Margin loss over all triplets of each anchor: positives nearer than beta - alpha, negatives past beta + alpha.

    With d the distance, every triplet has two terms::

        loss = max(0, alpha + (d_ap - beta)) + max(0, alpha + (beta - d_an))

    Args:
        distances: (r, n) float64 distances of unit rows, 0 to 2.
        positives: (r, n) bool, the same class, not the anchor itself.
        negatives: (r, n) bool, another class; or (r, 3) what `HingeSum` makes of them.
        alpha: at least 0, half the width of the margin, in units of distance.
        beta: the boundary between similar and dissimilar, in units of distance.

    Returns:
        Two (r,) arrays, `total` of the losses of the triplets and `count` of their terms that are not 0. The loss of
        the batch is sum(total) / sum(count), or 0 when no term is active.

    Raises:
        ShapeError: a mask has another shape than the distances.
        ParameterError: alpha is negative, or beta not finite.

    Source:
        Wu et al. 2017, the margin based loss, over all triplets instead of sampled ones, and without the learnt beta.

    Example:
        >>> import numpy as np
        >>> distances, positives = np.asarray([[0.0, 1.5, 1.0, 2.0]]), np.asarray([[False, True, False, False]])
        >>> found = margin(distances, positives, np.asarray([[False, False, True, True]]))
        >>> found.total.round(4).tolist(), found.count.tolist()
        ([1.4], [3])
    """
    check_masks(distances, positives, negatives)
    check_at_least(0, alpha=alpha)
    check_finite(beta=beta)
    xp = namespace(distances)
    pull, pulled, similar = member_sums(hinge(distances, -beta, alpha), positives)
    if is_known(negatives):
        push, pushed, dissimilar = negatives[:, 0], *(xp.astype(negatives[:, each], xp.int64) for each in (1, 2))
    else:
        push, pushed, dissimilar = member_sums(hinge(-distances, beta, alpha), negatives)
    # a positive is in as many triplets as there are negatives, and the other way round
    total = xp.astype(dissimilar, pull.dtype) * pull + xp.astype(similar, pull.dtype) * push
    return ActiveTriplets(total, dissimilar * pulled + similar * pushed)


def member_sums(terms: Array, members: Array) -> tuple[Array, Array, Array]:
    """Return the (r,) sums of the terms of members, how many are not 0, and how many members there are."""
    xp = namespace(terms)
    terms = xp.where(members, terms, xp.zeros_like(terms))
    active, every = (xp.sum(xp.astype(mask, xp.int64), axis=1) for mask in (terms > 0, members))
    return xp.sum(terms, axis=1), active, every


def _pushed(distances: Array, *, alpha: float, beta: float) -> tuple[Array, float, float]:
    return -distances, beta, alpha


PUSHED_NEGATIVES = HingeSum(_pushed)  # of margin


class _Ranked(NamedTuple):
    """The distances of anchors to their positives and negatives.

    Args:
        near: (r, p) to the positives, as they stand, and after those any distance.
        members: (r, p) bool, which of these are positives.
        far: (r, n) to the negatives, ascending, and after those infinity.
        negatives: (r,) how many there are.
    """

    near: Array
    members: Array
    far: Array
    negatives: Array


def _ranked(distances: Array, positives: Array, negatives: Array) -> _Ranked:
    xp, n = namespace(distances), distances.shape[1]
    most, sizes = int(xp.max(xp.count_nonzero(positives, axis=1))), xp.count_nonzero(negatives, axis=1)
    places = xp.arange(n, device=distances.device)
    columns = xp.sort(xp.where(positives, places, n), axis=1)[:, :most]
    near = xp.take_along_axis(distances, xp.minimum(columns, places[-1]), axis=1)
    far = xp.sort(xp.where(negatives, distances, inf), axis=1)
    return _Ranked(near, columns < n, far, sizes)
