"""Losses of one pair: functions of its distance or similarity and its label."""

import numpy as np

from ..backend import Array, constant, namespace
from ..errors import ParameterError
from ..results import Column
from .numerics import hinge, rounding, softplus
from .validation import check_at_least, check_positive, check_switch, similar


def contrastive(
    distances: Array,
    labels: Array,
    *,
    margin: float = 1.0,
    positive_margin: float = 0.0,
    squared: float = True,
) -> Array:
    """Contrastive loss of each pair: pulls similar pairs together, pushes the others to the margin.

    With y = 1 for a similar pair, d the distance and m+ the positive margin::

        loss = y max(0, d - m+)^2 + (1 - y) max(0, margin - d)^2

    Args:
        distances: (n,) float64 distances, at least 0.
        labels: (n,) 1 similar, 0 or -1 dissimilar; bool or numbers, same namespace.
        margin: at least 0, in units of distance; dissimilar pairs farther apart are at rest.
        positive_margin: at least 0, in units of distance; similar pairs as close are at rest.
        squared: 1, or 0 for the same without the squares.

    Returns:
        (n,) losses, at least 0, not reduced.

    Raises:
        ShapeError: the two arrays differ in shape.
        LabelError: a label is not binary.
        ParameterError: a margin is negative, or `squared` neither 0 nor 1.

    Source:
        Hadsell, Chopra, LeCun 2006, equation 4, without the factor 1/2.

    Example:
        >>> import numpy as np
        >>> contrastive(np.asarray([0.5, 0.5]), np.asarray([1, 0]), margin=2.0).tolist()
        [0.25, 2.25]
    """
    together = similar(distances, labels)
    check_at_least(0, margin=margin, positive_margin=positive_margin)
    check_switch(squared=squared)
    xp = namespace(distances)
    excess = xp.where(together, hinge(distances, -positive_margin), hinge(-distances, margin))
    return excess**2 if squared else excess


def contrastive_slopes(items: Column, labels: Column, *, squared: float = True, **_: float) -> tuple[Column]:
    """Return the (n,) derivatives of contrastive losses by their distances."""
    return (np.where(labels, 1.0, -1.0) * (2.0 * np.sqrt(items) if squared else items > 0),)


def online_contrastive(distances: Array, labels: Array, *, margin: float = 0.5) -> Array:
    """Contrastive loss of the hard pairs of a batch; every other pair is at rest.

    A similar pair is hard if it is farther apart than the closest dissimilar one, a dissimilar pair if it is
    closer than the farthest similar one. Where a batch has pairs of one kind only, the mean distance takes the
    place of the missing kind::

        loss = y d^2 + (1 - y) max(0, margin - d)^2 for a hard pair, else 0

    Which pairs are hard depends on all of them: the distances of the whole batch are needed at once.

    Args:
        distances: (n,) float64 distances of the batch, at least 0.
        labels: (n,) 1 similar, 0 or -1 dissimilar; bool or numbers, same namespace.
        margin: at least 0, in units of distance.

    Returns:
        (n,) losses, at least 0, not reduced; the batch's loss is their sum.

    Raises:
        ShapeError: the two arrays differ in shape.
        LabelError: a label is not binary.
        ParameterError: the margin is negative.

    Source:
        sentence-transformers, OnlineContrastiveLoss.

    Example:
        >>> import numpy as np
        >>> online_contrastive(np.asarray([0.5, 0.125, 0.25, 0.75]), np.asarray([1, 1, 0, 0])).tolist()
        [0.25, 0.0, 0.0625, 0.0]
    """
    items = contrastive(distances, labels, margin=margin)
    xp, together = namespace(distances), similar(distances, labels)
    known = xp.isfinite(distances)
    near = _extreme(distances, known & ~together, known, largest=False)
    far = _extreme(distances, known & together, known, largest=True)
    easy = xp.where(together, hinge(distances, -near), hinge(-distances, far)) == 0
    return xp.where(easy, xp.zeros_like(items), items)


def _extreme(distances: Array, chosen: Array, known: Array, *, largest: bool) -> Array:
    """Return the largest or smallest chosen distance, or the mean of all known ones where none is chosen."""
    xp = namespace(distances)
    if not bool(xp.any(known)):
        return xp.sum(distances)
    outside = xp.full_like(distances, float("-inf") if largest else float("inf"))
    if bool(xp.any(chosen)):
        values = xp.where(chosen, distances, outside)
        return xp.max(values) if largest else xp.min(values)
    least = xp.min(xp.where(known, distances, xp.full_like(distances, float("inf"))))
    # from the least on, so that the mean of equal distances is that distance and no pair passes it
    above = xp.where(known, distances - least, xp.zeros_like(distances))
    return least + xp.sum(above) / xp.sum(xp.astype(known, distances.dtype))


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
    together = similar(similarities, labels)
    if not -1 <= margin <= 1:
        raise ParameterError(f"margin is {margin}, expected -1 to 1, in units of cosine", "«margin»")
    xp = namespace(similarities)
    return xp.where(together, cosine_distance(similarities), hinge(similarities, -margin))


def cosine_embedding_slopes(items: Column, labels: Column, **_: float) -> tuple[Column]:
    """Return the (n,) derivatives of cosine embedding losses by their cosines."""
    return (np.where(labels, -1.0, 1.0) * (items > 0),)


def cosine_distance(similarities: Array) -> Array:
    """Cosine distance of each pair: 1 - s. It takes no labels.

    Args:
        similarities: (n,) cosines, in [-1, 1].

    Returns:
        (n,) distances, in [0, 2], not reduced; 0 where the cosine is 1 up to rounding, as `hinge` has it.

    Source:
        scipy.spatial.distance.cosine.

    Example:
        >>> import numpy as np
        >>> cosine_distance(np.asarray([0.75])).tolist()
        [0.25]
    """
    xp, apart = namespace(similarities), 1.0 - similarities
    doubt = rounding(similarities) * (1.0 + abs(constant(similarities)))
    return xp.where(abs(constant(apart)) <= doubt, 0.0, apart)


def hinge_embedding(distances: Array, labels: Array, *, margin: float = 1.0) -> Array:
    """Hinge embedding loss of each pair: the distance of a similar pair, what a dissimilar one lacks to the margin.

    With y = 1 for a similar pair and d the distance::

        loss = y d + (1 - y) max(0, margin - d)

    Args:
        distances: (n,) float64 distances, at least 0.
        labels: (n,) 1 similar, 0 or -1 dissimilar; bool or numbers, same namespace.
        margin: at least 0, in units of distance.

    Returns:
        (n,) losses, at least 0, not reduced.

    Raises:
        ShapeError: the two arrays differ in shape.
        LabelError: a label is not binary.
        ParameterError: the margin is negative.

    Source:
        torch.nn.HingeEmbeddingLoss.

    Example:
        >>> import numpy as np
        >>> hinge_embedding(np.asarray([0.25, 0.25]), np.asarray([1, 0])).tolist()
        [0.25, 0.75]
    """
    together = similar(distances, labels)
    check_at_least(0, margin=margin)
    xp = namespace(distances)
    return xp.where(together, distances, hinge(-distances, margin))


def bce(similarities: Array, labels: Array, *, scale: float = 20.0) -> Array:
    """Binary cross-entropy of each pair, with the scaled similarity as the logit of being similar.

    With y = 1 for a similar pair and s the similarity::

        loss = -y log sigmoid(scale s) - (1 - y) log sigmoid(-scale s)

    Args:
        similarities: (n,) float64 similarities.
        labels: (n,) 1 similar, 0 or -1 dissimilar; bool or numbers, same namespace.
        scale: above 0; the logit of a similarity of 1.

    Returns:
        (n,) losses in nats, at least 0, not reduced.

    Raises:
        ShapeError: the two arrays differ in shape.
        LabelError: a label is not binary.
        ParameterError: the scale is not above 0.

    Source:
        torch.nn.BCEWithLogitsLoss, of scale * similarity.

    Example:
        >>> import numpy as np
        >>> bce(np.asarray([0.0, 0.5]), np.asarray([1, 0]), scale=2.0).round(6).tolist()
        [0.693147, 1.313262]
    """
    together = similar(similarities, labels)
    check_positive(scale=scale)
    xp = namespace(similarities)
    return softplus(scale * xp.where(together, -similarities, similarities))
