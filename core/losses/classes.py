"""Losses of a batch with classes: what every row makes of its positives and negatives.

A batch has n rows. Every function takes a query block of r anchors with their whole rows of scores, so that nobody
needs the (n, n) matrix: the query blocks together give what the whole batch gives.
"""

from ..backend import Array, constant, namespace
from ..errors import ParameterError
from .negatives import LogSumExp
from .numerics import hinge, joined, masked_logsumexp, mass, softplus
from .validation import check_finite, check_masks, check_positive


def class_masks(anchor_classes: Array, first_row: int, classes: Array) -> tuple[Array, Array]:
    """Return which rows are an anchor's positives and which its negatives; itself is neither.

    Args:
        anchor_classes: (r,) the classes of rows first_row, first_row + 1, ... of the batch.
        first_row: the place of the first anchor in the batch.
        classes: (n,) numbers, the classes of all rows, same namespace.

    Returns:
        Two (r, n) bool arrays: the same class and another row; another class.

    Example:
        >>> import numpy as np
        >>> positives, negatives = class_masks(np.asarray([7]), 1, np.asarray([7, 7, 8]))
        >>> positives.tolist(), negatives.tolist()
        ([[True, False, False]], [[False, False, True]])
    """
    xp = namespace(anchor_classes, classes)
    same = anchor_classes[:, None] == classes[None, :]
    rows, columns = (xp.arange(len_, device=classes.device) for len_ in same.shape)
    return same & ((rows + first_row)[:, None] != columns[None, :]), ~same


def nt_xent(scores: Array, positives: Array, negatives: Array, *, temperature: float = 0.5) -> Array:
    """Normalised temperature-scaled cross-entropy of each positive pair against the anchor's negatives.

    With s the cosine and T the temperature, for every positive p of an anchor::

        loss = -log( exp(s_p / T) / (exp(s_p / T) + sum over negatives exp(s_n / T)) )

    Args:
        scores: (r, n) float64 cosines.
        positives: (r, n) bool, the same class, not the anchor itself.
        negatives: (r, n) bool, another class; or (r,) their log-sum-exp, where it is known.
        temperature: above 0, in units of cosine.

    Returns:
        (p,) losses of the positive pairs, anchor by anchor, at least 0; 0 without negatives.

    Raises:
        ShapeError: a mask has another shape than the scores.
        ParameterError: the temperature is not positive.

    Source:
        Chen et al. 2020 (SimCLR), equation 1, where the two views of an image are a class.

    Example:
        >>> import numpy as np
        >>> scores, positives = np.asarray([[1.0, 0.5, 0.5]]), np.asarray([[False, True, False]])
        >>> nt_xent(scores, positives, np.asarray([[False, False, True]])).round(4).tolist()
        [0.6931]
    """
    check_masks(scores, positives, negatives)
    check_positive(temperature=temperature)
    xp = namespace(scores)
    logits = scores / temperature
    against = xp.take(mass(logits, negatives), xp.nonzero(positives)[0], axis=0)
    # not lse - s_p: a tiny loss would vanish in the rounding of s_p
    return softplus(against - logits[positives])


def _over_temperature(scores: Array, *, temperature: float) -> tuple[Array, float]:
    return scores * (1.0 / temperature), 1.0 / temperature


NEGATIVES_OVER_TEMPERATURE = LogSumExp(_over_temperature)  # of nt_xent and sup_con


def sup_con(scores: Array, positives: Array, negatives: Array, *, temperature: float = 0.1) -> Array:
    """Supervised contrastive loss of each anchor: its positives against all other rows.

    With s the cosine, T the temperature, P the positives and A all rows but the anchor::

        loss = -mean over P of log( exp(s_p / T) / sum over A exp(s_a / T) )

    Args:
        scores: (r, n) float64 cosines.
        positives: (r, n) bool, the same class, not the anchor itself.
        negatives: (r, n) bool, another class; or (r,) their log-sum-exp, where it is known.
        temperature: above 0, in units of cosine.

    Returns:
        (r,) losses, at least 0; 0 for an anchor without positives, which is no item.

    Raises:
        ShapeError: a mask has another shape than the scores.
        ParameterError: the temperature is not positive.

    Source:
        Khosla et al. 2020, equation 2, L_out.

    Example:
        >>> import numpy as np
        >>> scores, positives = np.asarray([[1.0, 0.5, 0.5]]), np.asarray([[False, True, False]])
        >>> sup_con(scores, positives, np.asarray([[False, False, True]])).round(4).tolist()
        [0.6931]
    """
    check_masks(scores, positives, negatives)
    check_positive(temperature=temperature)
    xp = namespace(scores)
    logits = scores / temperature
    counts = xp.sum(xp.astype(positives, scores.dtype), axis=1)
    mean = xp.sum(xp.where(positives, logits, xp.zeros_like(logits)), axis=1) / xp.clip(counts, 1.0, None)
    if negatives.ndim == 1:
        every = joined(masked_logsumexp(logits, positives), negatives)
    else:
        every = masked_logsumexp(logits, positives | negatives)
    return xp.where(counts > 0, every - mean, xp.zeros_like(mean))


def multi_similarity(
    scores: Array, positives: Array, negatives: Array, *, alpha: float = 2.0, beta: float = 50.0, base: float = 0.5
) -> Array:
    """Multi-similarity loss of each anchor, over all its pairs.

    With s the cosine::

        loss = log(1 + sum over positives exp(-alpha (s - base))) / alpha
             + log(1 + sum over negatives exp(beta (s - base))) / beta

    Args:
        scores: (r, n) float64 cosines.
        positives: (r, n) bool, the same class, not the anchor itself.
        negatives: (r, n) bool, another class.
        alpha: above 0, the weight of the positives' exponent.
        beta: above 0, the weight of the negatives' exponent.
        base: in units of cosine; positives are pulled above it, negatives pushed below.

    Returns:
        (r,) losses, at least 0; an anchor without positives has only the second part, and still counts.

    Raises:
        ShapeError: a mask has another shape than the scores.
        ParameterError: alpha or beta is not positive, or base not finite.

    Source:
        Wang et al. 2019, equation 15, without the mining of equations 11 and 12.

    Example:
        >>> import numpy as np
        >>> scores, positives = np.asarray([[1.0, 0.5, 0.5]]), np.asarray([[False, True, False]])
        >>> multi_similarity(scores, positives, np.asarray([[False, False, True]])).round(4).tolist()
        [0.3604]
    """
    check_masks(scores, positives, negatives)
    check_positive(alpha=alpha, beta=beta)
    check_finite(base=base)
    apart = softplus(masked_logsumexp(-alpha * (scores - base), positives)) / alpha
    return apart + softplus(mass(beta * (scores - base), negatives)) / beta


def _past_base(scores: Array, *, beta: float, base: float, **_: float) -> tuple[Array, float]:
    return beta * (scores - base), beta


NEGATIVES_PAST_BASE = LogSumExp(_past_base)  # of multi_similarity


def circle(scores: Array, positives: Array, negatives: Array, *, margin: float = 0.4, gamma: float = 80.0) -> Array:
    """Circle loss of each anchor: every pair is pulled or pushed by how far it is from its optimum.

    With s the cosine and m the margin::

        loss = log(1 + sum over negatives exp(gamma w_n (s_n - m)) * sum over positives exp(-gamma w_p (s_p - 1 + m)))
        w_n = max(0, s_n + m),  w_p = max(0, 1 + m - s_p)

    The weights w are constants of the gradient: the paper's equation 10 differentiates only the second factors.

    Args:
        scores: (r, n) float64 cosines.
        positives: (r, n) bool, the same class, not the anchor itself.
        negatives: (r, n) bool, another class.
        margin: -1 to 1, in units of cosine.
        gamma: above 0, the scale of the exponents.

    Returns:
        (r,) losses, at least 0; 0 for an anchor without positives or without negatives, which is no item.

    Raises:
        ShapeError: a mask has another shape than the scores.
        ParameterError: gamma is not positive, or the margin outside its range.

    Source:
        Sun et al. 2020, equations 4 to 6; gradient: equation 10.

    Example:
        >>> import numpy as np
        >>> scores, positives = np.asarray([[1.0, 0.6, 0.4]]), np.asarray([[False, True, False]])
        >>> circle(scores, positives, np.asarray([[False, False, True]])).round(4).tolist()
        [0.6931]
    """
    check_masks(scores, positives, negatives)
    check_positive(gamma=gamma)
    if not -1 <= margin <= 1:
        raise ParameterError(f"margin is {margin}, expected -1 to 1, in units of cosine", "«margin»")
    held = constant(scores)
    push = mass(gamma * hinge(held, margin) * (scores - margin), negatives)
    pull = masked_logsumexp(-gamma * hinge(-held, 1 + margin) * (scores - 1 + margin), positives)
    return softplus(push + pull)


def _pushed(scores: Array, *, margin: float, gamma: float) -> tuple[Array, Array]:
    weights = gamma * hinge(scores, margin)
    return weights * (scores - margin), weights


PUSHED_NEGATIVES = LogSumExp(_pushed)  # of circle
