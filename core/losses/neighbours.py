"""The loss of neighbourhood components analysis: a batch of rows as its own soft classifier by nearest neighbours."""

from ..backend import Array, namespace
from .negatives import LogSumExp
from .numerics import masked_logsumexp, mass, softplus
from .validation import check_masks, check_positive


def nca(distances: Array, positives: Array, negatives: Array, *, temperature: float = 1.0) -> Array:
    """Neighbourhood components loss of each anchor: how likely its neighbour is of another class.

    With d the distance, T the temperature, P the positives and A all rows but the anchor::

        loss = -log( sum over P exp(-d_p / T) / sum over A exp(-d_a / T) )

    Args:
        distances: (r, n) float64 distances, as a rule squared.
        positives: (r, n) bool, the same class, not the anchor itself.
        negatives: (r, n) bool, another class; or (r,) the log of the sum of their exponentials, where it is known.
        temperature: above 0, in units of the distance. Smaller looks at nearer neighbours only.

    Returns:
        (r,) losses in nats, at least 0; 0 for an anchor without positives, which is no item.

    Raises:
        ShapeError: a mask has another shape than the distances.
        ParameterError: the temperature is not positive.

    Source:
        Goldberger, Roweis, Hinton, Salakhutdinov 2004, section 2, the sum of log p_i; with a temperature:
        Frosst, Papernot, Hinton 2019, equation 1.

    Example:
        >>> import numpy as np
        >>> distances, positives = np.asarray([[0.0, 1.0, 1.0]]), np.asarray([[False, True, False]])
        >>> nca(distances, positives, np.asarray([[False, False, True]])).round(4).tolist()
        [0.6931]
    """
    check_masks(distances, positives, negatives)
    check_positive(temperature=temperature)
    xp = namespace(distances)
    exponents = -distances / temperature
    near, far = masked_logsumexp(exponents, positives), mass(exponents, negatives)
    some = xp.any(positives, axis=1)
    # masked first: the gradient at an infinite difference is NaN; and not lse - lse, in which a tiny loss would vanish
    ahead = xp.where(some, near, xp.zeros_like(near))
    return xp.where(some, softplus(far - ahead), xp.zeros_like(near))


def _nearness(distances: Array, *, temperature: float) -> tuple[Array, float]:
    return distances * (-1.0 / temperature), -1.0 / temperature


NEAR_NEGATIVES = LogSumExp(_nearness)  # of nca
