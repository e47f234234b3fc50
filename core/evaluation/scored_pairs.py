"""Scored pairs with their labels, their target scores or both, and every measure of them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from ..results import Column
from ..statistics.bootstrap import Values
from ..statistics.correlation import kendall, pearson, spearman
from ..statistics.counts import Grouped
from ..statistics.cross_validation import FOLDS, fold_accuracy
from .measure import Measure
from .threshold_metrics import NAMES, WITH_THRESHOLD, pair_measures

FOLD_NAMES = ("fold_accuracy", "fold_accuracy_std")
CORRELATIONS = ("spearman", "pearson", "kendall")


@dataclass(frozen=True)
class Sample:
    """Pairs that are scored.

    Args:
        scores: (n,) finite float64, of the metric.
        similar: (n,) bool, or None without labels.
        targets: (n,) finite float64, larger for closer, or None.
        larger_is_closer: the direction of the scores.
        folds: of the fold accuracy; 0 for none.
        narrow: whether the scores are of float32 rows: what they differ by below float32 is rounding of the rows,
            and no rank.
    """

    scores: Column
    similar: Column | None
    targets: Column | None
    larger_is_closer: bool
    folds: int = FOLDS
    narrow: bool = False

    @cached_property
    def grouped(self) -> Grouped:
        """The pairs sorted into their distinct scores."""
        assert self.similar is not None
        return Grouped.of(self.scores, self.similar, larger_is_closer=self.larger_is_closer)

    def measures(self) -> dict[str, Measure]:
        """Return every measure by name."""
        found: dict[str, Measure] = {}
        if self.similar is not None:
            found |= pair_measures(self.grouped.counts())
            if self.folds:
                found |= self._fold_measures()
        return found | {name: Measure(value) for name, value in self._correlations(slice(None)).items()}

    def resampled(self, index: Column) -> Values:
        """Return the measures of some pairs, each as often as it is named, without the folds."""
        found: Values = {}
        if self.similar is not None:
            weights = np.bincount(index, minlength=len(self.scores))
            found |= {name: one.value for name, one in pair_measures(self.grouped.counts(weights)).items()}
        return found | self._correlations(index)

    def part(self, chosen: Column) -> Self:
        """Return some of the pairs, in their order."""
        similar, targets = (None if column is None else column[chosen] for column in (self.similar, self.targets))
        return type(self)(self.scores[chosen], similar, targets, self.larger_is_closer, self.folds, self.narrow)

    def counted(self) -> dict[str, int]:
        """Return how many pairs there are, and of which label."""
        if self.similar is None:
            return {"pairs": len(self.scores)}
        positives = int(self.similar.sum())
        return {"pairs": len(self.scores), "positives": positives, "negatives": len(self.scores) - positives}

    def _fold_measures(self) -> dict[str, Measure]:
        found = fold_accuracy(self.grouped, self.folds)
        if found is None:
            return dict.fromkeys(FOLD_NAMES, Measure(None))
        return dict(zip(FOLD_NAMES, (Measure(found.mean), Measure(found.std)), strict=True))

    def _correlations(self, index: Column | slice) -> Values:
        if self.targets is None:
            return {}
        # closeness, so that 1 is agreement for a distance too
        closeness = (self.scores if self.larger_is_closer else -self.scores)[index]
        targets = self.targets[index]
        ranked = closeness.astype(np.float32) if self.narrow else closeness
        return {
            "spearman": spearman(ranked, targets),
            "pearson": pearson(closeness, targets),
            "kendall": kendall(ranked, targets),
        }


def measure_names() -> tuple[str, ...]:
    """Return the names of all measures of pairs."""
    return (*NAMES, *FOLD_NAMES, *CORRELATIONS)


def has_threshold(name: str) -> bool:
    """Tell whether a measure belongs to a threshold."""
    return name in WITH_THRESHOLD
