"""Losses of one pair: functions of its distance or similarity and its label."""

from ..backend import Array, namespace
from ..errors import LabelError, ParameterError, ShapeError


def contrastive(distances: Array, labels: Array, *, margin: float = 1.0) -> Array:
    """Contrastive loss of each pair: pulls similar pairs together, pushes the others to the margin.

    With y = 1 for a similar pair and d the distance::

        loss = y d^2 + (1 - y) max(0, margin - d)^2

    Args:
        distances: (n,) Euclidean distances, at least 0.
        labels: (n,) 1 similar, 0 or -1 dissimilar; bool or numbers, same namespace.
        margin: at least 0, in units of distance.

    Returns:
        (n,) losses, at least 0, not reduced.

    Raises:
        ShapeError: the two arrays differ in shape.
        LabelError: a label is not binary.
        ParameterError: the margin is negative.

    Source:
        Hadsell, Chopra, LeCun 2006, equation 4, without the factor 1/2.

    Example:
        >>> import numpy as np
        >>> contrastive(np.asarray([0.5, 0.5]), np.asarray([1, 0]), margin=2.0).tolist()
        [0.25, 2.25]
    """
    similar = _similar(distances, labels)
    if not margin >= 0:
        raise ParameterError(f"margin is {margin}, expected at least 0", "--margin")
    xp = namespace(distances)
    return xp.where(similar, distances**2, xp.clip(margin - distances, 0.0, None) ** 2)


def cosine_embedding(similarities: Array, labels: Array, *, margin: float = 0.0) -> Array:
    """Cosine embedding loss of each pair.

    With y = 1 for a similar pair and s the cosine::

        loss = y (1 - s) + (1 - y) max(0, s - margin)

    Args:
        similarities: (n,) cosines, in [-1, 1].
        labels: (n,) 1 similar, 0 or -1 dissimilar; bool or numbers, same namespace.
        margin: in [-1, 1], in units of cosine.

    Returns:
        (n,) losses, in [0, 2], not reduced.

    Raises:
        ShapeError: the two arrays differ in shape.
        LabelError: a label is not binary.
        ParameterError: the margin is outside [-1, 1].

    Source:
        torch.nn.CosineEmbeddingLoss.

    Example:
        >>> import numpy as np
        >>> cosine_embedding(np.asarray([0.75, 0.75]), np.asarray([1, 0]), margin=0.5).tolist()
        [0.25, 0.25]
    """
    similar = _similar(similarities, labels)
    if not -1 <= margin <= 1:
        raise ParameterError(f"margin is {margin}, expected -1 to 1, in units of cosine", "--margin")
    xp = namespace(similarities)
    return xp.where(similar, 1.0 - similarities, xp.clip(similarities - margin, 0.0, None))


def cosine_distance(similarities: Array) -> Array:
    """Cosine distance of each pair: 1 - s. It takes no labels.

    Args:
        similarities: (n,) cosines, in [-1, 1].

    Returns:
        (n,) distances, in [0, 2], not reduced.

    Source:
        scipy.spatial.distance.cosine.

    Example:
        >>> import numpy as np
        >>> cosine_distance(np.asarray([0.75])).tolist()
        [0.25]
    """
    return 1.0 - similarities


def _similar(values: Array, labels: Array) -> Array:
    if values.shape != labels.shape:
        raise ShapeError(f"labels have shape {tuple(labels.shape)}, the pairs {tuple(values.shape)}", "labels")
    xp = namespace(values, labels)
    if labels.dtype == xp.bool:
        return labels
    if bool(xp.any((labels != 0) & (xp.abs(labels) != 1))):
        raise LabelError("a label is not binary", "labels", "labels are 0/1, false/true or -1/1")
    return labels == 1
