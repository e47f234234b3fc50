"""Tables that are too wide: nothing is lost, names stay whole, and what is one value is said once."""

import pytest
from rich.cells import cell_len
from rich.console import Console

from simtool.cli.output.fitted_columns import TextColumn
from simtool.cli.output.layout import laid_out

METRICS = TextColumn("metric", ["average_precision", "roc_auc", "eer", "fold_accuracy_std"], is_name=True)


def numbers(name, *cells, **more):
    return TextColumn(name, cells or ["0.5000", "0.2500", "0.1250", "0.7500"], True, **more)


def drawn(columns, width):
    """Return the tables as lists of columns of cells, the lines and what is left out."""
    found = laid_out(columns, width)
    tables = []
    for table in found.tables:
        console = Console(width=10_000)
        with console.capture() as capture:
            console.print(table)
        lines = capture.get().splitlines()
        assert max(map(cell_len, lines)) <= width
        rule = next(place for place, line in enumerate(lines) if line.startswith("├"))
        cut = [
            [line.split("│")[1:-1] for line in part if line.startswith("│")] for part in (lines[:rule], lines[rule:])
        ]
        heads = ["".join(cell.strip() for cell in column) for column in zip(*cut[0], strict=True)]
        tables.append(
            dict(zip(heads, ([c.strip() for c in column] for column in zip(*cut[1], strict=True)), strict=True))
        )
    return tables, list(found.lines), list(found.left_out)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_every_number_is_shown_beside_its_row(width):
    columns = [METRICS, *(numbers(f"column_{number}", f"0.{number}1", "0.2", "0.3", "0.4") for number in range(8))]
    tables, lines, left_out = drawn(columns, width)
    assert (lines, left_out) == ([], [])
    assert len(tables) == {60: 3, 80: 2, 100: 2, 200: 1}[width]
    found = {}
    for table in tables:
        assert next(iter(table)) == "metric"
        found |= table
    assert found == {column.name: list(column.cells) for column in columns}


def test_as_many_columns_of_one_value_as_are_in_the_way_become_a_line():
    kind, items, share = (
        TextColumn("kind", ["contrastive"] * 4, is_name=True),
        numbers("items", *["600"] * 4),
        numbers("share", *["0.4133"] * 4),
    )
    margin, loss = numbers("margin", "0.9", "1.0", "1.1", "1.2"), numbers("loss", *["21.66"] * 4, is_main=True)
    columns = [kind, share, margin, loss, items]
    assert drawn(columns, 80)[1] == []
    tables, lines, _ = drawn(columns, 40)
    assert [list(table) for table in tables] == [["share", "margin", "loss", "items"]]
    assert lines == ["the same in these rows: kind=contrastive"]
    tables, lines, _ = drawn(columns, 24)
    assert [list(table) for table in tables] == [["margin", "loss"]]
    assert lines == ["the same in these rows: kind=contrastive  items=600  share=0.4133"]


def test_columns_that_few_rows_fill_become_lines():
    sparse = [numbers(name, "", "", "", "0.9") for name in ("low", "high", "precision")]
    columns = [METRICS, numbers("value"), *sparse, numbers("threshold", "", "0.1", "0.2", "0.3")]
    tables, lines, _ = drawn(columns, 60)
    assert [list(table) for table in tables] == [["metric", "value", "threshold"]]
    assert lines == ["fold_accuracy_std: low=0.9  high=0.9  precision=0.9"]
    assert drawn(columns, 120)[1] == []


def test_what_belongs_together_stays_together():
    group = [numbers(name) for name in ("difference", "difference.low", "difference.high", "difference.p")]
    tables, _, _ = drawn([METRICS, numbers("value"), numbers("against"), *group], 80)
    assert [list(table) for table in tables] == [
        ["metric", "value", "against"],
        ["metric", "difference", "difference.low", "difference.high", "difference.p"],
    ]


def test_all_columns_that_tell_rows_apart_are_said_again():
    keys = [numbers("truncate", "16", "16", "32", "32"), TextColumn("quantize", ["int8", "binary"] * 2)]
    tables, _, left_out = drawn([*keys, *(numbers(f"measure_{number}") for number in range(8))], 60)
    assert all(list(table)[:2] == ["truncate", "quantize"] for table in tables)
    assert left_out == []


def test_what_no_further_table_has_room_for_is_named():
    tables, _, left_out = drawn([METRICS, *(numbers(f"column_{number}") for number in range(20))], 50)
    assert len(tables) == 3
    assert left_out[-1] == "column_19"
    wide = TextColumn("metric", ["x" * 40 + str(row) for row in range(4)], is_name=True)
    assert drawn([wide, numbers("value")], 45)[2] == ["value"]


def test_a_table_without_rows_keeps_its_columns():
    names = ["metric", *(f"column_{number}" for number in range(6))]
    found = laid_out([TextColumn(name, [], is_number=name != "metric") for name in names], 50)
    shown = [str(column.header).replace("\n", "") for table in found.tables for column in table.columns]
    assert list(dict.fromkeys(shown)) == names
    assert (list(found.lines), list(found.left_out)) == ([], [])
