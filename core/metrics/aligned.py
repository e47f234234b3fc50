"""The metrics on aligned vectors, each the documented formula evaluated in float64.

Every function works on the arrays of numpy, torch or any other array API namespace, returns the same
kind, and is differentiable on torch tensors. `terms` and `finish` are the two halves that the streamed
operations use: partial sums that add up over pieces of a vector, and the score made of the sums.
"""

from math import pi
from typing import Any

from ..backend import Array, constant, namespace
from ..errors import DataError, ParameterError, ShapeError

EPS = 1e-8
WHOLE = 8192  # numbers of a dot product; OpenBLAS divides longer ones among its threads
PRODUCTS = ("cosine", "angular", "dot")  # the others are sums over x - y
HELD = 2**53  # a float64 holds every integer up to here
METRICS = ("cosine", "dot", "euclidean", "sqeuclidean", "manhattan", "angular")
TURN = 16 * 2.0**-52  # a cosine as near to 1 or -1 is that of aligned vectors, up to rounding: an angle below 1e-7


def cosine_similarity(x: Array, y: Array, *, axis: int = -1, eps: float = EPS) -> Array:
    """Cosine of the angle between aligned vectors.

    With |x| the Euclidean norm::

        s = sum( x / max(|x|, eps) * y / max(|y|, eps) )

    Args:
        x: real numbers of any shape and dtype; widened to float64 before the sums.
        y: the same namespace, any shape that broadcasts with x.
        axis: the axis of the broadcast shape along which a vector lies.
        eps: eps >= 0, the least norm to divide by.

    Returns:
        The broadcast shape without `axis`, in [-1, 1]; float32 for float32 and half precision, else
        float64. A zero vector scores 0, and its gradient is 0.

    Raises:
        ShapeError: the shapes do not broadcast, or the axis is out of range.
        DataError: not real numbers.
        ParameterError: eps is negative.

    Source:
        The formula of `torch.nn.functional.cosine_similarity`, with the norms taken after broadcasting.

    Example:
        >>> import numpy as np
        >>> cosine_similarity(np.asarray([1.0, 2.0, 3.0]), np.asarray([4.0, 5.0, 6.0])).round(9).item()
        0.974631846
    """
    return _aligned("cosine", x, y, axis, eps)


def angular_distance(x: Array, y: Array, *, axis: int = -1, eps: float = EPS) -> Array:
    """Angle between aligned vectors, as a share of a half turn: arccos(cosine) / pi.

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        axis: the axis along which a vector lies.
        eps: eps >= 0, the least norm to divide by in the cosine.

    Returns:
        The broadcast shape without `axis`, in [0, 1]; 0.5 for a zero vector. There, and where the vectors have the
        same or opposite directions, there is no derivative, and the gradient is 0.

    Raises:
        ShapeError, DataError, ParameterError: as `cosine_similarity`.

    Source:
        Cer et al. 2018, "Universal Sentence Encoder", equation 1.

    Example:
        >>> import numpy as np
        >>> angular_distance(np.asarray([1.0, 0.0]), np.asarray([0.0, 2.0])).item()
        0.5
    """
    return _aligned("angular", x, y, axis, eps)


def dot_product(x: Array, y: Array, *, axis: int = -1) -> Array:
    """Dot product of aligned vectors: sum(x * y).

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        axis: the axis along which a vector lies.

    Returns:
        The broadcast shape without `axis`, unbounded.

    Raises:
        ShapeError, DataError: as `cosine_similarity`.

    Source:
        The inner product of the reals.

    Example:
        >>> import numpy as np
        >>> dot_product(np.asarray([1.0, 2.0]), np.asarray([3.0, 4.0])).item()
        11.0
    """
    return _aligned("dot", x, y, axis, EPS)


def euclidean_distance(x: Array, y: Array, *, axis: int = -1) -> Array:
    """Euclidean distance of aligned vectors: sqrt(sum((x - y)^2)), from the differences themselves.

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        axis: the axis along which a vector lies.

    Returns:
        The broadcast shape without `axis`, at least 0; the gradient at distance 0 is 0.

    Raises:
        ShapeError, DataError: as `cosine_similarity`.

    Source:
        The l2 norm of the difference.

    Example:
        >>> import numpy as np
        >>> euclidean_distance(np.asarray([512695.0]), np.asarray([512804.0])).item()
        109.0
    """
    return _aligned("euclidean", x, y, axis, EPS)


def squared_euclidean_distance(x: Array, y: Array, *, axis: int = -1) -> Array:
    """Squared Euclidean distance of aligned vectors: sum((x - y)^2).

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        axis: the axis along which a vector lies.

    Returns:
        The broadcast shape without `axis`, at least 0.

    Raises:
        ShapeError, DataError: as `cosine_similarity`.

    Source:
        The square of the l2 norm of the difference.

    Example:
        >>> import numpy as np
        >>> squared_euclidean_distance(np.asarray([1.0, 2.0]), np.asarray([4.0, 6.0])).item()
        25.0
    """
    return _aligned("sqeuclidean", x, y, axis, EPS)


def manhattan_distance(x: Array, y: Array, *, axis: int = -1) -> Array:
    """Manhattan distance of aligned vectors: sum(|x - y|).

    Args:
        x: real numbers of any shape.
        y: the same namespace, any shape that broadcasts with x.
        axis: the axis along which a vector lies.

    Returns:
        The broadcast shape without `axis`, at least 0.

    Raises:
        ShapeError, DataError: as `cosine_similarity`.

    Source:
        The l1 norm of the difference.

    Example:
        >>> import numpy as np
        >>> manhattan_distance(np.asarray([1.0, 2.0]), np.asarray([4.0, 6.0])).item()
        7.0
    """
    return _aligned("manhattan", x, y, axis, EPS)


def _aligned(metric: str, x: Array, y: Array, axis: int, eps: float) -> Array:
    xp = namespace(x, y)
    if not eps >= 0:
        raise ParameterError(f"eps is {eps}, expected at least 0", "eps")
    for array in (x, y):
        if not xp.isdtype(array.dtype, ("integral", "real floating")):
            raise DataError(f"expected real numbers, got dtype {array.dtype}")
    narrow = all(xp.isdtype(v.dtype, "real floating") and v.dtype != xp.float64 for v in (x, y))
    if metric not in PRODUCTS and any(_any(is_rounded(array)) for array in (x, y)):
        raise DataError(f"float64 rounds an integer: {metric} would lose the difference", "", "shift the numbers")
    try:
        x, y = xp.broadcast_arrays(x, y)
    except (ValueError, RuntimeError) as error:
        raise ShapeError(f"shapes {tuple(x.shape)} and {tuple(y.shape)} do not broadcast") from error
    if not -x.ndim <= axis < x.ndim:
        raise ShapeError(f"axis {axis} is out of range for {x.ndim} dims", "axis")
    if x.shape[axis] == 0:
        raise ShapeError(f"the vectors are empty: axis {axis} of shape {tuple(x.shape)}", "axis")
    x, y = (xp.moveaxis(xp.astype(v, xp.float64), axis, -1) for v in (x, y))
    score = score_rows(metric, x, y, eps=eps)
    return xp.astype(score, xp.float32) if narrow else score


def is_rounded(x: Array) -> Array:
    """Return which integers float64 does not hold: those whose set bits span more than 53 places."""
    xp = namespace(x)
    if x.dtype == xp.uint64 and hasattr(x, "detach"):  # torch compares no uint64
        x = x.detach().cpu().numpy()
        xp = namespace(x)
    rounded = xp.zeros(x.shape, dtype=xp.bool)
    if x.dtype not in (xp.int64, xp.uint64):
        return rounded
    large = (x > HELD) | (x < -HELD) if x.dtype == xp.int64 else x > HELD
    if _any(large):
        numbers = x[large]
        rounded[large] = xp.abs(numbers // (numbers & -numbers)) > HELD
    return rounded


def _any(mask: Array) -> bool:
    return bool(namespace(mask).any(mask))


def score_rows(metric: str, x: Array, y: Array, *, eps: float = EPS) -> Array:
    """Return the metric of aligned float64 vectors along the last axis; shapes are checked by the caller."""
    scales = scales_of(metric, magnitude(x), magnitude(y))
    x, y = x / scales[0][..., None], y / scales[1][..., None]
    return finish(metric, terms(metric, x, y), scales, eps)


def magnitude(x: Array) -> Array:
    """Return the power of two at or below the largest magnitude along the last axis.

    Dividing by a power of two is exact, so scaled sums round as unscaled ones do; but squares of
    1e200 no longer overflow, nor do those of 1e-200 vanish. A row of zeros has the least magnitude, so that
    it hides no other where two are merged.
    """
    xp = namespace(x)
    largest = xp.max(xp.abs(x), axis=-1)
    some = xp.isfinite(largest) & (largest > 0)
    exponent = xp.floor(xp.log2(xp.where(some, largest, xp.ones_like(largest))))
    exponent = xp.where(largest == 0, xp.full_like(exponent, -1000.0), exponent)
    return 2.0 ** xp.clip(exponent, -1000.0, 1000.0)


def scales_of(metric: str, x: Array, y: Array) -> tuple[Array, Array]:
    """Return what to divide x and y by: their own magnitude, a shared one, or 1 where scaling cannot help."""
    xp = namespace(x, y)
    if metric in ("cosine", "angular"):
        return x, y
    if metric == "euclidean":
        both = xp.maximum(x, y)
        return both, both
    return xp.ones_like(x), xp.ones_like(y)


def terms(metric: str, x: Array, y: Array) -> tuple[Array, ...]:
    """Return the partial sums of the metric over the last axis of scaled float64 pieces x and y."""
    xp = namespace(x, y)
    if metric in ("cosine", "angular"):
        return row_dots(x, y), row_dots(x, x), row_dots(y, y)
    if metric == "dot":
        return (row_dots(x, y),)
    difference = x - y
    if metric == "manhattan":
        return (xp.sum(xp.abs(difference), axis=-1),)
    return (row_dots(difference, difference),)


def row_dots(x: Array, y: Array) -> Array:
    """Return the dot products of aligned rows, the same bits for any number of threads."""
    xp, width = namespace(x, y), x.shape[-1]
    if width <= WHOLE:
        return xp.vecdot(x, y)
    parts = [xp.vecdot(x[..., i : i + WHOLE], y[..., i : i + WHOLE]) for i in range(0, width, WHOLE)]
    return xp.sum(xp.stack(parts), axis=0)


def finish(metric: str, sums: tuple[Array, ...], scales: tuple[Array, Array], eps: float) -> Array:
    """Return the score made of the summed terms."""
    if metric == "cosine":
        return _cosine(sums, scales, eps)
    xp = namespace(*sums)
    if metric == "angular":
        return _angle(_cosine(sums, scales, eps)) / pi
    if metric == "euclidean":
        apart = sums[0] != 0  # NaN stays in, and stays NaN
        # the root of a masked 1 instead of 0, whose gradient would be infinite
        root = xp.sqrt(xp.where(apart, sums[0], xp.ones_like(sums[0])))
        return xp.where(apart, root, xp.zeros_like(root)) * scales[0]
    return sums[0]


def _cosine(sums: tuple[Array, ...], scales: tuple[Array, Array], eps: float) -> Array:
    xp = namespace(*sums)
    dot, xx, yy = sums
    one = xp.ones_like(dot)
    some = (xx != 0) & (yy != 0)  # NaN stays in, and stays NaN
    # one root of the product, not a product of roots: equal rows give exactly 1
    squares = [
        xp.maximum(xp.where(some, square, one), xp.clip(eps / scale, 0.0, 1e75) ** 2)
        for square, scale in ((xx, scales[0]), (yy, scales[1]))
    ]
    cosine = xp.where(some, dot, xp.zeros_like(dot)) / xp.sqrt(squares[0] * squares[1])
    return xp.clip(cosine, -1.0, 1.0)


def _angle(cosine: Array) -> Array:
    xp = namespace(cosine)
    aligned = abs(cosine) >= 1.0 - TURN
    # the cosine's own derivative is 0 there and that of its arc infinite: their product would be NaN
    turned = xp.acos(xp.where(aligned, xp.zeros_like(cosine), cosine))
    return xp.where(aligned, xp.acos(constant(cosine)), turned)


def needs_scale(dtype: Any) -> bool:
    """Tell whether squares of this numpy dtype may leave the range of float64."""
    return bool(dtype.kind == "f" and dtype.itemsize >= 8)
