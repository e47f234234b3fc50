"""What is drawn together: groups, or shared items, against plain loops, and the intervals hold a known truth."""

import numpy as np
import pytest

from simtool.fitting.examples import Examples
from simtool.fitting.held_out import evaluate_held_out
from simtool.fitting.resampling import LEAST, effective, units_of, weights_of
from simtool.fitting.split import components

GENERATOR = np.random.default_rng(4)
STARS = np.column_stack([np.repeat(np.arange(24), 5), np.arange(24, 144)])


def crossed(generator, pairs=120, items=60):
    """Return pairs of items of two sides, nearly all of which hang together."""
    return np.column_stack([generator.integers(0, items, pairs), items + generator.integers(0, items, pairs)])


def test_groups_are_drawn_where_there_are_enough():
    for nodes in (STARS, np.arange(60).reshape(30, 2)):
        assert units_of(nodes).tolist() == components(nodes)[:, None].tolist()
    assert effective(units_of(STARS)) == pytest.approx(24)
    few = units_of(STARS[STARS[:, 0] < 8])  # of a group with one hub the hub is drawn, which is the same
    assert effective(few) == pytest.approx(8)
    assert effective(few) < LEAST


@pytest.mark.parametrize("with_ids", [False, True])
def test_items_that_examples_share_are_drawn_else_and_counted_once(with_ids):
    nodes = crossed(GENERATOR)
    if with_ids:  # the left item by another name, which is no item more
        nodes = np.column_stack([nodes, nodes[:, 0] + 1000])
    units = units_of(nodes)
    touched = {node: frozenset(np.flatnonzero((nodes == node).any(axis=1)).tolist()) for node in set(nodes.flat)}
    own = [{touched[node] for node in row if len(touched[node]) > 1} for row in nodes.tolist()]
    assert [len(set(row)) for row in units.tolist()] == [max(1, len(shared)) for shared in own]
    for i in range(len(nodes)):
        for j in range(i):
            assert len(set(units[i]) & set(units[j])) == len(own[i] & own[j])
    index = GENERATOR.integers(0, units.max() + 1, units.max() + 1)
    often = np.bincount(index, minlength=units.max() + 1)
    wanted = [np.prod([often[unit] for unit in set(row)]) for row in units.tolist()]
    assert weights_of(units, index, units.max() + 1).tolist() == wanted


def test_as_many_units_of_one_size_would_be_as_good():
    assert effective(np.asarray([[0], [0], [1], [2]])) == pytest.approx(4**2 / (4 + 1 + 1))
    assert effective(np.asarray([[0, 0], [0, 1]])) == pytest.approx(3**2 / (4 + 1))
    assert effective(np.empty((0, 1), dtype=np.int64)) == 0


@pytest.mark.parametrize("draw", [crossed, lambda generator: STARS])
def test_intervals_hold_what_is_known(draw):
    inside = []
    for seed in range(30):
        generator = np.random.default_rng(seed)
        nodes = draw(generator)
        before, after = generator.standard_normal((2, nodes.max() + 1, 6))
        # the label follows the left item, so pairs that share it tell the same; neither space knows of it
        similar = (generator.random(nodes.max() + 1) < 0.5)[nodes[:, 0]]
        spaces = (Examples("pairs", (x[nodes[:, 0]], x[nodes[:, 1]]), similar=similar) for x in (before, after))
        found = evaluate_held_out(*spaces, units_of(nodes), "cosine", seed=seed, eps=1e-8)
        truth = {"roc_auc.before": 0.5, "roc_auc.after": 0.5, "roc_auc.difference": 0.0}
        inside += [low <= truth[name] <= high for name in truth for low, high in [found.intervals.bounds[name]]]
    assert np.mean(inside) >= 0.9
