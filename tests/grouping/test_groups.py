"""Groups and the arrangement of their rows."""

import numpy as np
import pytest
from naive_groups import job_of

from simtool.grouping.groups import Arrangement, Groups

SIX = np.asarray([[1, 0], [0, 1], [1, 0], [0, 0], [0, 0], [1, 0]], dtype="f4")


def test_equal_rows_are_compared_once_and_the_most_preferred_stands_for_them():
    job = job_of(SIX, "cosine")
    found = Arrangement.of(job, np.arange(6)[::-1], None, 0.9)
    assert found.equal.tolist() == [5, 1, 5, 3, 4, 5]
    assert found.rows.tolist() == [5, 4, 3, 1]
    by_code = Arrangement.of(job, np.arange(6), np.asarray([1, 0, 0, 0, 0, 1]), None)
    assert by_code.equal.tolist() == [0, 1, 2, 3, 3, 0]
    assert (by_code.rows.tolist(), by_code.codes.tolist()) == ([1, 2, 3, 0], [0, 0, 0, 1])


def test_half_of_the_rows_may_be_equal_without_a_pair_of_them_being_scored(monkeypatch):
    rows = np.repeat(np.eye(4, dtype="f4"), 5000, axis=0)
    scored = []
    score = "simtool.engine.rescoring.Pairs.score"
    monkeypatch.setattr(score, lambda self, row, column: scored.append(len(row)) or np.ones(len(row)))
    job = job_of(rows, "cosine")
    groups = Arrangement.of(job, np.arange(20000), None, 0.9).groups(job, "connected", [0.9], None).groups[0]
    assert groups.sizes[groups.kept].tolist() == [5000] * 4
    assert sum(scored) == 4  # each with itself


def test_counts_numbers_and_what_is_listed():
    groups = Groups(np.asarray([2, 1, 2, 1, 4, 2]))
    assert groups.numbers.tolist() == [0, 1, 0, 1, 2, 0]
    assert groups.summary() == {"rows": 6, "kept": 3, "dropped": 3, "groups": 2, "largest_group": 3}
    scores = np.asarray([0.9, 1.0, 1.0, 0.95, 1.0, 0.8])
    assert groups.listed(scores, 1, larger_is_closer=True).tolist() == [2, 5, 0]
    assert groups.listed(scores, 9, larger_is_closer=False).tolist() == [2, 0, 5, 1, 3]
    assert groups.listed(scores, 0, larger_is_closer=True).tolist() == []


@pytest.mark.parametrize("linkage", ["connected", "leader", "complete"])
def test_a_medoid_is_kept_of_the_same_groups(linkage):
    rows = np.random.default_rng(0).normal(size=(200, 3))
    job = job_of(rows, "cosine")
    found = Arrangement.of(job, np.arange(200), None, 0.97).groups(job, linkage, [0.97], None)
    assert found.with_medoids(job).groups[0].numbers.tolist() == found.groups[0].numbers.tolist()
