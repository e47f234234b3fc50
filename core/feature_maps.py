"""`channels`: the similarity of every channel of two feature maps, and B weighted by it."""

from math import prod
from typing import Any

import numpy as np

from . import checks
from .aligned import similarity, summarise
from .errors import DataError, ShapeError
from .metrics import EPS
from .results import Column, Columns, Result


def channels(
    a: Any,
    b: Any,
    *,
    channel_dim: int = 1,
    metric: str = "cosine",
    eps: float = EPS,
    nonfinite: str = "error",
    device: str = "cpu",
    backend: str = "auto",
) -> Result:
    """Compare each channel of A with the same channel of B; all dims after the channel make the vector.

    Args:
        a: Vectors or a numpy array, such as (batch, channels, height, width).
        b: the same shape.
        channel_dim: the dim of the channels; the dims before it are batches.
        metric: cosine, dot, euclidean, sqeuclidean, manhattan or angular.
        eps: eps >= 0, the least norm that a cosine divides by.
        nonfinite: `error` or `propagate`.
        device: where to compute: cpu, cuda, cuda:N or auto.
        backend: auto, numpy or torch.

    Returns:
        A result whose `array` holds the (batch..., channels) scores, with the summary `count`, `mean`, `min`,
        `max` and rows `channel`, `score`; more than one map adds `batch` in front.

    Raises:
        ShapeError: the shapes differ, or no dim comes after the channels.
        DataError: maps that are not finite.
        ParameterError: an unknown metric.

    Source:
        The catalogue row of the metric, along the dims after the channel.

    Example:
        >>> import numpy as np
        >>> channels(np.ones((1, 2, 3, 3)), np.ones((1, 2, 3, 3))).array.tolist()
        [[1.0, 1.0]]
    """
    a, b = checks.given(a, "A"), checks.given(b, "B")
    if a.shape != b.shape:
        raise ShapeError(f"the maps differ in shape: {a.shape} in A, {b.shape} in B", f"{a.name}, {b.name}")
    checks.check_choice("nonfinite", nonfinite, ("error", "propagate"))
    channel_dim = checks.check_dim(channel_dim, len(a.shape), "--channel-dim")
    dims = tuple(range(channel_dim + 1, len(a.shape)))
    if not dims:
        raise ShapeError(
            f"no dim comes after the channels: shape {a.shape}, channel dim {channel_dim}",
            "--channel-dim",
            "the dims after the channels make the vector, as in (batch, channels, height, width)",
        )
    options: dict[str, Any] = {"metric": metric, "eps": eps, "nonfinite": nonfinite}
    try:
        aligned = similarity(a, b, dim=dims, device=device, backend=backend, **options)
    except DataError:
        for maps in (a, b):
            checks.refuse_nonfinite(maps, "--nonfinite propagate keeps them as NaN")
        raise
    scores: Column = np.asarray(aligned.array)
    batch, count = prod(scores.shape[:-1]), scores.shape[-1]
    columns = {"batch": np.repeat(np.arange(batch), count)} if batch > 1 else {}
    columns |= {"channel": np.tile(np.arange(count), batch), "score": scores.ravel()}
    return Result(
        command="channels",
        inputs={"a": a.name, "b": b.name},
        parameters={"channel_dim": channel_dim, **options},
        summary=summarise(scores),
        rows=Columns(columns),
        array=scores,
        notes=aligned.notes,
    )


def weighted(maps: Any, scores: Column) -> Column:
    """Multiply each channel by its score.

    Args:
        maps: Vectors or a numpy array, (batch..., channels, ...).
        scores: (batch..., channels), as `channels` gives them.

    Returns:
        The shape of `maps`; its dtype if that is a float, else float32.

    Example:
        >>> weighted(np.ones((1, 2, 1), dtype=np.float32), np.asarray([[0.5, 1.0]])).tolist()
        [[[0.5], [1.0]]]
    """
    maps = checks.given(maps, "maps")
    rows = maps.read(0, maps.shape[0])
    factors = scores.reshape(scores.shape + (1,) * (rows.ndim - scores.ndim))
    product: Column = rows * factors
    return product.astype(rows.dtype if rows.dtype.kind == "f" else np.float32)
