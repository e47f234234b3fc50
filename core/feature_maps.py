"""Feature maps: which dim is the channel's, what a channel holds, its weight, and maps weighted by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from . import checks, given_inputs
from .engine import budget_of
from .errors import ParameterError, ShapeError
from .io import Vectors
from .results import Column

ONE_MAP = 3  # dims: channels and two of the picture
WEIGHTS = ("raw", "clip", "softmax", "rank")


@dataclass(frozen=True)
class MapDims:
    """How maps are read.

    Args:
        channel: the dim of the channels, from the front.
        vector: the dims that make the vector of a channel.
    """

    shape: tuple[int, ...]
    channel: int
    vector: tuple[int, ...]

    @classmethod
    def of(cls, shape: tuple[int, ...], channel: int | None) -> "MapDims":
        """Read maps with the channels in a dim; by default 0 of three dims, else 1.

        Where the channel is the last dim, the vector is made of all others but the batch, else of those after it.
        """
        rank = len(shape)
        channel = (0 if rank == ONE_MAP else 1) if channel is None else checks.check_dim(channel, rank, "«channel_dim»")
        batches = 0 if rank == ONE_MAP else 1
        vector = tuple(range(batches, channel) if channel == rank - 1 else range(channel + 1, rank))
        if not vector:
            raise ShapeError(
                f"no dim comes after the channels: shape {shape}, channel dim {channel}",
                "«channel_dim»",
                "the dims after the channels make the vector, as in (batch, channels, height, width)",
            )
        return cls(shape, channel, vector)

    @property
    def scores(self) -> tuple[int, ...]:
        """The shape of a number per channel: (batch..., channels)."""
        return tuple(size for dim, size in enumerate(self.shape) if dim not in self.vector)

    def notes(self) -> list[str]:
        """Return what three dims were read as: they may be one map or many."""
        shape, vector = self.shape, self.vector
        if len(shape) != ONE_MAP:
            return []
        maps = prod(self.scores) // shape[self.channel]
        size = f"{checks.plural(shape[self.channel], 'channel')} of {' × '.join(str(shape[dim]) for dim in vector)}"
        if len(vector) == 1:
            return [f"{shape} is read as {checks.plural(maps, 'map')} of {size}; channel dim 0 reads it as one map"]
        others = f"channel dim 1 reads it as {checks.plural(shape[0], 'map')} of {checks.plural(shape[1], 'channel')}"
        return [f"{shape} is read as one map of {size}; {others}"]


def channel_states(maps: Vectors, dims: tuple[int, ...]) -> Column:
    """Return of each channel of each map whether it is dead, constant, or neither, as a word."""
    parts = []
    for start in range(maps.shape[0] if 0 not in dims else 1):
        one = maps.read(start, start + 1) if 0 not in dims else maps.read(0, maps.shape[0])
        high, low = one.max(axis=dims), one.min(axis=dims)
        parts.append(np.where(high != low, "", np.where(high == 0, "dead", "constant")))
    return np.concatenate(parts).astype(object)


def state_notes(states: Sequence[Column]) -> list[str]:
    """Return how many channels of A and of B are dead or constant."""
    notes = []
    for side, words in zip("AB", states, strict=True):
        for word in ("dead", "constant"):
            count = int((words == word).sum())
            if count:
                what = "all zero" if word == "dead" else "the same number everywhere"
                notes.append(f"{checks.plural(count, 'channel')} of {side} {'is' if count == 1 else 'are'} {what}")
    return notes


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
    maps = given_inputs.given(maps, "maps")
    dims = MapDims.of(maps.shape, channel_dim)
    if weights.shape not in (dims.scores, dims.scores[-1:]):
        what = f"expected weights of shape {dims.scores} or {dims.scores[-1:]}, got {weights.shape}"
        raise ShapeError(what, "weights", "weights are saved by the same command on maps of the same shape")
    factors = np.expand_dims(np.broadcast_to(weights, dims.scores), dims.vector)
    # what is read, the product in float64, and its copy in the dtype of the maps
    size = prod(maps.shape) * (8 + 2 * maps.dtype.itemsize)
    budget_of(max_memory, maps).check(size, f"the product of {maps.name} with its weights")
    rows = maps.read(0, maps.shape[0])
    product: Column = rows * factors
    return product.astype(rows.dtype if rows.dtype.kind == "f" else np.float32)
