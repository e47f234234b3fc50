"""The pairs by which a head is evaluated: which vectors are compared, and their scores in a space."""

from dataclasses import dataclass

import numpy as np

from ..backend import quiet
from ..metrics import EPS
from ..results import Column
from ..scoring.distances import distance_of, of_all, of_pairs
from .examples import Examples

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
        units: (p, u) what is drawn together: a pair is there as often as its different units, multiplied.
    """

    similar: Column | None
    targets: Column | None
    units: Column

    @property
    def count(self) -> int:
        """How many units there are."""
        return int(self.units.max(initial=-1)) + 1

    @property
    def names(self) -> tuple[str, ...]:
        """The measures, the first of which decides."""
        if self.similar is not None:
            return RATES
        return RANKS if self.targets is not None else ()


def pairs_of(examples: Examples, units: Column) -> HeldOutPairs:
    """Return the pairs of examples, at least one; (n, u) units are drawn together, of classes and views the rows."""
    n = len(examples)
    if examples.form in ("classes", "views"):
        first, second = _all_pairs(examples.form, n)
        same = first == second if examples.codes is None else examples.codes[first] == examples.codes[second]
        return HeldOutPairs(same, None, np.sort(np.column_stack([first, second]), axis=1))
    if examples.form == "triplets":
        if examples.numbers is not None and examples.similar is None:
            return HeldOutPairs(None, None, units)
        closer = np.ones(n, dtype=bool) if examples.similar is None else examples.similar
        return HeldOutPairs(np.concatenate([closer, ~closer]), None, np.tile(units, (2, 1)))
    targets = examples.numbers if examples.similar is None else None
    return HeldOutPairs(examples.similar, targets, units)


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
