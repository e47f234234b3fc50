"""Whether text is a table of words and vectors, one of numbers between blanks, or neither."""

import pytest

from simtool.io.source_opening import open_source
from simtool.io.text_layout import WordLayout, first_lines, is_blank_separated, numbers_at_end, word_layout


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["the 0.1 0.2 0.3", "New York 1 2 3"], WordLayout(3, None)),
        (["5 2", "the 0.1 0.2"], WordLayout(2, 5)),
        (["1.0 2.0", "3.0 4.0"], None),
        (["id,x", "a,1"], None),
        ([], None),
    ],
)
def test_words_before_their_numbers(lines, expected):
    assert word_layout(lines) == expected


def test_words_that_are_numbers_are_words_where_that_is_known():
    assert word_layout(["1 0.5 0.25", "2 1.5 1.25"]) is None
    assert word_layout(["1 0.5 0.25", "2 1.5 1.25"], surely=True) == WordLayout(2, None)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [(["1 2", "3  4"], True), (["x y", "1 2"], True), (["1 2", "3"], False), (["1", "2"], False), (["1, 2"], False)],
)
def test_tables_with_blanks_between_their_cells(lines, expected):
    assert is_blank_separated(lines) is expected


def test_numbers_are_counted_from_the_end():
    assert [numbers_at_end(line.split()) for line in ("a 1 2", "1 b 2", "1 2 c", "1 2")] == [2, 1, 0, 2]


def test_the_first_lines_are_whole_and_without_blanks(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf  one \r\n\n" + b"x" * 100_000 + b"\n\xff\nlast")
    lines = first_lines(open_source(str(path), 1 << 20))
    assert [len(line) for line in lines] == [3, 100_000, 1, 4]
    assert lines[0] == "one"
