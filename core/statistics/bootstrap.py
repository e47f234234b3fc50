"""Bootstrap intervals: the same measures on resampled data, seeded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..results import Column

LEVEL = 0.95

Values = dict[str, float | None]


@dataclass(frozen=True)
class Intervals:
    """Percentile intervals by name.

    Args:
        bounds: name -> (low, high) of the middle 95 % of the resampled values.
        undefined: resamples in which a measure was undefined that others have, as with one class only.
    """

    bounds: dict[str, tuple[float, float]]
    undefined: int


def bootstrap(draw: Callable[[Column], Values], items: int, times: int, seed: int) -> Intervals:
    """Measure resamples of the items, drawn with replacement.

    Args:
        draw: takes (items,) item numbers and returns the measures of those items.
        items: how many there are.
        times: how many resamples.
        seed: of the draws.

    Returns:
        The 2.5 and 97.5 % quantiles over the resamples in which a measure is defined.

    Source:
        Efron 1979, the percentile interval.

    Example:
        >>> x = np.arange(100.0)
        >>> found = bootstrap(lambda index: {"mean": float(x[index].mean())}, 100, 500, seed=0)
        >>> [round(bound) for bound in found.bounds["mean"]]
        [44, 55]
    """
    drawn = [draw(index) for index in _draws(items, times, seed)]
    values: dict[str, list[float]] = {}
    for found in drawn:
        for name, value in found.items():
            if value is not None:
                values.setdefault(name, []).append(value)
    undefined = sum(any(found[name] is None for name in values) for found in drawn)
    tail = (1 - LEVEL) / 2
    quantiles = {name: np.quantile(found, (tail, 1 - tail)).tolist() for name, found in values.items()}
    return Intervals({name: (low, high) for name, (low, high) in quantiles.items()}, undefined)


def _draws(items: int, times: int, seed: int) -> Iterator[Column]:
    generator = np.random.default_rng(seed)
    for _ in range(times):
        yield generator.integers(0, items, items)
