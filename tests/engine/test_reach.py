"""How far each selection looks, as it tells the choice of a kernel."""

import numpy as np
import pytest

import simtool
from simtool.engine import selections
from simtool.engine.reach import Reach

A, B = (np.random.default_rng(seed).normal(size=(rows, 4)) for seed, rows in ((0, 20), (1, 30)))


@pytest.fixture
def reaches(monkeypatch):
    choose, seen = selections.choose_kernel, []
    monkeypatch.setattr(selections, "choose_kernel", lambda *given: seen.append(given[-1]) or choose(*given))
    return seen


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ({"top_k": 7}, Reach(7)),
        ({"top_k": 70}, Reach(len(B))),
        ({"max_pairs": 50}, Reach(50 / len(A), of_all=True)),
        ({"threshold": 0.5}, Reach(least=0.5)),
        ({"threshold": 2.0, "metric": "euclidean"}, Reach(least=pytest.approx(-4.0))),
    ],
)
def test_a_selection_of_two_sets_tells_how_far_it_looks(reaches, task, expected):
    simtool.pairwise(A, B, **{"metric": "dot", **task})
    assert reaches == [expected]


def test_a_set_with_itself_needs_half_of_the_tiles_and_leaves_out_each_row(reaches):
    simtool.pairwise(A, max_pairs=10)
    simtool.pairwise(A, threshold=0.9)
    simtool.pairwise(A, top_k=3)
    assert [(reach.halved, reach.joined) for reach in reaches] == [(True, False), (True, False), (False, True)]
    assert all(reach.excluded.counts.tolist() == [1] * len(A) for reach in reaches)
