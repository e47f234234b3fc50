"""The lifted structure loss of a batch with classes, and what every row must know of its negatives first.

As in `classes.py`, every function takes a query block of r anchors with their whole rows, here of distances.
"""

from ..backend import Array, namespace
from ..errors import ShapeError
from .negatives import LogSumExp
from .numerics import hinge, joined, masked_logsumexp
from .validation import check_at_least, check_masks


def negative_mass(distances: Array, negatives: Array, *, margin: float = 1.0) -> Array:
    """Return what `lifted_structure` needs of every row of the batch: log of sum over negatives exp(margin - d).

    Args:
        distances: (r, n) float64 distances, at least 0.
        negatives: (r, n) bool, another class.
        margin: at least 0, in units of distance.

    Returns:
        (r,) log-sum-exps; minus infinity without negatives.

    Raises:
        ShapeError: the mask has another shape than the distances.
        ParameterError: the margin is negative.

    Example:
        >>> import numpy as np
        >>> negative_mass(np.asarray([[0.0, 1.0, 1.0]]), np.asarray([[False, True, True]])).round(4).tolist()
        [0.6931]
    """
    check_masks(distances, negatives, negatives)
    check_at_least(0, margin=margin)
    return masked_logsumexp(margin - distances, negatives)


def lifted_structure(
    distances: Array, positives: Array, anchors_mass: Array, all_mass: Array, *, margin: float = 1.0
) -> Array:
    """Lifted structure loss of each positive pair, against the negatives of both its ends.

    With d the distance, m the margin and N(i) the negatives of row i::

        J = log( sum over N(a) exp(m - d_an) + sum over N(p) exp(m - d_pn) ) + d_ap
        loss = max(0, J)^2 / 2

    Args:
        distances: (r, n) float64 distances, at least 0.
        positives: (r, n) bool, the same class, not the anchor itself.
        anchors_mass: (r,) the `negative_mass` of the anchors, with the same margin.
        all_mass: (n,) that of all rows of the batch.
        margin: m >= 0, in units of distance; already in the masses.

    Returns:
        (p,) losses of the positive pairs, anchor by anchor, at least 0; 0 without negatives. A pair comes twice, once
        for either end, with the same loss: the mean is that over pairs without order.

    Raises:
        ShapeError: the mask or a mass does not fit the distances.
        ParameterError: the margin is negative.

    Source:
        Oh Song et al. 2016, equation 4.

    Example:
        >>> import numpy as np
        >>> from simtool.losses.classes import class_masks
        >>> distances = np.asarray([[0.0, 1.0, 2.0], [1.0, 0.0, 2.0], [2.0, 2.0, 0.0]])
        >>> positives, negatives = class_masks(np.asarray([0, 0, 1]), 0, np.asarray([0, 0, 1]))
        >>> mass = negative_mass(distances, negatives)
        >>> lifted_structure(distances, positives, mass, mass).round(4).tolist()
        [0.2402, 0.2402]
    """
    check_masks(distances, positives, positives)
    if (*anchors_mass.shape, *all_mass.shape) != tuple(distances.shape):
        got = f"{tuple(anchors_mass.shape)} and {tuple(all_mass.shape)}"
        raise ShapeError(f"the masses have shapes {got}, the distances {tuple(distances.shape)}", "mass")
    check_at_least(0, margin=margin)
    xp = namespace(distances)
    rows, columns = xp.nonzero(positives)
    ends = xp.take(anchors_mass, rows, axis=0), xp.take(all_mass, columns, axis=0)
    pulled = hinge(joined(*ends), distances[positives])  # the ends are of one class: both have negatives, or none has
    return 0.5 * pulled**2


def _within_margin(distances: Array, *, margin: float) -> tuple[Array, float]:
    return margin - distances, -1.0


NEGATIVES_WITHIN_MARGIN = LogSumExp(_within_margin)  # of lifted_structure
