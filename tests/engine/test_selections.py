"""What each selection gives, against the float64 matrix, in one direction and in both."""

import numpy as np
import pytest
from brute_force import in_tiles

from simtool.backend import choose_backend
from simtool.engine.budget import budget_of
from simtool.engine.exclusion import Exclusion
from simtool.engine.input_rows import Input
from simtool.engine.job import PairwiseJob
from simtool.engine.selections import closest_pairs, each_nearest, within
from simtool.metrics import metric_of

RNG = np.random.default_rng(0)
A, B = RNG.integers(-2, 3, (70, 5)).astype("f4"), RNG.integers(-2, 3, (150, 5)).astype("f4")  # with ties
DOTS = A.astype(float) @ B.T


@pytest.fixture(autouse=True)
def tiles(monkeypatch):
    in_tiles(monkeypatch, 16, 128)


def job(*, self_join=False):
    a = Input.of_rows(A)
    excluded = Exclusion.of_rows(len(A), len(A)) if self_join else None
    b = a if self_join else Input.of_rows(B)
    return PairwiseJob(a, b, metric_of("dot"), excluded, self_join, "auto", choose_backend(), budget_of("1G"))


def pairs(found):
    return [pair for hits in found for pair in zip(*(column.tolist() for column in hits), strict=True)]


@pytest.mark.parametrize("k", [1, 7, 400])
def test_each_nearest_gives_the_k_first_of_a_stable_sort_both_ways(k):
    found, back = [], []
    kernel = each_nearest(job(), A, B, k, found.append, give_back=back.append)
    assert kernel.products == "float32, numpy"
    order = np.argsort(-DOTS, axis=1, kind="stable")[:, :k]
    assert pairs(found) == [(i, int(j), DOTS[i, j]) for i in range(len(A)) for j in order[i]]
    first = DOTS.argmax(axis=0)
    assert pairs(back) == [(j, int(first[j]), DOTS[first[j], j]) for j in range(len(B))]


def test_within_gives_all_pairs_that_reach_the_threshold():
    found = []
    within(job(), A, B, 6.0, 10**6, found.append)
    assert pairs(found) == [(int(i), int(j), DOTS[i, j]) for i, j in np.argwhere(DOTS >= 6.0)]


def test_closest_pairs_of_one_set_are_each_listed_once():
    found = []
    closest_pairs(job(self_join=True), A, A, 60, found.append)
    dots = A.astype(float) @ A.T
    ordered = sorted(zip(*np.triu_indices(len(A), 1), strict=True), key=lambda pair: (-dots[pair], *pair))[:60]
    assert pairs(found) == [(int(i), int(j), dots[i, j]) for i, j in ordered]
