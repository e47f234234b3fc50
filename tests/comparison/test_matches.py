"""Who matched whom, as columns, and the best and the worst of them."""

import numpy as np

from simtool.aggregates.record import MatchedPairs
from simtool.comparison.matches import extremes, match_columns

IDS = np.asarray(["p", "q"]), np.asarray(["x", "y", "z"])
PAIRS = MatchedPairs(None, np.asarray([-1, 0, 1]), np.asarray([1, 2, 0]), np.asarray([np.nan, 0.5, 0.9]))


def test_rows_without_a_match_are_named_and_come_last():
    found = match_columns([(0, PAIRS, *IDS)], nested=False)
    assert found["a"].tolist() == ["p", "q", None]
    assert found["b"].tolist() == ["z", "x", "y"]
    assert "item" not in found
    assert match_columns([], nested=False) == {}


def test_pairs_of_several_items_say_which_item_they_are_of():
    directed = PAIRS._replace(direction=np.asarray(["a to b"] * 3, dtype=object))
    found = match_columns([("one", directed, *IDS), ("two", directed, *IDS)], nested=True)
    assert found["item"].tolist() == ["one", "one", "two", "two", "one", "two"]
    assert set(found["direction"]) == {"a to b"}


def test_the_best_and_the_worst():
    columns = {"a": np.arange(6), "score": np.asarray([0.1, 0.9, 0.5, 0.3, 0.7, 0.2])}
    found, said = extremes(columns, 2)
    assert found["a"].tolist() == [1, 4, 5, 0]
    assert said.startswith("the 2 best and the 2 worst of 6 matches")
    whole, said = extremes(columns, 3)
    assert (whole["a"].tolist(), said) == ([1, 4, 2, 3, 5, 0], "")
