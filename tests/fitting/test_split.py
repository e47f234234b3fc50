"""Nothing that a held-out example touches may be touched by an example that is learnt from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from simtool.errors import DataError
from simtool.fitting.split import components, split, vector_nodes

GRAPHS = st.integers(1, 3).flatmap(
    lambda sides: st.lists(st.lists(st.integers(0, 30), min_size=sides, max_size=sides), min_size=4, max_size=60)
)


@settings(max_examples=150, deadline=None)
@given(GRAPHS, st.floats(0.05, 0.6), st.integers(0, 5))
def test_no_vector_is_on_both_sides(edges, share, seed):
    nodes = np.asarray(edges)
    try:
        found = split(nodes, share, seed)
    except DataError:
        return
    train, held = set(nodes[found.train].ravel().tolist()), set(nodes[found.held_out].ravel().tolist())
    assert not train & held
    together = np.concatenate([found.train, found.held_out, found.dropped])
    assert sorted(together.tolist()) == list(range(len(nodes)))
    for dropped in nodes[found.dropped].tolist():
        assert set(dropped) & held  # nothing is lost without need


@settings(max_examples=100, deadline=None)
@given(GRAPHS)
def test_components_are_those_of_scipy(edges):
    nodes = np.asarray(edges)
    rows = np.repeat(np.arange(len(nodes)), nodes.shape[1])
    size = len(nodes) + int(nodes.max()) + 1
    graph = coo_matrix((np.ones(nodes.size), (rows, len(nodes) + nodes.ravel())), shape=(size, size))
    wanted = connected_components(graph, directed=False)[1][: len(nodes)]
    found = components(nodes)
    assert np.array_equal(found[:, None] == found, wanted[:, None] == wanted)


def test_rows_that_share_nothing_are_split_exactly():
    found = split(np.arange(100)[:, None], 0.2, seed=3)
    assert (len(found.train), len(found.held_out), len(found.dropped)) == (80, 20, 0)
    other = split(np.arange(100)[:, None], 0.2, seed=4)
    assert not np.array_equal(found.held_out, other.held_out)


def test_one_large_group_is_cut_and_what_lies_across_is_dropped():
    chain = np.column_stack([np.arange(100), np.arange(1, 101)])
    found = split(chain, 0.2, seed=0)
    assert len(found.held_out) == 20
    assert 1 <= len(found.dropped) <= 2  # a chain has two ends
    held = set(chain[found.held_out].ravel().tolist())
    assert not held & set(chain[found.train].ravel().tolist())


def test_everything_around_one_vector_cannot_be_split():
    star = np.column_stack([np.zeros(50, dtype=np.int64), np.arange(1, 51)])
    with pytest.raises(DataError, match=r"no split without a leak: the 50 examples form 1 group that"):
        split(star, 0.2, seed=0)


def test_too_few_examples_are_named():
    with pytest.raises(DataError, match="2 examples are too few"):
        split(np.asarray([[0], [0]]), 0.5, seed=0)


def test_equal_vectors_and_equal_ids_hang_together():
    a = np.asarray([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, -0.0]])
    b = np.asarray([[5.0, 0.0], [1.0, -0.0], [6.0, 0.0], [7.0, 0.0]])
    ids = np.asarray(["p", "q", "r", "r"], dtype=object)
    assert components(vector_nodes([a, b], None)).tolist() == [0, 0, 1, 2]
    assert components(vector_nodes([a, b], ids)).tolist() == [0, 0, 1, 1]


def test_at_most_so_many_are_held_out():
    assert len(split(np.arange(500)[:, None], 0.5, seed=0, most=40).held_out) == 40
