"""Columns of text that are of numbers but for some cells, and columns of words and codes, which are not."""

import pyarrow as pa
import pytest

from simtool.io.number_counts import NumberCount, trimmed


@pytest.mark.parametrize(
    ("cells", "is_mostly"),
    [
        (["1.5", "foo"], True),
        (["1.5", "foo", "bar"], False),
        (["1,5", "2,5"], True),
        (["12%", "13.5%"], True),
        (["1,234.5", "foo"], True),
        (["[ 0.1  0.2\n 0.3]", "[0.1]"], True),
        (["07030", "10001", "94105", "K1A 0B1"], False),
        (["0.5", "007", "1.5"], True),
        (["cat", "dog", "1984"], False),
        (["2024-01-31", "2024-02-01"], False),
        (["12:30", "1.2.3", "+49 30 1234", "[deleted]"], False),
        (["", " ", "nan", "foo"], True),
        ([], False),
    ],
)
def test_numbers_are_told_from_words_and_codes(cells, is_mostly):
    count = NumberCount()
    for cell in cells:  # a block each
        count.look(trimmed(pa.array([cell])).drop_null())
    assert count.is_mostly is is_mostly


def test_numbers_that_are_known_count():
    count = NumberCount()
    count.add(3, points=False)
    count.look(pa.array(["x", "y", "z"]))
    assert count.is_mostly
    count.look(pa.array(["w"]))
    assert not count.is_mostly
