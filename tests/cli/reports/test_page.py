"""The frame of a page: what has room, and what does not."""

from read_html import Page

from simtool.cli.output.fitted_columns import TextColumn
from simtool.cli.reports.page import LONGEST, section, table, text, within


def test_parts_have_room_by_their_bytes():
    assert within(["ab", "é", "c"], 4) == ["ab", "é"]
    assert within(["ab", "é", "c"], 3) == ["ab"]


def test_a_section_without_parts_is_none():
    assert list(section("Notes", [])) == []
    assert "".join(section("Notes", ["<p>x</p>"])) == "<section><h2>Notes</h2><p>x</p></section>"


def test_a_table_says_how_many_rows_it_leaves_out():
    found = Page(table([TextColumn("n", ["1", "2"], True)], total=7))
    assert (found.inside("td"), found.inside("p")) == (["1", "2"], ["The first 2 of 7 rows."])
    assert found.values("th", "class") == ["number"]


def test_long_text_loses_its_middle_and_markup_is_text():
    assert len(text("x" * 9999)) == LONGEST
    assert text("<b>\x07") == "&lt;b&gt;\\x07"
