"""What a head made better on examples that were held out, and whether that is more than chance."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..backend import quiet
from ..catalogue import find
from ..evaluation.measure import Measure
from ..evaluation.roc import equal_error_rate, roc_auc
from ..evaluation.threshold_metrics import best_accuracy
from ..metrics import EPS
from ..results import Column, Columns, Scalar
from ..scoring.distances import distance_of, of_all, of_pairs
from ..statistics.bootstrap import Intervals, Values, bootstrap
from ..statistics.correlation import spearman
from ..statistics.counts import Counts, Grouped
from .examples import Examples

TIMES = 300  # resamples
SIDES = ("before", "after", "difference")
RATES = ("roc_auc", "eer", "best_accuracy")
RANKS = ("spearman",)
BLOCK = 1 << 16  # pairs that are scored at a time


def evaluation_metric(metric: str) -> str:
    """Return the metric of the pairs in the evaluation, for a loss on another; a loss of features has none."""
    return (distance_of(metric).orders_as or metric) if metric else "cosine"


@dataclass(frozen=True)
class HeldOutPairs:
    """Which vectors are compared, and what is known of them; the same before and after.

    Args:
        similar: (p,) bool, or None.
        targets: (p,) scores that closeness should agree with, or None.
        units: (p, 2) what is drawn together: a pair is there as often as both its units, or as its only one.
        count: how many units there are.
    """

    similar: Column | None
    targets: Column | None
    units: Column
    count: int

    @property
    def names(self) -> tuple[str, ...]:
        """The measures, the first of which decides."""
        if self.similar is not None:
            return RATES
        return RANKS if self.targets is not None else ()


def pairs_of(examples: Examples, groups: Column) -> HeldOutPairs:
    """Return the pairs of examples.

    Args:
        examples: at least one.
        groups: (n,) the group of each example that hangs together; drawn as one.
    """
    n = len(examples)
    if examples.form in ("classes", "views"):
        first, second = _all_pairs(examples.form, n)
        same = first == second if examples.codes is None else examples.codes[first] == examples.codes[second]
        return HeldOutPairs(same, None, np.column_stack([first, second]), n)
    units, count = np.column_stack([groups, groups]), int(groups.max()) + 1
    if examples.form == "triplets":
        if examples.numbers is not None and examples.similar is None:
            return HeldOutPairs(None, None, units, count)
        closer = np.ones(n, dtype=bool) if examples.similar is None else examples.similar
        return HeldOutPairs(np.concatenate([closer, ~closer]), None, np.tile(units, (2, 1)), count)
    targets = examples.numbers if examples.similar is None else None
    return HeldOutPairs(examples.similar, targets, units, count)


def scores_of(examples: Examples, metric: str, eps: float = EPS) -> Column:
    """Return the (p,) float64 scores of the pairs, in their order."""
    sides = [side.astype(np.float64) for side in examples.sides]
    with quiet():
        if examples.form not in ("classes", "views"):
            return np.concatenate([of_pairs(metric, sides[0], other, eps=eps) for other in sides[1:]])
        first, second = _all_pairs(examples.form, len(examples))
        left, right = sides[0], sides[-1]
        if distance_of(metric).takes_all_rows:
            scores: Column = of_all(metric, left, right, eps=eps)[first, second]
            return scores
        cut = range(0, len(first), BLOCK)
        parts = [
            of_pairs(metric, left[first[start : start + BLOCK]], right[second[start : start + BLOCK]], eps=eps)
            for start in cut
        ]
        return np.concatenate(parts)


def _all_pairs(form: str, n: int) -> tuple[Column, Column]:
    if form == "classes":
        return np.triu_indices(n, 1)
    first, second = np.indices((n, n)).reshape(2, -1)
    return first, second


@dataclass(frozen=True)
class HeldOutEvaluation:
    """Measures before and after, by name.

    Args:
        values: `roc_auc.before`, `roc_auc.after`, `roc_auc.difference`, ...; None where undefined.
        thresholds: `eer.before` and the like -> the threshold that belongs to it.
        intervals: of the values.
        names: the measures, the first of which decides.
    """

    values: Mapping[str, float | None]
    thresholds: Mapping[str, float | None]
    intervals: Intervals
    names: tuple[str, ...]

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
            return "whether anything was gained cannot be said: the held-out examples define no measure of it"
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
    before: Examples, after: Examples, groups: Column, metric: str, *, seed: int, eps: float
) -> HeldOutEvaluation:
    """Compare the same examples in two spaces.

    Args:
        before: as they came.
        after: projected.
        groups: (n,) the group of each example, drawn as one.
        metric: of `evaluate`.
        seed: of the resamples.
        eps: the least norm that a cosine divides by.
    """
    pairs = pairs_of(before, groups)
    if not pairs.names:
        return HeldOutEvaluation({}, {}, Intervals({}, 0), ())
    sides = [_side(pairs, each, metric, eps) for each in (before, after)]
    thresholds: dict[str, float | None] = {}
    for when, side in zip(SIDES[:2], sides, strict=True):
        if side.counts is not None:
            rates = _rates(side.counts)
            thresholds |= {f"{name}.{when}": rates[name].threshold for name in RATES[1:]}
    intervals = bootstrap(lambda index: _resampled(sides, pairs, index), pairs.count, TIMES, seed)
    return HeldOutEvaluation(_measured(sides, pairs.targets), thresholds, intervals, pairs.names)


def score_of(examples: Examples, metric: str, eps: float) -> float | None:
    """Return the measure that decides, larger is better; None where it is undefined."""
    pairs = pairs_of(examples, np.zeros(len(examples), dtype=np.int64))
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
    often = np.bincount(index, minlength=pairs.count).astype(np.float64)
    first, second = pairs.units.T
    weights = np.where(first == second, often[first], often[first] * often[second])
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


def listed(evaluation: HeldOutEvaluation, losses: tuple[float, float] | None) -> Columns:
    """Return a row for each measure before, after, and of the difference."""
    records: list[tuple[str, str, float | None, float | None, float | None, float | None]] = []
    if losses is not None:
        values = (*losses, losses[1] - losses[0])
        records += [("loss", side, value, None, None, None) for side, value in zip(SIDES, values, strict=True)]
    for name in evaluation.names:
        for side in SIDES:
            key = f"{name}.{side}"
            low, high = evaluation.intervals.bounds.get(key, (None, None))
            records.append((name, side, evaluation.values[key], low, high, evaluation.thresholds.get(key)))
    names = ("measure", "of", "value", "low", "high", "threshold")
    columns = {name: _column([record[place] for record in records]) for place, name in enumerate(names)}
    if not evaluation.thresholds:
        del columns["threshold"]
    return Columns(columns)


def _column(values: list[str | float | None]) -> Column:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
