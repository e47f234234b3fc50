"""A batch in the order of its classes: every pair is in one tile, and every positive near its anchor."""

import numpy as np
import pytest

from simtool.backend import choose_backend
from simtool.losses.decided_negatives import DOUBT
from simtool.scoring import sorted_batch as module
from simtool.scoring.sorted_batch import sorted_batch

CLASSES = np.asarray([3, 0, 0, 7, 3, 3, 1, 0, 3, 9, 9, 3, 3])
ROWS = np.random.default_rng(0).normal(size=(13, 4))
OTHERS = np.random.default_rng(1).normal(size=(13, 4))


@pytest.fixture(params=[(2, 3), (4, 4), (5, 64)], autouse=True)
def sizes(request, monkeypatch):
    monkeypatch.setattr(module, "ROWS", request.param[0])
    monkeypatch.setattr(module, "COLUMNS", request.param[1])
    monkeypatch.setattr(module, "NEAR", 12)
    monkeypatch.setattr(module, "HELD", 20)


def batch_of(inputs, classes):
    return sorted_batch(inputs, classes, ("cosine", "euclidean"), 1e-8, choose_backend("numpy"))


@pytest.mark.parametrize(("inputs", "classes"), [([ROWS], CLASSES), ([ROWS, OTHERS], None)])
@pytest.mark.parametrize("by_blocks", [False, True])
def test_every_pair_is_in_one_tile(inputs, classes, by_blocks):
    batch = batch_of(inputs, classes)
    seen = np.zeros((13, 13), dtype=int)
    for rows in batch.query_blocks():
        for among in batch.column_blocks() if by_blocks else [None]:
            for tile in batch.tiles(rows, among):
                seen[tile.rows, tile.columns] += 1
                same, _ = batch.same(tile.rows, tile.columns)
                assert tile.mixed or not same.any()
                if tile.turned:
                    seen.T[tile.rows, tile.columns] += 1
    assert (seen == 1).all()


def test_anchors_keep_the_order_that_they_had_in_their_class():
    batch = batch_of([ROWS], CLASSES)
    assert batch.order.tolist() == np.argsort(CLASSES, kind="stable").tolist()
    assert batch.positives.tolist() == [(code == CLASSES).sum() - 1 for code in np.sort(CLASSES)]
    assert batch.negatives.tolist() == [(code != CLASSES).sum() for code in np.sort(CLASSES)]


def test_all_positives_are_near():
    batch, seen = batch_of([ROWS], CLASSES), np.zeros((13, 13), dtype=bool)
    for rows, columns in batch.near_blocks():
        seen[rows, columns] = batch.belonging(rows, columns)
    codes = np.sort(CLASSES)
    assert (seen == ((codes[:, None] == codes) & ~np.eye(13, dtype=bool))).all()


def test_partners_are_near():
    batch = batch_of([ROWS, OTHERS], None)
    for rows, columns in batch.near_blocks():
        assert (batch.belonging(rows, columns) + columns.start).tolist() == list(range(rows.start, rows.stop))


@pytest.mark.parametrize("side", [ROWS, np.where(np.arange(13)[:, None] == 4, 0.0, ROWS), 1e20 * ROWS, ROWS + 100])
def test_scores_that_share_a_product_are_those_of_each_metric(side):
    batch, part, rest = batch_of([side], CLASSES), slice(2, 5), slice(4, 9)
    found = batch.scores_of(["cosine", "euclidean"], part, rest, quick=True)
    assert (batch.inverse_norms is None) == (side is not ROWS)  # a row of zeros, huge rows, and rows far away
    np.testing.assert_allclose(found["cosine"], batch.scores("cosine", part, rest), rtol=0, atol=1e-15)
    np.testing.assert_allclose(found["euclidean"], batch.scores("euclidean", part, rest), rtol=DOUBT)


def test_settled_distances_are_those_of_the_differences():
    batch = batch_of([ROWS], CLASSES)
    part, rest = slice(2, 5), slice(4, 9)
    exact, marked = batch.scores("euclidean", part, rest), np.arange(15).reshape(3, 5) % 2 == 0
    scores = np.zeros((3, 5))
    batch.settle("euclidean", part, rest)(scores, marked)
    np.testing.assert_allclose(scores, np.where(marked, exact, 0), rtol=1e-14)
    untouched = np.zeros((3, 5))
    batch.settle("cosine", part, rest)(untouched, marked)
    assert not untouched.any()
