"""Leaked rows in order, and how they are counted."""

import numpy as np
import pytest

from simtool.errors import ParameterError
from simtool.grouping.leaks import Leaks, label_column
from simtool.metrics import metric_of

FOUND = [
    (np.asarray([0, 3]), np.asarray([5, 6]), np.asarray([0.5, 0.9])),
    (np.asarray([4]), np.asarray([1]), np.asarray([0.9])),
]


def test_the_worst_come_first_and_ties_by_row():
    leaks = Leaks.of(FOUND, metric_of("cosine"))
    assert (leaks.test.tolist(), leaks.train.tolist()) == ([3, 4, 0], [6, 1, 5])
    assert [leaks.count_at(each, metric_of("cosine")) for each in (0.4, 0.5, 0.51, 0.9, 1.0)] == [3, 3, 2, 2, 0]
    assert Leaks.of(FOUND, metric_of("euclidean")).test.tolist() == [0, 3, 4]
    assert leaks.summary(6, 9, None, 0.5)["share"] == 0.5


def test_labels_are_a_column_of_both():
    assert {label_column(each, "t.parquet", "u.parquet") for each in ("kind", "::kind", "u.parquet::kind")} == {"kind"}
    with pytest.raises(ParameterError, match="expected a column of both inputs"):
        label_column("v.parquet::kind", "t.parquet", "u.parquet")
