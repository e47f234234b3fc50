"""Tiles of items, each a set of tokens: what the aggregates of many sets in one product are made of."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..backend import Array
from ..engine import Kernel, Span
from ..results import Column
from .moments import scale_of


@dataclass(frozen=True)
class TokenBlock:
    """Some items of one side.

    Args:
        padded: (items, tokens, d) their rows.
        unit: (items * tokens, d) unit rows.
        real: (items, tokens) which are no padding.
        share: (items, tokens) what each token counts.
        kernel: of cosines, in float64.
        prepared: by name of the aggregate, what it computes of a block before.
    """

    span: Span
    padded: Column
    unit: Array
    real: Column
    share: Column
    kernel: Kernel
    prepared: dict[str, Any] = field(default_factory=dict)

    def means(self, *, unit: bool) -> Column:
        """Return (items, d) the means of the tokens, or of their unit vectors."""
        rows = self.padded.reshape(-1, self.padded.shape[2])
        scale = 1.0 if unit else scale_of(rows)
        own = self.kernel.backend.get(self.unit) if unit else rows.astype(np.float64) / scale
        means: Column = np.einsum("it,itd->id", self.share, own.reshape(self.padded.shape)) * scale
        return means


@dataclass(frozen=True)
class TokenTile:
    """The tokens of some items of A with those of some items of B.

    Args:
        block: the items of A.
        other: those of B.
    """

    block: TokenBlock
    other: TokenBlock

    @property
    def kernel(self) -> Kernel:
        """The kernel of cosines."""
        return self.block.kernel

    @cached_property
    def cosines(self) -> Column:
        """(items, tokens, items, tokens) cosines, -inf with padding of B."""
        backend = self.kernel.backend
        scores: Column = np.clip(backend.get(backend.product(self.block.unit, self.other.unit)), -1.0, 1.0)
        scores = scores.reshape(*self.block.real.shape, *self.other.real.shape)
        if not self.other.real.all():
            scores[:, :, ~self.other.real] = -np.inf
        return scores

    @cached_property
    def forward(self) -> Column:
        """(items, tokens, items) the best cosine of each token of A with the tokens of each item of B."""
        best: Column = self.cosines.max(axis=3)
        return best

    def means_of_a(self, values: Column) -> Column:
        """Return (items, items) the means over the tokens of A of (items, tokens, items) values."""
        means = np.einsum("it,itj->ij", self.block.share, values)
        return _within(means, values, (self.block.share > 0)[:, :, None], 1)

    @cached_property
    def precision(self) -> Column:
        """(items, items) the mean over the tokens of A of their best cosines."""
        return self.means_of_a(self.forward)

    @cached_property
    def recall(self) -> Column:
        """(items, items) the mean over the tokens of B of their best cosines."""
        scores = self.cosines
        if not self.block.real.all():
            _ = self.forward  # is of these cosines, from which padding of A goes now, as it counts in no mean of A
            scores[~self.block.real] = -np.inf
        backward = np.where(self.other.real[None], scores.max(axis=1), 0.0)
        means = np.einsum("ijt,jt->ij", backward, self.other.share)
        return _within(means, backward, (self.other.share > 0)[None], 2)


def _within(means: Column, values: Column, counts: Column, axis: int) -> Column:
    """Return means of the values that count along an axis within their extremes, which rounded sums may leave."""
    low, high = (np.where(counts, values, end) for end in (np.inf, -np.inf))
    return np.asarray(np.clip(means, low.min(axis=axis), high.max(axis=axis)))
