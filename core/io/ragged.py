"""Items of different numbers of tokens: all tokens one after another, and where each item begins.

Accepted: a nested list column of Arrow, Parquet or JSON, an npz with one array (tokens, d) per item, or a list of
such arrays. An item may have no token.
Refused: tokens of different length, nulls.
Lost: nothing; integers stay integers where all items hold integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..backend import tensor_values
from ..errors import DataError, ShapeError
from .vectors import Array, ArrayVectors, Vectors, check_ids, check_numeric, name_rows, ragged_row


@dataclass(frozen=True)
class RaggedVectors:
    """Items of tokens, each of its own length.

    Args:
        tokens: (total, d) the tokens of all items.
        offsets: (items + 1,) the first token of each item, and the number of tokens.
        ids: (items,) strings or integers, or None.
        index: (items,) the number of each in the file, where some are selected; without ids also its id.
    """

    tokens: Vectors
    offsets: Array
    ids: Array | None = None
    index: Array | None = None

    @property
    def name(self) -> str:
        """What the user typed plus the chosen column, for messages."""
        return self.tokens.name

    @property
    def lengths(self) -> Array:
        """(items,) how many tokens each item has."""
        return np.diff(self.offsets)

    @property
    def shape(self) -> tuple[int, ...]:
        """(items, tokens of the longest item, d)."""
        return (len(self.offsets) - 1, int(self.lengths.max(initial=0)), self.tokens.shape[1])

    def item_of(self, token: int) -> int:
        """Return the item that a token belongs to."""
        return int(np.searchsorted(self.offsets, token, side="right")) - 1


@dataclass(frozen=True)
class PaddedVectors:
    """Items of tokens as one array, in which zero rows fill up the shorter ones."""

    items: RaggedVectors

    @property
    def name(self) -> str:
        """The name of the items."""
        return self.items.name

    @property
    def shape(self) -> tuple[int, ...]:
        """(items, tokens of the longest, d)."""
        return self.items.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the tokens."""
        return self.items.tokens.dtype

    @property
    def ids(self) -> Array | None:
        """(items,) ids or None."""
        return self.items.ids

    def read(self, start: int, stop: int) -> Array:
        """Return items `start` to `stop` (exclusive), (stop - start, tokens, d)."""
        offsets = self.items.offsets[start : stop + 1]
        padded = np.zeros((stop - start, *self.shape[1:]), self.dtype)
        places = np.arange(self.shape[1]) < np.diff(offsets)[:, None]
        padded[places] = self.items.tokens.read(int(offsets[0]), int(offsets[-1]))
        return padded


def without_padding(rows: Array, lengths: Array) -> Array:
    """Return padded items as an array of arrays (tokens, d).

    Args:
        rows: (n, tokens of the longest, d).
        lengths: (n,) how many tokens of each are its own.
    """
    found = np.empty(len(rows), dtype=object)
    for number, length in enumerate(lengths.tolist()):
        found[number] = rows[number, :length]
    return found


@runtime_checkable
class MayBeRagged(Protocol):
    """A table that may hold items of different numbers of tokens."""

    def ragged(self, column: str | None) -> RaggedVectors | None:
        """Return the items of a column, or of the only one of vectors; None where all have as many tokens."""


def as_ragged(items: Sequence[Any], name: str = "array", ids: Array | None = None) -> RaggedVectors:
    """Return a list of arrays as items of tokens.

    Args:
        items: arrays (tokens, d) of real numbers, one per item; without a token (0, d) or (0,).
        name: what messages call it.
        ids: (items,) strings or integers, or None.

    Raises:
        DataError: an item is no array of numbers, or its tokens differ in length from those before.
        ShapeError: an item is not (tokens, d), or no item has a token.

    Example:
        >>> as_ragged([np.ones((2, 3)), np.ones((1, 3))]).offsets.tolist()
        [0, 2, 3]
    """
    checked = check_ids(ids, len(items), name)
    arrays = [_item(item, number, checked, name) for number, item in enumerate(items)]
    filled = [(number, array) for number, array in enumerate(arrays) if len(array)]
    if not filled:
        raise ShapeError("no item has a token", name, "at least one token is needed")
    width = filled[0][1].shape[1]
    for number, array in filled:
        if array.shape[1] != width:
            raise ragged_row(number, checked, 2, (array.shape[1], width), name)
    offsets = np.cumsum([0, *map(len, arrays)])
    return RaggedVectors(ArrayVectors(name, np.concatenate([array for _, array in filled])), offsets, checked)


def null_items(items: Sequence[int] | Array, ids: Array | None, where: str) -> DataError:
    """Return the error for items that are null or hold a null."""
    verb = "is null or holds a null" if len(items) == 1 else "are null or hold a null"
    return DataError(f"{name_rows(items, ids)} {verb}", where, "leave these items out, or give them an empty list")


def _item(item: Any, number: int, ids: Array | None, name: str) -> Array:
    """Return the tokens of an item."""
    if hasattr(item, "detach"):
        item = tensor_values(item)
    who = name_rows([number], ids)
    try:
        array = np.asarray(item)
    except ValueError:
        raise DataError(f"{who} holds tokens of different lengths", name, "every token needs the same length") from None
    if array.shape[:1] == (0,):
        return array.reshape(0, 0)
    if array.ndim != 2:
        raise ShapeError(f"{who} has shape {array.shape}, expected (tokens, d)", name)
    check_numeric(array.dtype, f"{name}, {who}")
    return array
