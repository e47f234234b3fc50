"""Rows of a test set with the closest row of the training set, where that is close."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..engine import Hits
from ..errors import ParameterError
from ..io.named_columns import own_column
from ..metrics import Metric
from ..results import Column


@dataclass(frozen=True)
class Leaks:
    """Leaked rows, worst first.

    Args:
        test: (k,) numbers of the rows of the test set.
        train: (k,) the closest row of the training set; of equally close ones the first.
        score: (k,) of both.
    """

    test: Column
    train: Column
    score: Column

    @classmethod
    def of(cls, found: Sequence[Hits], metric: Metric) -> Self:
        """Return what was found in the order of its scores, ties by row."""
        test, train, score = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.lexsort((test, -score if metric.larger_is_closer else score))
        return cls(test[order], train[order], score[order])

    def count_at(self, threshold: float, metric: Metric) -> int:
        """Return how many are leaked at a threshold."""
        return int((self.score >= threshold if metric.larger_is_closer else self.score <= threshold).sum())

    def summary(self, rows: int, train_rows: int, disagreeing: int | None, threshold: float) -> dict[str, Any]:
        """Return the counts of the test set and of the training set, and what is leaked."""
        leaked = len(self.test)
        counts = {"rows": rows, "train_rows": train_rows, "leaked": leaked, "clean": rows - leaked}
        return {**counts, "share": leaked / rows, "disagreeing": disagreeing, "threshold": threshold}


def label_column(source: str, train: str, test: str) -> str:
    """Return the column of both inputs that NAME or ::NAME names, or FILE::NAME where that is one of them.

    Raises:
        ParameterError: it is another source.
    """
    name = own_column(source, train, test)
    if "::" in name or not name:
        what = f"expected a column of both inputs, got {source!r}"
        raise ParameterError(what, "«labels»", "«labels=::NAME»")
    return name
