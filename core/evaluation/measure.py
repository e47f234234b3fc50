"""A measure of pairs: a number, and the threshold that it belongs to."""

from typing import NamedTuple

import numpy as np

from ..results import Column
from ..statistics.counts import Counts


class Measure(NamedTuple):
    """A number, None where it is undefined, and the threshold it belongs to, if there is one."""

    value: float | None
    threshold: float | None = None


UNDEFINED = Measure(None)


def largest(counts: Counts, values: Column) -> Measure:
    """Return the largest of (k,) values, one for each score, with the strictest score that reaches it."""
    best = int(np.argmax(values))
    return Measure(float(values[best]), float(counts.scores[best]))
