"""Losses of pairs with a graded score: how similar they are, or in which order."""

from ..backend import Array, namespace
from ..errors import ShapeError
from ..metrics import EPS, score_rows
from .numerics import logsumexp, running_logsumexp, softplus
from .validation import check_positive, check_same_shape, finite_scores


def squared_error(similarities: Array, scores: Array) -> Array:
    """Squared difference of each pair's similarity and its score: (s - y)^2.

    Args:
        similarities: (n,) float64 similarities.
        scores: (n,) the similarities that are wanted, finite, same namespace; for a cosine in [-1, 1].

    Returns:
        (n,) losses, at least 0, not reduced.

    Raises:
        ShapeError: the two arrays differ in shape.
        LabelError: a score is not finite.

    Source:
        sentence-transformers, CosineSimilarityLoss.

    Example:
        >>> import numpy as np
        >>> squared_error(np.asarray([0.5, 1.0]), np.asarray([0.75, 1.0])).tolist()
        [0.0625, 0.0]
    """
    return (similarities - finite_scores(similarities, scores, "scores")) ** 2


def cosent(similarities: Array, scores: Array, *, scale: float = 20.0) -> Array:
    """CoSENT loss of a batch: every two pairs whose similarities are not in the order of their scores cost.

    With s the similarities and y the scores::

        loss = log(1 + sum over i, j with y_i < y_j of exp(scale (s_i - s_j)))

    Only the order of the scores matters; pairs of equal score are not compared. Sorted by score, the sum
    over i is a running one: n log n steps, and memory for n numbers, not n^2.

    Args:
        similarities: (n,) float64 similarities.
        scores: (n,) finite, of any range, same namespace.
        scale: above 0; larger is stricter.

    Returns:
        (1,) the loss of the batch in nats, at least 0; 0 where all scores are equal.

    Raises:
        ShapeError: the two arrays differ in shape.
        LabelError: a score is not finite.
        ParameterError: the scale is not above 0.

    Source:
        Huang et al. 2024, "CoSENT", DOI 10.1109/TASLP.2024.3402087; sentence-transformers, CoSENTLoss.

    Example:
        >>> import numpy as np
        >>> cosent(np.asarray([0.5, 0.25]), np.asarray([0.0, 1.0]), scale=4.0).round(6).tolist()
        [1.313262]
    """
    finite_scores(similarities, scores, "scores")
    check_positive(scale=scale)
    xp = namespace(similarities, scores)
    order = xp.argsort(scores, stable=True)
    scores, logits = xp.take(scores, order), scale * xp.take(similarities, order)
    below = xp.searchsorted(scores, scores, side="left")  # how many scores are smaller
    lowest = int(xp.sum(xp.astype(below == 0, xp.int64)))
    if lowest == scores.shape[0]:
        return xp.sum(0.0 * logits, keepdims=True)
    smaller = xp.take(running_logsumexp(logits), below[lowest:] - 1)
    return softplus(logsumexp(smaller - logits[lowest:], axis=0))[None]


def angle_similarity(a: Array, b: Array, *, eps: float = EPS) -> Array:
    """Angle similarity of aligned vectors, read as complex numbers: their first half real, the second imaginary.

    With unit rows a = (a1, a2) and b = (b1, b2)::

        s = | a . b + a2 . b1 - a1 . b2 |

    which is the real plus the imaginary part of the complex quotient, summed over the dims.

    Args:
        a: (n, d) float64, finite; d is even.
        b: (n, d), same namespace.
        eps: the least norm to divide by.

    Returns:
        (n,) similarities in [0, sqrt 2]; 1 for equal rows, 0 for a zero row.

    Raises:
        ShapeError: the vectors differ in shape or have an odd number of dims.

    Source:
        Li and Li 2024, "AoE: Angle-optimized Embeddings"; sentence-transformers, pairwise_angle_sim, which pads an
        odd number of dims with a zero.

    Example:
        >>> import numpy as np
        >>> angle_similarity(np.asarray([[3.0, 4.0]]), np.asarray([[1.0, 0.0]])).round(6).tolist()
        [1.4]
    """
    check_same_shape(a, b, "B")
    if a.ndim != 2 or a.shape[1] % 2:
        raise ShapeError(
            f"the angle similarity needs vectors with an even number of dims, got shape {tuple(a.shape)}",
            "A",
            "append a column of zeros to both inputs",
        )
    half = a.shape[1] // 2
    # a turned by a quarter: its cosine with b is the imaginary part
    turned = namespace(a, b).concat((a[:, half:], -a[:, :half]), axis=1)
    return abs(score_rows("cosine", a, b, eps=eps) + score_rows("cosine", turned, b, eps=eps))
