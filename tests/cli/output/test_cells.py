"""Numbers as people read them."""

import numpy as np
import pytest

from simtool.cli.output.cells import cells_of, decimal, is_number, significant


def test_what_does_not_apply_is_empty_and_leaves_a_column_one_of_numbers():
    column = np.asarray([0.5, None, 12.0], dtype=object)
    assert is_number(column)
    assert cells_of(column) == ["0.5000", "", "12"]
    assert not is_number(np.asarray([True, False]))
    assert not is_number(np.asarray(["1"], dtype=object))


@pytest.mark.parametrize(("value", "text"), [(0.25, "0.25"), (1234.5678, "1234.57"), (1e-9, "1e-09"), (3.0, "3")])
def test_a_number_of_the_summary_has_six_significant_digits_and_no_trailing_zeros(value, text):
    assert significant(value) == text


def test_a_small_number_keeps_its_digits():
    assert cells_of(np.asarray([218.8, 0.0012345])) == ["218.800", "0.001234"]
    assert decimal(float("nan"), 4) == "undefined"
