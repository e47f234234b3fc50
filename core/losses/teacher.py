"""Losses of a student that is to give what its teacher gave: vectors, margins or distributions."""

from ..backend import Array, namespace
from ..errors import DataError, ShapeError
from .numerics import active, logsumexp, rounding
from .validation import check_positive, check_same_shape, finite_scores, first


def mse(student: Array, teacher: Array) -> Array:
    """Mean squared difference of each row and its teacher's, over the dims: mean((x - t)^2).

    Args:
        student: (n, d) float64 vectors.
        teacher: (n, d) the teacher's vectors, same namespace.

    Returns:
        (n,) losses, at least 0, not reduced.

    Raises:
        ShapeError: the two arrays differ in shape.

    Source:
        Reimers and Gurevych 2020; sentence-transformers, MSELoss.

    Example:
        >>> import numpy as np
        >>> mse(np.asarray([[1.0, 2.0]]), np.asarray([[1.0, 4.0]])).tolist()
        [2.0]
    """
    _check_rows(student, teacher)
    return namespace(student, teacher).mean((student - teacher) ** 2, axis=1)


def margin_mse(positive: Array, negative: Array, teacher_margins: Array) -> Array:
    """Squared difference of each student's and teacher's margin: ((s(a, p) - s(a, n)) - t)^2.

    Args:
        positive: (n,) float64 similarities of anchors and positives, as a rule dot products.
        negative: (n,) similarities of anchors and negatives, same namespace.
        teacher_margins: (n,) the teacher's score of the positive less that of the negative, finite.

    Returns:
        (n,) losses, at least 0, not reduced.

    Raises:
        ShapeError: the arrays differ in shape.
        LabelError: a margin of the teacher is not finite.

    Source:
        Hofstätter et al. 2020; sentence-transformers, MarginMSELoss.

    Example:
        >>> import numpy as np
        >>> margin_mse(np.asarray([3.0]), np.asarray([1.0]), np.asarray([0.5])).tolist()
        [2.25]
    """
    check_same_shape(positive, negative, "negative")
    return (positive - negative - finite_scores(positive, teacher_margins, "teacher margins")) ** 2


def kl(student: Array, teacher: Array, *, temperature: float = 1.0) -> Array:
    """Kullback-Leibler divergence of each row's distribution over its candidates from its teacher's.

    With p = softmax(teacher / T) and q = softmax(student / T)::

        loss = T^2 sum_j p_j (log p_j - log q_j)

    Args:
        student: (n, k) float64 scores of k candidates.
        teacher: (n, k) the teacher's scores of the same, finite, same namespace.
        temperature: T, above 0; larger is softer. The factor T^2 keeps the gradients of one size.

    Returns:
        (n,) losses in nats times T^2, at least 0, not reduced.

    Raises:
        ShapeError: the two arrays differ in shape.
        DataError: a score of the teacher is not finite.
        ParameterError: the temperature is not above 0.

    Source:
        Hinton, Vinyals, Dean 2015, section 2; sentence-transformers, DistillKLDivLoss.

    Example:
        >>> import numpy as np
        >>> kl(np.asarray([[0.0, 0.0]]), np.asarray([[0.0, np.log(3.0)]])).round(6).tolist()
        [0.130812]
    """
    _check_rows(student, teacher)
    check_positive(temperature=temperature)
    xp = namespace(student, teacher)
    if not bool(xp.all(xp.isfinite(teacher))):
        raise DataError(f"row {first(~xp.isfinite(teacher))} of the teacher's scores is not finite", "teacher")
    p, q = (x - logsumexp(x, axis=1)[:, None] for x in (teacher / temperature, student / temperature))
    shares = xp.exp(p)
    doubt = rounding(student) * xp.sum(shares * (abs(p) + abs(q)), axis=1)
    return temperature**2 * active(xp.sum(shares * (p - q), axis=1), doubt)


def _check_rows(student: Array, teacher: Array) -> None:
    if student.ndim != 2 or student.shape != teacher.shape:
        shapes = f"{tuple(student.shape)} and {tuple(teacher.shape)}"
        raise ShapeError(f"expected a student and a teacher of one shape (n, d), got {shapes}", "teacher")
