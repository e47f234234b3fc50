"""Groups of close rows: connected components as scipy finds them, from any tiles and any number of threads."""

from types import SimpleNamespace

import numpy as np
import pytest
from naive_groups import CLUSTERED, close_to, components, grouped
from right_angles import directions

from simtool.engine.plan import Span
from simtool.engine.reducers.base import SelectionSpec
from simtool.engine.reducers.connected import Connected, roots, unite

THRESHOLDS = [0.7, 0.8, 0.9, 0.95]


@pytest.mark.parametrize("tiling", [(512, 1024), (100, 150), (64, 4096)])
def test_components_are_those_of_scipy_at_every_threshold_of_one_sweep(tiling):
    for threshold, found in zip(THRESHOLDS, grouped("connected", CLUSTERED, THRESHOLDS, tiling), strict=True):
        assert found.tolist() == components(close_to(CLUSTERED, threshold)).tolist()


def test_only_rows_of_equal_codes_are_of_one_group():
    codes = np.sort(np.arange(len(CLUSTERED)) % 3)
    (found,) = grouped("connected", CLUSTERED, [0.8], (128, 256), codes)
    assert found.tolist() == components(close_to(CLUSTERED, 0.8) & (codes[:, None] == codes)).tolist()


def test_a_distance_groups_what_is_at_it_or_closer():
    rows = np.asarray([[0.0], [3.0], [6.5], [9.5]], dtype="f4")
    (found,) = grouped("connected", rows, [3.0], (128, 128), metric="euclidean")
    assert found.tolist() == [0, 0, 2, 2]


def test_rows_of_one_group_are_not_scored_again(monkeypatch):
    rows = np.ones((900, 4), dtype="f4") + np.random.default_rng(0).normal(size=(900, 4)).astype("f4") * 1e-3
    scored = []
    monkeypatch.setattr(
        "simtool.engine.rescoring.Pairs.score", lambda self, row, column: scored.append(len(row)) or np.ones(len(row))
    )
    (found,) = grouped("connected", rows, [0.9], (128, 256))
    assert not found.any()
    assert sum(scored) < 3 * len(rows)  # of 404 550 pairs


def test_a_star_and_a_chain_are_one_group_each():
    first = np.arange(2000)
    unite(first, np.full(999, 999), np.arange(999))
    unite(first, np.arange(1999, 1000, -1), np.arange(1998, 999, -1))
    assert roots(first, np.arange(2000)).tolist() == [0] * 1000 + [1000] * 1000


def crowd():
    """Return rows of which two in three are of one of two large groups, in any order, and the rest alone."""
    rng = np.random.default_rng(1)
    group = rng.integers(0, 3, 1500)
    rows = np.concatenate([rng.normal(size=(2, 16)), np.zeros((1, 16))])[group]
    return (rows + np.where(group == 2, 1.0, 0.1)[:, None] * rng.normal(size=(1500, 16))).astype("f4")


@pytest.mark.parametrize("rotation", [None, directions(16, 8)])
@pytest.mark.parametrize("tiling", [(256, 512), (128, 1536)])
def test_of_large_groups_among_other_rows_few_pairs_are_listed(monkeypatch, tiling, rotation):
    rows, listed, fold = crowd(), [], Connected.fold
    monkeypatch.setattr(Connected, "fold", lambda self, *found: listed.append(len(found[1])) or fold(self, *found))
    (found,) = grouped("connected", rows, [0.9], tiling, rotation=rotation)
    close = close_to(rows, 0.9)
    assert found.tolist() == components(close).tolist()
    assert sum(listed) < close.sum() / 4  # half of the pairs


def test_a_long_chain_of_crowded_tiles_is_one_group():
    angles = np.linspace(0, 6, 1200)
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("f4")[np.random.default_rng(0).permutation(1200)]
    (found,) = grouped("connected", rows, [0.9], (256, 512))
    assert not found.any()
    apart = rows[np.abs(rows[:, 1]) > 0.6]
    (found,) = grouped("connected", apart, [0.9], (256, 512))
    assert found.tolist() == components(close_to(apart, 0.9)).tolist()


def scored_one(count):
    """Return a reducer of rows that are all close."""
    pairs = SimpleNamespace(a=np.zeros((count, 1)), score=lambda row, column: np.ones(len(row)))
    return Connected([0.5], SelectionSpec(None, pairs, larger_is_closer=True))


def test_what_a_part_keeps_needs_nothing_of_parts_that_are_not_kept():
    whole = scored_one(6)
    one, other = whole.part(), whole.part()
    one.reducer.fold(Span(0, 3), np.asarray([1]), np.asarray([3]))
    other.reducer.fold(Span(3, 6), np.asarray([3, 3]), np.asarray([1, 4]))
    assert whole.groups()[0].tolist() == [0, 1, 2, 3, 4, 5]
    again = scored_one(6)
    again.restore(Span(3, 6), whole.kept(Span(3, 6), other))
    assert again.groups()[0].tolist() == [0, 1, 2, 1, 1, 5]


def test_groups_that_threads_share_are_read_and_joined_one_at_a_time(monkeypatch):
    whole, locked = scored_one(6), []
    part = whole.part()
    part.reducer.fold(Span(0, 6), np.asarray([1]), np.asarray([3]))
    kept = whole.kept(Span(0, 6), part)
    monkeypatch.setattr(
        "simtool.engine.reducers.connected.roots", lambda *of: locked.append(whole.lock.locked()) or roots(*of)
    )
    whole.restore(Span(0, 6), kept)
    assert whole.part().before[0].tolist() == [0, 1, 2, 1, 4, 5]
    assert locked
    assert all(locked)
