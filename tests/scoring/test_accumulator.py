"""The items of a loss as they come, against all of them at once."""

from math import fsum

import numpy as np
import pytest

from simtool.scoring import accumulator
from simtool.scoring.accumulator import Accumulator


def filled(parts, **options):
    found = Accumulator(**options)
    for start, items in parts:
        found.add(items, np.arange(start, start + len(items))[None, :])
    found.close()
    return found


@pytest.fixture
def parts():
    items = np.maximum(np.random.default_rng(0).normal(size=60), 0).round(1)  # with ties, and with zeros
    return [(start, items[start : start + 7]) for start in range(0, 60, 7)]


def test_all_items_are_kept_in_order(parts):
    found, items = filled(parts, most=5, all_items=False), np.concatenate([items for _, items in parts])
    assert found.complete
    assert found.items.tolist() == items.tolist()
    assert found.places.tolist() == [list(range(60))]
    assert (found.count, found.active, found.total) == (60, (items > 0).sum(), pytest.approx(fsum(items), rel=1e-15))


def test_of_too_many_the_largest_are_kept_the_first_of_equal_ones(parts, monkeypatch):
    monkeypatch.setattr(accumulator, "HELD", 20)
    found, items = filled(parts, most=5, all_items=False), np.concatenate([items for _, items in parts])
    assert not found.complete
    largest = np.argsort(-items, kind="stable")[:5]
    assert set(largest) <= set(found.places[0])
    assert (found.count, found.active, found.total) == (60, (items > 0).sum(), pytest.approx(fsum(items), rel=1e-15))
    assert filled(parts, most=5, all_items=True).items.tolist() == items.tolist()


def test_sums_of_terms_say_how_many_they_are():
    found = Accumulator(most=1, all_items=False)
    found.add(np.asarray([2.0, 0.0]), np.asarray([[0, 1]]), counts=(12, 5))
    assert (found.count, found.active, found.total) == (12, 5, 2.0)
