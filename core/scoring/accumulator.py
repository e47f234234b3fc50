"""The items of a loss as they come: their sums, and the items themselves or the largest of them."""

from dataclasses import dataclass, field
from math import fsum

import numpy as np

from ..results import Column
from .reduction import largest_of, total_of

HELD = 1 << 22  # items of pairs of rows; of more only the largest are kept, unless all are wanted


@dataclass
class Accumulator:
    """What a loss made of the data.

    Args:
        most: how many of the largest items are kept where not all are.
        all_items: whether all are, however many.
    """

    most: int
    all_items: bool
    parts: list[float] = field(default_factory=list)
    count: int = 0
    active: int = 0
    complete: bool = True
    items: Column = field(default_factory=lambda: np.empty(0))
    # (places, items) the row of each item, and of a pair that of the other end
    places: Column = field(default_factory=lambda: np.empty((1, 0), dtype=np.int64))
    waiting: list[tuple[Column, Column]] = field(default_factory=list)
    held: int = 0

    def add(self, items: Column, places: Column, *, counts: tuple[int, int] | None = None) -> None:
        """Take items with their places.

        Args:
            items: (k,) float64 losses.
            places: (1, k) or (2, k) row numbers.
            counts: how many losses the items are sums of, and how many of those are active; None where an item is one.
        """
        count, active = (len(items), int((items > 0).sum())) if counts is None else counts
        self.parts.append(total_of(items))
        self.count += count
        self.active += active
        self.waiting.append((items, places))
        self.held += len(items)
        if self.held > HELD and not self.all_items:
            self._join()
            self.complete = False
            largest = np.sort(largest_of(self.items, self.most))
            self.items, self.places, self.held = self.items[largest], self.places[:, largest], len(largest)

    def close(self) -> None:
        """Bring what came into one array."""
        self._join()

    @property
    def total(self) -> float:
        """The sum of all items."""
        return fsum(self.parts)

    def _join(self) -> None:
        parts = ([(self.items, self.places)] if len(self.items) else []) + self.waiting
        if parts:
            self.items = np.concatenate([items for items, _ in parts])
            self.places = np.concatenate([places for _, places in parts], axis=1)
        self.waiting = []
