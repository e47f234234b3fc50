"""Losses of two views: row i of A belongs to row i of B, and the other rows of B are its negatives.

Every function takes a query block of r rows of A with their scores against all m rows of B.
"""

import numpy as np

from ..backend import Array, is_tensor, namespace, tensor_partner_loss
from ..errors import ShapeError
from ..results import Column
from .negatives import LogSumExp, SoftplusSum
from .numerics import masked_logsumexp, softplus
from .validation import check_finite, check_positive


def info_nce(scores: Array, partners: Array, others: Array | None = None, *, temperature: float = 0.05) -> Array:
    """InfoNCE loss of each anchor: its partner against all rows of the other side.

    With s the cosine, T the temperature and p the partner of the anchor::

        loss = log( sum over j of exp(s_j / T) ) - s_p / T

    Args:
        scores: (r, m) float64 cosines.
        partners: (r,) integers, the column of each anchor's partner.
        others: (r,) the log-sum-exp of each anchor's negatives, where it is known; else they are in the scores.
        temperature: above 0, in units of cosine. Smaller is stricter.

    Returns:
        (r,) losses in nats, at least 0. log(m) means that the partner is not told apart from the others.

    Raises:
        ShapeError: not one column per anchor.
        ParameterError: the temperature is not positive.

    Source:
        van den Oord et al. 2018, equation 4, with the score exp(s / T) of Chen et al. 2020.

    Example:
        >>> import numpy as np
        >>> info_nce(np.eye(2), np.asarray([0, 1]), temperature=1.0).round(4).tolist()
        [0.3133, 0.3133]
    """
    check_partners(scores, partners)
    check_positive(temperature=temperature)
    xp = namespace(scores)
    logits = scores / temperature
    if others is None and is_tensor(logits):
        return tensor_partner_loss(logits, partners)
    own = xp.take_along_axis(logits, partners[:, None], axis=1)[:, 0]
    # not lse - s_p: a tiny loss would vanish in the rounding of s_p
    return softplus((masked_logsumexp(logits, ~_mask(scores, partners)) if others is None else others) - own)


def _over_temperature(scores: Array, *, temperature: float = 1.0) -> tuple[Array, float]:
    return scores / temperature, 1.0 / temperature


OTHERS = LogSumExp(_over_temperature)  # of info_nce and n_pairs


def info_nce_slopes(own: Column, others: Column, *, temperature: float = 1.0) -> tuple[Column, Column]:
    """Return the (r,) derivatives of the losses by the score of each anchor's partner, and by the known `others`."""
    share = _sigmoid(others - own / temperature)
    return -share / temperature, share


def n_pairs(scores: Array, partners: Array, others: Array | None = None) -> Array:
    """Multi-class N-pair loss of each anchor: cross-entropy of its dot products, as InfoNCE at temperature 1.

    With a the anchor, p its partner and q the partners of the others::

        loss = log(1 + sum over q of exp(a.q - a.p))

    Args:
        scores: (r, m) float64 dot products.
        partners: (r,) integers, the column of each anchor's partner.
        others: (r,) the log-sum-exp of each anchor's negatives, where it is known; else they are in the scores.

    Returns:
        (r,) losses, at least 0.

    Raises:
        ShapeError: not one column per anchor.

    Source:
        Sohn 2016, N-pair-mc, without the L2 penalty.

    Example:
        >>> import numpy as np
        >>> n_pairs(np.eye(2), np.asarray([0, 1])).round(4).tolist()
        [0.3133, 0.3133]
    """
    return info_nce(scores, partners, others, temperature=1.0)


def siglip(
    scores: Array, partners: Array, others: Array | None = None, *, scale: float = 10.0, bias: float = -10.0
) -> Array:
    """Sigmoid loss of each anchor: every pair for itself, its partner as similar, the others as not.

    With s the cosine, and z = 1 for the partner and -1 for the others::

        loss = -sum over j of log sigmoid(z_j (scale s_j + bias))

    Args:
        scores: (r, m) float64 cosines.
        partners: (r,) integers, the column of each anchor's partner.
        others: (r,) the sum over each anchor's negatives, where it is known; else they are in the scores.
        scale: above 0, the inverse temperature.
        bias: what is added to every logit, to offset the many negatives.

    Returns:
        (r,) losses, at least 0; their mean is the paper's loss.

    Raises:
        ShapeError: not one column per anchor.
        ParameterError: the scale is not positive, or the bias not finite.

    Source:
        Zhai et al. 2023 (SigLIP), section 3.2 and algorithm 1.

    Example:
        >>> import numpy as np
        >>> siglip(np.eye(2), np.asarray([0, 1])).round(4).tolist()
        [0.6932, 0.6932]
    """
    partner = partner_mask(scores, partners)
    check_positive(scale=scale)
    check_finite(bias=bias)
    xp = namespace(scores)
    logits = scale * scores + bias
    if others is None:
        return xp.sum(softplus(xp.where(partner, -logits, logits)), axis=1)
    return softplus(-xp.sum(xp.where(partner, logits, xp.zeros_like(logits)), axis=1)) + others


def _logits(scores: Array, *, scale: float, bias: float) -> tuple[Array, float]:
    return scale * scores + bias, scale


OTHER_LOGITS = SoftplusSum(_logits)  # of siglip


def siglip_slopes(own: Column, others: Column, *, scale: float, bias: float) -> tuple[Column, Column]:
    """Return what `info_nce_slopes` does of siglip."""
    return -scale * _sigmoid(-(scale * own + bias)), np.ones_like(others)


def _sigmoid(x: Column) -> Column:
    found: Column = 0.5 * (1.0 + np.tanh(0.5 * x))  # no exponential that overflows
    return found


def partner_mask(scores: Array, partners: Array) -> Array:
    """Return the (r, m) mask that is true at each anchor's partner.

    Raises:
        ShapeError: not one column per anchor, or one that is not there.
    """
    check_partners(scores, partners)
    return _mask(scores, partners)


def _mask(scores: Array, partners: Array) -> Array:
    return partners[:, None] == namespace(scores).arange(scores.shape[1], device=scores.device)[None, :]


def check_partners(scores: Array, partners: Array) -> None:
    """Refuse partners that are not one column per anchor, or one that is not there."""
    xp = namespace(scores, partners)
    if scores.ndim != 2 or tuple(partners.shape) != (scores.shape[0],):
        got = f"{tuple(partners.shape)} for scores {tuple(scores.shape)}"
        raise ShapeError(f"expected partners (r,) for scores (r, m), got {got}", "partners")
    outside = (partners < 0) | (partners >= scores.shape[1])
    if bool(xp.any(outside)):
        row = int(xp.nonzero(outside)[0][0])
        what = f"anchor {row} has partner {int(partners[row])}, expected a column from 0 to {scores.shape[1] - 1}"
        raise ShapeError(what, "partners")
