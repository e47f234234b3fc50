"""Rows and cells of CSV as the csv module has them, cut into blocks anywhere."""

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opened_text import refused

from simtool.io import open_table, text_blocks
from simtool.io import text as text_files


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x,y\n1,2\n1,2,3\n", "line 3 has 3 cells, expected 2"),
        ('x,y\n"a,1\n', "line 2 is not CSV: unexpected end of data"),
    ],
)
def test_a_row_that_is_none_is_named_by_its_line(write, text, what):
    assert refused(write(text)).what == what


@given(
    rows=st.lists(
        st.tuples(*[st.text(st.sampled_from('ab,"\r\n\t \u2028\x85é'), max_size=4)] * 2), min_size=1, max_size=8
    ),
    size=st.integers(1, 40),
)
@settings(deadline=None)
def test_a_csv_says_what_the_csv_module_wrote_whatever_the_blocks(folder, rows, size):
    path = folder / "cells.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["first", "second"], *rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_files, "BLOCK_BYTES", size)
        patch.setattr(text_blocks, "LONGEST_ROW", 1000)
        table = open_table(str(path))
        found = [table.values(name).tolist() for name in ("first", "second")]
    assert found == [list(texts) for texts in zip(*rows, strict=True)]
