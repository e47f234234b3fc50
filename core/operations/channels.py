"""`channels`: the similarity of every channel of two feature maps, and B weighted by it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from .. import checks
from ..catalogue import find
from ..delivery import delivery
from ..engine import budget_of
from ..errors import DataError, OutputError, ParameterError, ShapeError
from ..io import Vectors
from ..io.array_writers import SHAPED, write_array
from ..io.output import output_format, replacing
from ..metrics import EPS
from ..results import Column, Columns, Result
from .similarity import similarity, summarise

KEYS = ("count", "mean", "min", "max")
ONE_MAP = 3  # dims: channels and two of the picture
WEIGHTS = ("raw", "clip", "softmax", "rank")


def _mean(scores: Column, axis: int | None = None) -> Any:
    """Return the mean, which lies between its extremes: the rounded sum of equal scores may leave them."""
    return np.clip(np.mean(scores, axis=axis), np.min(scores, axis=axis), np.max(scores, axis=axis))


AGGREGATES: dict[str, Callable[..., Any]] = {"mean": _mean, "min": np.min, "max": np.max, "median": np.median}


def channels(
    a: Any,
    b: Any,
    *,
    channel_dim: int | None = None,
    metric: str = "cosine",
    parameters: Mapping[str, float] | None = None,
    aggregates: Sequence[str] = (),
    weights: str = "raw",
    temperature: float = 1.0,
    use_weights: Any = None,
    output: str | None = None,
    save_weights: str | None = None,
    force: bool = False,
    eps: float = EPS,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    device: str = "cpu",
    backend: str = "auto",
    header: str = "auto",
    require_keys: Collection[str] = (),
) -> Result:
    """Compare each channel of A with the same channel of B; all dims after the channel make the vector.

    An array of three dims is one map, (channels, height, width), unless `channel_dim` says otherwise. Where the channel
    is the last dim, the vector is made of all other dims but the batch, as in (batch, height, width, channels) or
    (height, width, channels).

    Args:
        a: Vectors, a numpy array or a source as for `open_vectors`, such as (batch, channels, height, width).
        b: the same shape.
        channel_dim: the dim of the channels; the dims before it are batches. By default 0 of three dims, else 1.
        metric: a name of the catalogue, as in `simtool.describe("metrics")`.
        parameters: of the metric, as in `{"p": 3}`.
        aggregates: over the channels of each map: `mean`, `min`, `max`, `median`; the rows are the maps then.
        weights: what the scores become as weights: see `channel_weights`.
        temperature: of `softmax`, above 0.
        use_weights: weights to multiply B by instead of those of its own scores, as `save_weights` kept them.
        output: write B, each channel times its weight, as npy.
        save_weights: write the weights, as npy.
        force: existing files may be replaced.
        eps: eps >= 0, the least norm that a cosine divides by.
        max_memory: as for `pairwise`.
        nonfinite: `error` or `propagate`.
        device: where to compute: cpu, cuda, cuda:N or auto.
        backend: auto, numpy or torch.
        header: whether the first line of a CSV names its columns: `yes`, `no` or `auto`.
        require_keys: keys that the summary must have, checked before any input is read.

    Returns:
        A result whose `array` holds the (batch..., channels) weights, which are the scores unless `weights` says
        otherwise, with the summary `count`, `mean`, `min`, `max` of the scores and rows `channel`, `score`, and
        `weight` where it is another number, `state` where a channel is dead (all zero) or constant; more than one
        map adds `batch` in front.

    Raises:
        ShapeError: the shapes differ, or no dim comes after the channels.
        DataError: maps that are not finite.
        ParameterError: an unknown metric, aggregate or kind of weights.

    Source:
        The catalogue row of the metric, along the dims after the channel.

    Example:
        >>> import numpy as np
        >>> channels(np.ones((1, 2, 3, 3)), np.ones((1, 2, 3, 3))).array.tolist()
        [[1.0, 1.0]]
    """
    for name in aggregates:
        checks.check_choice("aggregates", name, tuple(AGGREGATES))
    checks.check_keys(require_keys, (*KEYS, *aggregates), {f"«aggregates={name}»": [name] for name in AGGREGATES})
    checks.check_choice("nonfinite", nonfinite, ("error", "propagate"))
    checks.check_choice("weights", weights, WEIGHTS)
    if use_weights is not None and output is None:
        raise ParameterError("there is no output for the weighted maps", "«use_weights»", "add «output=OUT.npy»")
    if use_weights is not None and weights != "raw":
        raise ParameterError("saved weights are used as they are", "«weights»", "leave it out with «use_weights»")
    if weights != "raw" and not find("metric", metric).larger_is_closer:
        what = f"{weights} gives the largest score the largest weight, and {metric} is a distance"
        raise ParameterError(what, "«weights»", "«metric=cosine», or raw")
    checks.check_outputs(output, save_weights, force=force, inputs=[a, b, use_weights])
    for path in (output, save_weights):
        if path is not None and output_format(path) not in SHAPED:
            raise OutputError("what is written is one array", path, f"use a path that ends in .{' or .'.join(SHAPED)}")
    options: dict[str, Any] = {"metric": metric, "eps": eps, "nonfinite": nonfinite}
    computing = {"max_memory": max_memory, "device": device, "backend": backend}
    with delivery():
        a, b = (checks.given(side, name, header=header, max_memory=max_memory) for side, name in ((a, "A"), (b, "B")))
        result = _scored(a, b, channel_dim, aggregates, weights, temperature, options, parameters or {}, computing)
        factors = result.array
        if use_weights is not None:
            saved = checks.given(use_weights, "weights", header=header, max_memory=max_memory)
            factors = saved.read(0, saved.shape[0])
        written = {}
        if output is not None:
            assert factors is not None
            maps = weighted(b, factors, channel_dim=channel_dim, max_memory=max_memory)
            written[output] = _write(output, maps, force=force)
        if save_weights is not None:
            assert result.array is not None
            written[save_weights] = _write(save_weights, result.array, force=force)
    return replace(result, written=written)


def _write(path: str, array: Column, *, force: bool) -> str:
    """Write an array, which appears whole or not at all; return what it is."""
    with replacing(path, force=force) as temporary:
        write_array(temporary, array, output_format(path))
    return f"{' × '.join(map(str, array.shape))}, {array.dtype}"


def _scored(
    a: Vectors,
    b: Vectors,
    channel_dim: int | None,
    aggregates: Sequence[str],
    weights: str,
    temperature: float,
    options: Mapping[str, Any],
    parameters: Mapping[str, float],
    computing: Mapping[str, Any],
) -> Result:
    if a.shape != b.shape:
        raise ShapeError(f"the maps differ in shape: {a.shape} in A, {b.shape} in B", f"{a.name}, {b.name}")
    channel_dim = _channel_dim(a.shape, channel_dim)
    dims = _vector_dims(a.shape, channel_dim)
    try:
        aligned = similarity(a, b, dim=dims, parameters=parameters, **options, **computing)
    except DataError:
        for maps in (a, b):
            checks.refuse_nonfinite(maps, "«nonfinite=propagate» keeps them as NaN")
        raise
    scores: Column = np.asarray(aligned.array)
    factors = channel_weights(scores, weights, temperature=temperature)
    states = [_states(maps, dims) for maps in (a, b)]
    summary = summarise(scores)
    summary |= {name: _over_maps(scores, name) for name in aggregates if name not in summary}
    rows = _map_rows(scores, aggregates) if aggregates else _channel_rows(scores, factors, states)
    own = {} if weights == "raw" else {"weights": weights}
    return Result(
        command="channels",
        inputs={"a": a.name, "b": b.name},
        parameters={
            "channel_dim": channel_dim,
            **options,
            **parameters,
            **own,
            **({"temperature": temperature} if weights == "softmax" else {}),
        },
        summary=summary,
        rows=rows,
        array=factors,
        notes=(*_reading(a.shape, channel_dim, dims), *aligned.notes, *_notes(states)),
    )


def channel_weights(scores: Column, kind: str = "raw", *, temperature: float = 1.0) -> Column:
    """Turn the scores of channels into weights.

    With s the scores of one map's c channels and T the temperature::

        raw:     s
        clip:    max(0, s)
        softmax: exp(s / T) / sum exp(s / T)
        rank:    place / c, the best channel 1, equal scores the mean of their places

    Args:
        scores: (..., c).
        kind: one of the above.
        temperature: T > 0; smaller leaves fewer channels.

    Returns:
        (..., c) float64.

    Raises:
        ParameterError: an unknown kind, or a temperature that is not positive.

    Example:
        >>> channel_weights(np.asarray([-0.5, 0.5, 0.5]), "rank").round(4).tolist()
        [0.3333, 0.8333, 0.8333]
    """
    checks.check_choice("weights", kind, WEIGHTS)
    if not 0 < temperature < np.inf:
        raise ParameterError(f"temperature is {temperature}, expected a number above 0", "«temperature»")
    if kind == "clip":
        return np.maximum(scores, 0.0)
    if kind == "softmax":
        powers = np.exp((scores - scores.max(axis=-1, keepdims=True)) / temperature)
        weights: Column = powers / powers.sum(axis=-1, keepdims=True)
        return weights
    if kind == "rank":
        lower = (scores[..., None, :] < scores[..., :, None]).sum(axis=-1)
        equal = (scores[..., None, :] == scores[..., :, None]).sum(axis=-1)
        places: Column = (lower + (equal + 1) / 2) / scores.shape[-1]
        return np.where(np.isnan(scores), np.nan, places)
    return scores


def _channel_dim(shape: tuple[int, ...], asked: int | None) -> int:
    if asked is None:
        return 0 if len(shape) == ONE_MAP else 1
    return checks.check_dim(asked, len(shape), "«channel_dim»")


def _reading(shape: tuple[int, ...], channel_dim: int, dims: tuple[int, ...]) -> list[str]:
    """Return what three dims were read as: they may be one map or many."""
    if len(shape) != ONE_MAP:
        return []
    maps = prod(shape) // shape[channel_dim] // prod(shape[dim] for dim in dims)
    size = f"{checks.plural(shape[channel_dim], 'channel')} of {' × '.join(str(shape[dim]) for dim in dims)}"
    if len(dims) == 1:
        return [f"{shape} is read as {checks.plural(maps, 'map')} of {size}; channel dim 0 reads it as one map"]
    others = f"channel dim 1 reads it as {checks.plural(shape[0], 'map')} of {checks.plural(shape[1], 'channel')}"
    return [f"{shape} is read as one map of {size}; {others}"]


def _vector_dims(shape: tuple[int, ...], channel_dim: int) -> tuple[int, ...]:
    last = channel_dim == len(shape) - 1
    batches = 0 if len(shape) == ONE_MAP else 1
    dims = tuple(range(batches, channel_dim)) if last else tuple(range(channel_dim + 1, len(shape)))
    if not dims:
        raise ShapeError(
            f"no dim comes after the channels: shape {shape}, channel dim {channel_dim}",
            "«channel_dim»",
            "the dims after the channels make the vector, as in (batch, channels, height, width)",
        )
    return dims


def _states(maps: Vectors, dims: tuple[int, ...]) -> Column:
    """Return of each channel of each map whether it is dead, constant, or neither, as a word."""
    parts = []
    for start in range(maps.shape[0] if 0 not in dims else 1):
        one = maps.read(start, start + 1) if 0 not in dims else maps.read(0, maps.shape[0])
        high, low = one.max(axis=dims), one.min(axis=dims)
        parts.append(np.where(high != low, "", np.where(high == 0, "dead", "constant")))
    return np.concatenate(parts).astype(object)


def _notes(states: list[Column]) -> list[str]:
    notes = []
    for side, words in zip("AB", states, strict=True):
        for word in ("dead", "constant"):
            count = int((words == word).sum())
            if count:
                what = "all zero" if word == "dead" else "the same number everywhere"
                notes.append(f"{checks.plural(count, 'channel')} of {side} {'is' if count == 1 else 'are'} {what}")
    return notes


def _channel_rows(scores: Column, factors: Column, states: list[Column]) -> Columns:
    batch, count = prod(scores.shape[:-1]), scores.shape[-1]
    columns = {"batch": np.repeat(np.arange(batch), count)} if batch > 1 else {}
    columns |= {"channel": np.tile(np.arange(count), batch), "score": scores.ravel()}
    if factors is not scores:
        columns["weight"] = factors.ravel()
    named = [
        [f"{word} in {side}" * bool(word) for word in words.ravel()] for side, words in zip("AB", states, strict=True)
    ]
    joined = [", ".join(filter(None, pair)) for pair in zip(*named, strict=True)]
    if any(joined):
        columns["state"] = np.asarray(joined, dtype=object)
    return Columns(columns)


def _map_rows(scores: Column, aggregates: Sequence[str]) -> Columns:
    maps = scores.reshape(-1, scores.shape[-1])
    return Columns({"batch": np.arange(len(maps)), **{name: AGGREGATES[name](maps, axis=1) for name in aggregates}})


def _over_maps(scores: Column, name: str) -> float | None:
    value = float(AGGREGATES[name](scores))
    return None if np.isnan(value) else value


def weighted(
    maps: Any, weights: Column, *, channel_dim: int | None = None, max_memory: str | int | None = None
) -> Column:
    """Multiply each channel by its weight.

    Args:
        maps: Vectors or a numpy array, (batch..., channels, ...), or channels last.
        weights: (batch..., channels), as `channels` gives them, or (channels,) for every map.
        channel_dim: as in `channels`.
        max_memory: as for `pairwise`.

    Returns:
        The shape of `maps`; its dtype if that is a float, else float32.

    Raises:
        ShapeError: the weights do not fit the maps.
        ResourceError: the product does not fit.

    Example:
        >>> weighted(np.ones((2, 1, 1), dtype=np.float32), np.asarray([0.5, 1.0])).tolist()
        [[[0.5]], [[1.0]]]
    """
    maps = checks.given(maps, "maps")
    dims = _vector_dims(maps.shape, _channel_dim(maps.shape, channel_dim))
    kept = tuple(size for dim, size in enumerate(maps.shape) if dim not in dims)
    if weights.shape not in (kept, kept[-1:]):
        what = f"expected weights of shape {kept} or {kept[-1:]}, got {weights.shape}"
        raise ShapeError(what, "weights", "weights are saved by the same command on maps of the same shape")
    factors = np.expand_dims(np.broadcast_to(weights, kept), dims)
    # what is read, the product in float64, and its copy in the dtype of the maps
    size = prod(maps.shape) * (8 + 2 * maps.dtype.itemsize)
    budget_of(max_memory, maps).check(size, f"the product of {maps.name} with its weights")
    rows = maps.read(0, maps.shape[0])
    product: Column = rows * factors
    return product.astype(rows.dtype if rows.dtype.kind == "f" else np.float32)
