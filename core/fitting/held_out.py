"""What a head made better on examples that were held out, and whether that is more than chance."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..catalogue import find
from ..evaluation.measure import Measure
from ..evaluation.roc import equal_error_rate, roc_auc
from ..evaluation.threshold_metrics import best_accuracy
from ..results import Column, Scalar
from ..statistics.bootstrap import Intervals, Values, bootstrap
from ..statistics.correlation import spearman
from ..statistics.counts import Counts, Grouped
from .examples import Examples
from .held_out_pairs import RATES, HeldOutPairs, pairs_of, scores_of
from .resampling import LEAST, effective, weights_of

TIMES = 300  # resamples
SIDES = ("before", "after", "difference")


@dataclass(frozen=True)
class HeldOutEvaluation:
    """Measures before and after, by name.

    Args:
        values: `roc_auc.before`, `roc_auc.after`, `roc_auc.difference`, ...; None where undefined.
        thresholds: `eer.before` and the like -> the threshold that belongs to it.
        intervals: of the values.
        names: the measures, the first of which decides.
        independent: how many independent examples these are as good as.
    """

    values: Mapping[str, float | None]
    thresholds: Mapping[str, float | None]
    intervals: Intervals
    names: tuple[str, ...]
    independent: float = 0.0

    @property
    def verdict(self) -> str:
        """`gained`, `lost`, `nothing gained` where the interval holds 0, or `undefined`."""
        if not self.names:
            return "undefined"
        name = self.names[0]
        bounds, own = (self.intervals.bounds.get(f"{name}.{side}") for side in ("difference", "after"))
        if self.values[f"{name}.difference"] is None or bounds is None or own is None:
            return "undefined"
        chance = 0.5 if name == "roc_auc" else 0.0
        if bounds[0] > 0 and own[0] > chance:  # no better than a coin is no gain, whatever it was before
            return "gained"
        return "lost" if bounds[1] < 0 else "nothing gained"

    def sentence(self) -> str:
        """Return what came of it in a plain sentence."""
        if self.verdict == "undefined":
            why = "the held-out examples define no measure of it"
            if self.names and not self.intervals.bounds:
                counted = f"as much as {self.independent:.0f} that share no vector and no id"
                why = f"what is held out says {counted}, and resampling needs {LEAST} such examples"
            return f"whether anything was gained cannot be said: {why}"
        name = self.names[0]
        low, high = self.intervals.bounds[f"{name}.difference"]
        before, after = (self.values[f"{name}.{side}"] for side in SIDES[:2])
        change = f"held-out {name} goes from {before:.4f} to {after:.4f}"
        interval = f"{low:+.4f} to {high:+.4f}"
        if self.verdict == "gained":
            return f"gained: {change}, and 95 % of the resampled differences are {interval}"
        if self.verdict == "lost":
            return f"lost: {change}, and 95 % of the resampled differences are {interval}; use the vectors as they are"
        return f"nothing was gained: {change}, and the difference lies within chance, {interval} in 95 % of resamples"

    def summary(self) -> dict[str, Scalar]:
        """Return every number by its key."""
        found: dict[str, Scalar] = {}
        for key, value in self.values.items():
            found[key] = value
            low, high = self.intervals.bounds.get(key, (None, None))
            found |= {f"{key}.low": low, f"{key}.high": high}
            if key in self.thresholds:
                found[f"{key}.threshold"] = self.thresholds[key]
        return found


def evaluate_held_out(
    before: Examples, after: Examples, units: Column, metric: str, *, seed: int, eps: float
) -> HeldOutEvaluation:
    """Compare the same examples as they came and projected; (n, u) units of `units_of` are drawn together."""
    pairs = pairs_of(before, units)
    if not pairs.names:
        return HeldOutEvaluation({}, {}, Intervals({}, 0), ())
    sides = [_side(pairs, each, metric, eps) for each in (before, after)]
    thresholds: dict[str, float | None] = {}
    for when, side in zip(SIDES[:2], sides, strict=True):
        if side.counts is not None:
            rates = _rates(side.counts)
            thresholds |= {f"{name}.{when}": rates[name].threshold for name in RATES[1:]}
    intervals, independent = Intervals({}, 0), effective(pairs.units)
    if independent >= LEAST:
        intervals = bootstrap(lambda index: _resampled(sides, pairs, index), pairs.count, TIMES, seed)
    return HeldOutEvaluation(_measured(sides, pairs.targets), thresholds, intervals, pairs.names, independent)


def score_of(examples: Examples, metric: str, eps: float) -> float | None:
    """Return the measure that decides, larger is better; None where it is undefined."""
    pairs = pairs_of(examples, np.zeros((len(examples), 1), dtype=np.int64))
    if not pairs.names:
        return None
    side = _side(pairs, examples, metric, eps)
    if side.counts is not None:
        return roc_auc(side.counts).value
    assert pairs.targets is not None
    return spearman(side.closeness, pairs.targets)


def _side(pairs: HeldOutPairs, examples: Examples, metric: str, eps: float) -> "_Side":
    larger_is_closer = find("metric", metric).larger_is_closer
    return _Side.of(pairs.similar, scores_of(examples, metric, eps), larger_is_closer=larger_is_closer)


@dataclass(frozen=True)
class _Side:
    """Scored pairs of one space, sorted once to be counted under many weights.

    Args:
        closeness: (p,) scores, larger is closer.
        counts: of labelled pairs, at each distinct score, closest first; else None.
        order: (p,) the pairs by score, closest first.
        starts: the first place of each distinct score in that order.
        positive: (p,) bool, in that order.
    """

    closeness: Column
    counts: Counts | None = None
    order: Column | None = None
    starts: Column | None = None
    positive: Column | None = None

    @classmethod
    def of(cls, similar: Column | None, scores: Column, *, larger_is_closer: bool) -> "_Side":
        closeness = scores if larger_is_closer else -scores
        if similar is None:
            return cls(closeness)
        grouped = Grouped.of(scores, similar, larger_is_closer=larger_is_closer)
        order = np.argsort(grouped.place, kind="stable")
        starts = np.flatnonzero(np.diff(grouped.place[order], prepend=-1))
        return cls(closeness, grouped.counts(), order, starts, similar[order])

    def weighed(self, weights: Column) -> Counts:
        """Count each pair as often as its weight says."""
        assert self.counts is not None
        assert self.starts is not None
        everything = weights[self.order]
        positives = everything * self.positive
        if len(self.starts) < len(everything):  # some pairs tie
            everything, positives = (np.add.reduceat(each, self.starts) for each in (everything, positives))
        return Counts(self.counts.scores, positives, everything - positives, self.counts.larger_is_closer)


def _measured(sides: list[_Side], targets: Column | None) -> Values:
    """Return all measures of all pairs."""
    values: Values = {}
    for when, side in zip(SIDES[:2], sides, strict=True):
        if side.counts is not None:
            values |= {f"{name}.{when}": one.value for name, one in _rates(side.counts).items()}
        elif targets is not None:
            values[f"spearman.{when}"] = spearman(side.closeness, targets)
    return _with_differences(values)


def _resampled(sides: list[_Side], pairs: HeldOutPairs, index: Column) -> Values:
    """Return the measures of the pairs of the units that were drawn."""
    weights = weights_of(pairs.units, index, pairs.count)
    values: Values = {}
    for when, side in zip(SIDES[:2], sides, strict=True):
        if side.counts is not None:
            counts = side.weighed(weights)
            values |= {f"roc_auc.{when}": roc_auc(counts).value, f"eer.{when}": equal_error_rate(counts).value}
        elif pairs.targets is not None:
            chosen = np.repeat(np.arange(len(weights)), weights.astype(np.int64))
            values[f"spearman.{when}"] = spearman(side.closeness[chosen], pairs.targets[chosen])
    return _with_differences(values)


def _rates(counts: Counts) -> dict[str, Measure]:
    return {"roc_auc": roc_auc(counts), "eer": equal_error_rate(counts), "best_accuracy": best_accuracy(counts)}


def _with_differences(values: Values) -> Values:
    """Return measures before, after, and their differences, measure by measure."""
    found: Values = {}
    for name in dict.fromkeys(key.rpartition(".")[0] for key in values):
        before, after = values[f"{name}.before"], values[f"{name}.after"]
        change = None if before is None or after is None else after - before
        found |= dict(zip((f"{name}.{side}" for side in SIDES), (before, after, change), strict=True))
    return found
