"""Medoids against the whole float64 matrix of a group."""

import numpy as np
import pytest
from naive_groups import job_of
from scipy.spatial.distance import cdist

from simtool.grouping.medoids import medoids


@pytest.mark.parametrize(("metric", "sign"), [("cosine", -1), ("dot", -1), ("euclidean", 1), ("manhattan", 1)])
def test_the_medoid_has_the_best_mean_with_the_others(metric, sign, monkeypatch):
    monkeypatch.setattr("simtool.grouping.medoids.BLOCK", 64)  # several pieces
    rows, group = np.random.default_rng(0).normal(size=(60, 5)), np.random.default_rng(1).integers(0, 3, 60)
    named = {"cosine": "cosine", "euclidean": "euclidean", "manhattan": "cityblock"}
    distance = -(rows @ rows.T) if metric == "dot" else cdist(rows, rows, named[metric])
    found = medoids(job_of(rows, metric), group)
    for number in range(3):
        mine = np.flatnonzero(group == number)
        inner = distance[np.ix_(mine, mine)]
        means = (inner.sum(axis=1) - np.diag(inner)) / (len(mine) - 1)
        assert set(found[mine].tolist()) == {int(mine[means.argmin()])}


def test_of_two_rows_or_equally_close_ones_the_first_is_kept():
    rows = np.asarray([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    assert medoids(job_of(rows, "cosine"), np.asarray([0, 0, 2, 2, 2])).tolist() == [0, 0, 2, 2, 2]
