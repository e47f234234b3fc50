"""Thresholds that reach a wanted precision, recall or false accept rate, and what else is true of them.

P and N are the positives and negatives, TP and FP those at the threshold's score or closer:

    precision = TP / (TP + FP)        recall = TP / P        far = FP / N

`precision` and `far` ask for the most recall at no less precision, or at no more false accepts, and get the strictest
threshold with it; `recall` asks for the strictest threshold that reaches it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any, Self

import numpy as np

from ..checks import check_choice
from ..errors import ParameterError
from ..named_values import is_number, named_values
from ..results import Columns, Result, Scalar
from ..statistics.counts import Counts

KINDS = ("precision", "recall", "far")
BESIDE = ("threshold", "low", "high", *KINDS)
NORMAL = 1.959963984540054  # of the middle 95 %


@dataclass(frozen=True)
class WantedRate:
    """A rate that a threshold is to reach.

    Args:
        kind: precision, recall or far.
        rate: above 0, up to 1.
    """

    kind: str
    rate: float

    @classmethod
    def all_of(cls, given: Any) -> list[Self]:
        """Check what was asked for: kind -> one rate or several, or texts KIND=RATE.

        Raises:
            ParameterError: another kind, or a rate outside its range.

        Example:
            >>> [each.name for each in WantedRate.all_of(["precision=0.99", {"far": 0.01}])]
            ['recall@precision0.99', 'recall@far0.01']
        """
        found = []
        for kind, rates in named_values(given, "at", "precision=0.99"):
            check_choice("at", kind, KINDS)
            for rate in rates:
                if not (is_number(rate) and 0 < rate <= 1):
                    what = f"expected a rate above 0 and up to 1, got {rate!r}"
                    raise ParameterError(what, "«at»", f"as in «at={kind}=0.9»")
                found.append(cls(kind, float(rate)))
        return found

    @property
    def name(self) -> str:
        """What is measured at the threshold, and by what the threshold is found again."""
        return f"{'precision' if self.kind == 'recall' else 'recall'}@{self.kind}{self.rate}"

    @property
    def keys(self) -> list[str]:
        """The keys of a summary."""
        return [self.name, *(f"{self.name}.{each}" for each in BESIDE)]

    def found(self, counts: Counts) -> dict[str, Scalar]:
        """Return the numbers by their keys, all None where no threshold reaches the rate.

        Source:
            Wilson 1927 for the interval, of pairs that are independent, at this threshold.

        Example:
            >>> from simtool.statistics.counts import counts_of
            >>> found = WantedRate("precision", 0.6).found(counts_of([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0]))
            >>> found["recall@precision0.6"], found["recall@precision0.6.threshold"]
            (1.0, 0.7)
        """
        positives, negatives = counts.totals
        right, wrong = counts.accepted
        nothing: dict[str, Scalar] = dict.fromkeys(self.keys)
        if not positives or not negatives:
            return nothing
        rates = {"precision": right / (right + wrong), "recall": right / positives, "far": wrong / negatives}
        slack = 1e-12 * self.rate
        own = rates[self.kind]
        fits = np.flatnonzero(
            (own <= self.rate + slack if self.kind == "far" else own >= self.rate - slack) & (right > 0)
        )
        if not len(fits):
            return nothing
        place = fits[0] if self.kind == "recall" else fits[np.argmax(right[fits])]
        value, of = (right[place], right[place] + wrong[place]) if self.kind == "recall" else (right[place], positives)
        low, high = wilson(float(value), float(of))
        here = [float(counts.scores[place]), low, high, *(float(rates[kind][place]) for kind in KINDS)]
        return dict(zip(self.keys, [float(value / of), *here], strict=True))


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """Return the 95 % interval of a share.

    Source:
        Wilson 1927.

    Example:
        >>> [round(bound, 4) for bound in wilson(8, 10)]
        [0.4902, 0.9433]
    """
    share, square = successes / trials, NORMAL**2 / trials
    middle, half = share + square / 2, NORMAL * sqrt(share * (1 - share) / trials + square / (4 * trials))
    # the share lies in its interval, which rounding may leave
    return max(0.0, min(share, (middle - half) / (1 + square))), min(1.0, max(share, (middle + half) / (1 + square)))


def with_wanted(result: Result, wanted: Sequence[WantedRate]) -> Result:
    """Return an evaluation with the thresholds that were asked for, in its summary and among its rows of measures."""
    if not wanted:
        return result
    found = [each.found(result.counts["overall"]) for each in wanted]
    summary = dict(result.summary)
    for numbers in found:
        summary |= numbers
    failed = [each for each, numbers in zip(wanted, found, strict=True) if numbers[each.name] is None]
    notes = [f"no threshold reaches {each.kind}={each.rate} on these pairs" for each in failed]
    if result.summary.get("error_bound"):
        notes.append("pairs are counted in bins of scores: a wanted rate is reached as near as the bins can tell")
    rows = result.rows
    if isinstance(rows, Columns) and "metric" in rows.columns:
        rows = _rows(rows, wanted, found)
    return replace(result, summary=summary, rows=rows, notes=(*result.notes, *notes))


def _rows(rows: Columns, wanted: Sequence[WantedRate], found: Sequence[dict[str, Scalar]]) -> Columns:
    """Return the rows of measures with one for each wanted rate below them."""
    beside = [name for name in BESIDE if name not in rows.columns]
    size, columns = len(rows.columns["metric"]), {}
    for name in (*rows.columns, *beside):
        above = list(rows.columns[name]) if name in rows.columns else [None] * size
        keys = [each.name if name in ("metric", "value") else f"{each.name}.{name}" for each in wanted]
        below = keys if name == "metric" else [numbers.get(key) for key, numbers in zip(keys, found, strict=True)]
        column = np.empty(size + len(wanted), dtype=object)
        column[:] = [*above, *below]
        columns[name] = column
    floats = [np.nan if value is None else value for value in columns["value"]]
    return Columns({**columns, "value": np.asarray(floats, dtype=np.float64)})
