"""Numbers as people read them."""

import numpy as np
import pytest

from simtool.cli.output.cells import cells_of, decimal, is_number, significant, summary_text


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


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (64000, "62.5 KiB"),
        (3 << 30, "3.0 GiB"),
        (1 << 61, "2048.0 PiB"),
    ],
)
def test_bytes_have_a_unit_where_people_read_them(value, text):
    assert summary_text("peak_memory", value) == summary_text("bytes_read", float(value)) == text
    assert cells_of(np.asarray([value]), "bytes_read") == [text]
    assert cells_of(np.asarray([value]), "pairs") == [str(value)]


def test_hours_too_few_to_count_are_said_to_be_few():
    assert summary_text("gpu_hours", 7.5e-12) == "under 0.001"
    assert [summary_text("gpu_hours", hours) for hours in (0.0, 0.25, 12.5)] == ["0", "0.25", "12.5"]
