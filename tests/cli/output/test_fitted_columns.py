"""Columns that share a width."""

import pytest
from rich.cells import cell_len
from rich.console import Console

from simtool.cli.output.fitted_columns import TextColumn, clipped, fitted

WORDS = TextColumn("meaning", ["pulls similar pairs together, pushes the others to the margin"] * 2)
IDS = TextColumn("id", ["a-very-long-identifier-of-a-row", "short"])
NUMBERS = TextColumn("score", ["0.1234", "-123456"], is_number=True)


def drawn(columns, width):
    table, left_out = fitted(columns, width)
    console = Console(width=10_000)
    with console.capture() as capture:
        console.print(table)
    return capture.get().splitlines(), [column.name for column in left_out]


@pytest.mark.parametrize("width", [30, 40, 60, 200])
def test_numbers_are_whole_and_no_line_is_longer(width):
    lines, left_out = drawn([IDS, NUMBERS, WORDS], width)
    assert max(map(cell_len, lines)) <= width
    assert any("-123456" in line for line in lines)
    assert left_out == (["meaning"] if width < 46 else [])


def test_sentences_give_way_before_ids():
    lines, _ = drawn([IDS, NUMBERS, WORDS], 70)
    assert any("a-very-long-identifier-of-a-row" in line for line in lines)
    shown = " ".join(line.split("│")[3].strip() for line in lines if line.startswith("│"))
    assert WORDS.cells[0] in shown


def test_where_there_is_room_all_is_as_wide_as_it_needs():
    lines, _ = drawn([IDS, NUMBERS, WORDS], 1000)
    assert len(lines) == 6
    assert cell_len(lines[0]) == IDS.width + NUMBERS.width + WORDS.width + 10


@pytest.mark.parametrize("width", [3, 8, 11])
def test_an_id_is_clipped_in_the_middle(width):
    text = clipped("日本語のidentifier", width)
    assert cell_len(text) <= width
    assert "…" in text
    assert text.startswith("日"[: width // 4])
    assert text.endswith("r")


def test_the_header_of_numbers_is_broken_before_a_column_is_left_out():
    scores = TextColumn("positive_similarity", ["0.1234", "0.5"], is_number=True)
    lines, left_out = drawn([TextColumn("id", ["an-identifier", "b"]), scores, NUMBERS], 40)
    assert left_out == []
    assert max(map(cell_len, lines)) <= 40
    assert [line.split("│")[2].strip() for line in lines if line.startswith("│")][:2] == ["positive_", "similarity"]


def test_a_text_of_a_million_characters_takes_no_longer():
    lines, _ = drawn([IDS, TextColumn("text", ["x" * 1_000_000, "y"])], 60)
    assert max(map(cell_len, lines)) <= 60


def test_what_a_table_is_about_goes_last():
    main = TextColumn("loss", ["0.5", "0.25"], is_number=True, is_main=True)
    lines, left_out = drawn([IDS, NUMBERS, WORDS, main], 30)
    assert left_out == ["score", "meaning"]
    assert any("0.25" in line for line in lines)
    assert max(map(cell_len, lines)) <= 30
