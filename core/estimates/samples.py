"""Rows that stand for all of an input, held in memory: an array's from all over it, the first ones of other files."""

import time
from dataclasses import dataclass
from math import prod
from typing import Self

import numpy as np

from ..io import Vectors, select
from ..io.vectors import ArrayVectors
from ..results import Column

ROWS, BYTES = 1 << 16, 32 << 20  # of a sample, at most
PIECES = 8  # of an array
MAPPED_SECONDS = 2e-10  # for the system to hand out a byte of a mapped file


@dataclass(frozen=True)
class SomeRows:
    """Some rows of an input.

    Args:
        numbers: (k,) their numbers in the input, ascending.
    """

    vectors: Vectors
    numbers: Column

    def some(self, count: int) -> "SomeRows":
        """Return `count` of them, as far apart as can be; all where there are fewer."""
        size = len(self.numbers)
        places = np.arange(size) if count >= size else np.arange(count) * size // count
        chosen = select(self.vectors, places)
        read = ArrayVectors(chosen.name, chosen.read(0, len(places)), chosen.ids)
        return SomeRows(read, self.numbers[places])


@dataclass(frozen=True)
class HeldSample:
    """A sample of an input, and how long a byte of it took to read.

    Args:
        byte_seconds: of a processor; of an array, which is read where it lies, those that the system takes.
    """

    rows: SomeRows
    byte_seconds: float

    @classmethod
    def of(cls, vectors: Vectors, most: int) -> Self:
        """Read a sample of at most `most` rows."""
        total = vectors.shape[0]
        count, pieces = min(most, total), PIECES if isinstance(vectors, ArrayVectors) else 1
        places = np.arange(count)
        piece = -(-count // pieces)
        numbers = places + places // piece * max(0, (total - count) // max(1, pieces - 1))
        start = time.process_time()
        chosen = select(vectors, numbers)
        read = chosen.read(0, count)
        seconds = time.process_time() - start
        held = ArrayVectors(vectors.name, read, chosen.ids)
        return cls(
            SomeRows(held, numbers),
            MAPPED_SECONDS if isinstance(vectors, ArrayVectors) else seconds / max(1, read.nbytes),
        )


def most_rows(*inputs: Vectors) -> int:
    """Return how many rows a sample may have, so that those of inputs of one length belong together."""
    widest = max(prod(each.shape[1:]) * each.dtype.itemsize for each in inputs)
    return max(1, min(ROWS, BYTES // max(1, widest)))
