"""Bootstrap intervals: measures of resampled data, or means of values as often as their rows were drawn; seeded."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..engine import budget_of
from ..results import Column

TAILS = (0.025, 0.975)  # of the middle 95 %
CHUNK = 1 << 18  # numbers that are widened at a time

Values = dict[str, float | None]
Bounds = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Intervals:
    """Percentile intervals by name.

    Args:
        bounds: name -> (low, high) of the middle 95 % of the resampled values.
        undefined: resamples in which a measure was undefined that others have, as with one class only.
    """

    bounds: Bounds
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
    drawn = [draw(index) for index in _draws(items, times, np.random.default_rng(seed))]
    values: dict[str, list[float]] = {}
    for measured in drawn:
        for name, value in measured.items():
            if value is not None:
                values.setdefault(name, []).append(value)
    undefined = sum(any(measured[name] is None for name in values) for measured in drawn)
    bounds: Bounds = {}
    for name, found in values.items():
        bounds |= interval(name, np.asarray(found))
    return Intervals(bounds, undefined)


def _draws(items: int, times: int, generator: "np.random.Generator") -> Iterator[Column]:
    return (generator.integers(0, items, items) for _ in range(times))


def check_draws(rows: int, draws: int) -> None:
    """Refuse more draws of more rows than fit in memory."""
    what = f"a table of {draws:,} draws of {rows:,} rows"
    budget_of(None).check(draws * rows * 2, what, "draw less often, or compare a sample of the rows")


def drawn_counts(rows: int, draws: int, generator: "np.random.Generator") -> Column:
    """Return (draws, rows) how often each row comes up when as many are drawn with replacement."""
    counts = np.empty((draws, rows), dtype=np.uint16)
    for row, index in zip(counts, _draws(rows, draws, generator), strict=True):
        row[:] = np.bincount(index, minlength=rows)
    return counts


def weighted_means(counts: Column, values: Column, share: Column | None) -> Column:
    """Return the (draws,) means of (n,) values, each as often as it was drawn; NaN where all weights are 0."""
    share = np.ones(len(values)) if share is None else share
    totals, sizes = np.zeros(len(counts)), np.zeros(len(counts))
    step = max(1, CHUNK // len(counts))
    for start in range(0, len(values), step):
        part = slice(start, start + step)
        own = counts[:, part] * share[part]
        totals += own @ values[part]
        sizes += own.sum(axis=1)
    means: Column = np.divide(totals, sizes, out=np.full(len(counts), np.nan), where=sizes > 0)
    counted = values[share > 0]
    # a mean lies between its extremes, which the rounded sum of equal values may leave
    return means.clip(counted.min(), counted.max()) if len(counted) else means


def defined_means(counts: Column, values: Column) -> Column:
    """Return the (draws,) means of the values that are not NaN."""
    defined = ~np.isnan(values)
    return weighted_means(counts, np.where(defined, values, 0.0), defined.astype(np.float64))


def bootstrap_items(scores: Mapping[str, Column], draws: int, seed: int) -> Bounds:
    """Return the 95 % percentile interval of each mean over items, drawn with replacement.

    Args:
        scores: name -> (items,) scores, NaN where an item has none.
        draws: how often.
        seed: of the draws, which all names share.

    Source:
        Efron 1979, the percentile interval.

    Example:
        >>> bootstrap_items({"mean": np.ones(5)}, 10, 0)
        {'mean': (1.0, 1.0)}
    """
    items = len(next(iter(scores.values())))
    counts = drawn_counts(items, draws, np.random.default_rng(seed)).astype(np.float64)
    bounds: Bounds = {}
    for name, values in scores.items():
        bounds |= interval(name, defined_means(counts, values))
    return bounds


def interval(name: str, values: Column) -> Bounds:
    """Return the 95 % percentile interval of drawn values under a name; nothing where all are undefined."""
    values = values[~np.isnan(values)]
    if not len(values):
        return {}
    low, high = np.quantile(values, TAILS).tolist()
    return {name: (low, high)}
