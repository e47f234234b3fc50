"""The order in which rows are preferred, against Python's own sort."""

import numpy as np
import pytest

from simtool.errors import DataError, ParameterError
from simtool.grouping.preference import KeepRule

NUMBERS = [3.0, float("nan"), 7.0, 3.0, -1.0, 7.0]


def test_rows_are_preferred_by_a_column_and_of_equals_the_first_is():
    values = np.asarray(NUMBERS)
    for text, sign in (("max:x", -1), ("min:x", 1)):
        expected = sorted(range(6), key=lambda row: (np.isnan(NUMBERS[row]), sign * np.nan_to_num(NUMBERS[row]), row))
        assert KeepRule.of(text).order(6, values, 0, "").tolist() == expected
    texts = np.asarray(["aa", "b", "cc", ""], dtype=object)
    assert KeepRule.of("longest:t").order(4, texts, 0, "").tolist() == [0, 2, 1, 3]
    assert KeepRule.of("max:t").order(4, texts, 0, "").tolist() == [2, 1, 0, 3]


def test_rows_are_preferred_by_their_place():
    assert KeepRule.of("first").order(3, None, 0, "").tolist() == [0, 1, 2]
    assert KeepRule.of("last").order(3, None, 0, "").tolist() == [2, 1, 0]
    drawn = KeepRule.of("random").order(100, None, 5, "")
    assert sorted(drawn.tolist()) == list(range(100))
    assert drawn.tolist() == KeepRule.of("random").order(100, None, 5, "").tolist() != list(range(100))


def test_a_rule_that_is_none_is_refused():
    for text, what in (("min", "min needs a column"), ("medoid:x", "takes no column"), ("best", "unknown value")):
        with pytest.raises(ParameterError, match=what):
            KeepRule.of(text)
    with pytest.raises(DataError, match="expected text, got int64"):
        KeepRule.of("longest:x").order(2, np.asarray([1, 2]), 0, "t::x")
