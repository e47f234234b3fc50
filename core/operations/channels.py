"""`channels`: the similarity of every channel of two feature maps, and B weighted by it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..argument_types import AnyPath, check_types, path_of
from ..delivery import delivery
from ..errors import OutputError, ParameterError, ShapeError
from ..feature_maps import WEIGHTS, MapDims, channel_states, channel_weights, state_notes, weighted
from ..io import SelectingBySeed, Vectors, selects
from ..io.array_writers import SHAPED, write_array
from ..io.output import output_format, replacing
from ..metrics import EPS, metric_of
from ..nonfinite import PROPAGATE_HINT
from ..results import Column, Columns, Result
from ..settings import Settings
from .similarity import KEYS, SimilarityPlan, plan_similarity, summarise


def _mean(scores: Column, axis: int | None = None) -> Any:
    """Return the mean, which lies between its extremes: the rounded sum of equal scores may leave them."""
    return np.clip(np.mean(scores, axis=axis), np.min(scores, axis=axis), np.max(scores, axis=axis))


AGGREGATES: dict[str, Callable[..., Any]] = {"mean": _mean, "min": np.min, "max": np.max, "median": np.median}


@selects("a", "b")
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
    output: AnyPath | None = None,
    save_weights: AnyPath | None = None,
    force: bool = False,
    eps: float = EPS,
    max_memory: str | int | None = None,
    nonfinite: str = "error",
    device: str = "cpu",
    backend: str = "auto",
    header: str = "auto",
    require_keys: Collection[str] = (),
    **select: Unpack[SelectingBySeed],
) -> Result:
    """Compare each channel of A with the same channel of B; all dims after the channel make the vector.

    An array of three dims is one map, (channels, height, width), unless `channel_dim` says otherwise. Where the channel
    is the last dim, the vector is made of all other dims but the batch, as in (batch, height, width, channels) or
    (height, width, channels).

    Args:
        a: Vectors, a numpy array or a source as for `open_vectors`, such as (batch, channels, height, width).
        b: the same shape.
        channel_dim: the dim of the channels; the dims before it are batches. By default 0 of three dims, else 1.
        aggregates: over the channels of each map: `mean`, `min`, `max`, `median`; the rows are the maps then.
        weights: what the scores become as weights: see `channel_weights`.
        temperature: of `softmax`, above 0.
        use_weights: weights to multiply B by instead of those of its own scores, as `save_weights` kept them.
        output: write B, each channel times its weight, as npy.
        save_weights: write the weights, as npy.
        force: existing files may be replaced.
        nonfinite: `error` or `propagate`.
        metric, parameters, eps, max_memory, device, backend, header, require_keys: as for `pairwise`.
        **select: rows and columns of the inputs, by the names that the options of the shell have; as `Selection`
            takes them.

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
    check_types(channels, locals())
    output, save_weights = path_of(output), path_of(save_weights)
    for name in aggregates:
        checks.check_choice("aggregates", name, tuple(AGGREGATES))
    checks.check_keys(require_keys, (*KEYS, *aggregates), {f"«aggregates={name}»": [name] for name in AGGREGATES})
    settings = Settings(
        nonfinite=nonfinite, eps=eps, max_memory=max_memory, device=device, backend=backend, header=header
    ).checked(("error", "propagate"))
    measure = metric_of(metric, eps=eps, **(parameters or {}))
    checks.check_choice("weights", weights, WEIGHTS)
    if use_weights is not None and output is None:
        raise ParameterError("there is no output for the weighted maps", "«use_weights»", "add «output=OUT.npy»")
    if use_weights is not None and weights != "raw":
        raise ParameterError("saved weights are used as they are", "«weights»", "leave it out with «use_weights»")
    if weights != "raw" and not measure.larger_is_closer:
        what = f"{weights} gives the largest score the largest weight, and {metric} is a distance"
        raise ParameterError(what, "«weights»", "«metric=cosine», or raw")
    checks.check_outputs(output, save_weights, force=force, inputs=[a, b, use_weights])
    for path in (output, save_weights):
        if path is not None and output_format(path) not in SHAPED:
            raise OutputError("what is written is one array", path, f"use a path that ends in .{' or .'.join(SHAPED)}")
    with delivery():
        a, b = settings.open(a, "A"), settings.open(b, "B")
        if a.shape != b.shape:
            raise ShapeError(f"the maps differ in shape: {a.shape} in A, {b.shape} in B", f"{a.name}, {b.name}")
        dims = MapDims.of(a.shape, channel_dim)
        checks.check_same_ids(a, b)
        aligned = plan_similarity(a, b, dims.vector, measure, settings, PROPAGATE_HINT)
        result = ChannelsPlan(aligned, dims, tuple(aggregates), weights, temperature).run()
        return _written(result, b, output, save_weights, use_weights, dims.channel, settings, force=force)


def _written(
    result: Result,
    maps: Vectors,
    output: str | None,
    save_weights: str | None,
    use_weights: Any,
    channel_dim: int,
    settings: Settings,
    *,
    force: bool,
) -> Result:
    """Write the weighted maps and the weights, where they are asked for."""
    own, arrays = np.asarray(result.array), dict[str, Column]()
    if output is not None:
        saved = None if use_weights is None else settings.open(use_weights, "weights")
        factors = own if saved is None else saved.read(0, saved.shape[0])
        arrays[output] = weighted(maps, factors, channel_dim=channel_dim, max_memory=settings.max_memory)
    if save_weights is not None:
        arrays[save_weights] = own
    for path, array in arrays.items():
        with replacing(path, force=force) as temporary:
            write_array(temporary, array, output_format(path))
    shown = {path: f"{' × '.join(map(str, array.shape))}, {array.dtype}" for path, array in arrays.items()}
    return replace(result, written=shown)


@dataclass(frozen=True)
class ChannelsPlan:
    """Maps whose channels are compared, checked and not yet read.

    Args:
        aligned: the comparison along the dims of the vectors.
        dims: how the maps are read.
        aggregates: over the channels of each map.
        weights: what the scores become.
        temperature: of `softmax`.
    """

    aligned: SimilarityPlan
    dims: MapDims
    aggregates: tuple[str, ...]
    weights: str
    temperature: float

    def run(self) -> Result:
        """Compare the channels."""
        found, job = self.aligned.run(), self.aligned.job
        scores: Column = np.asarray(found.array)
        factors = channel_weights(scores, self.weights, temperature=self.temperature)
        states = [channel_states(maps, self.dims.vector) for maps in (job.a, job.b)]
        summary = summarise(scores)
        summary |= {name: _over_maps(scores, name) for name in self.aggregates if name not in summary}
        shown = {name: found.parameters[name] for name in ("metric", "eps", "nonfinite")} | job.metric.parameters
        own: dict[str, Any] = {} if self.weights == "raw" else {"weights": self.weights}
        own |= {"temperature": self.temperature} if self.weights == "softmax" else {}
        return Result(
            command="channels",
            inputs=found.inputs,
            parameters={"channel_dim": self.dims.channel, **shown, **own},
            summary=summary,
            rows=_map_rows(scores, self.aggregates) if self.aggregates else _channel_rows(scores, factors, states),
            array=factors,
            notes=(*self.dims.notes(), *found.notes, *state_notes(states)),
        )


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
