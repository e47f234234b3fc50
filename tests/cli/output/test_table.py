"""The parts of a table: what comes in which order, and what the summary leaves out because it is shown already."""

import numpy as np
import pytest

from simtool.cli.output.table import beside_rows, on_stdout
from simtool.results import Columns, Grid, Histogram, Result


def lines(result, limit=20):
    return on_stdout(result, limit=limit, listing="-o FILE or --format csv").decode().splitlines()


def test_the_parts_stand_in_order():
    rows = Columns({"id": np.asarray(["p", "q"], dtype=object), "score": np.asarray([0.5, -1.0])})
    histogram = Histogram("cosine", np.asarray([0.0, 0.5, 1.0]), {"all": np.asarray([1, 2])})
    summary = {"percent": 12.345, "mean": 0.25, "gap": None}
    result = Result("x", {"a": "a.npy"}, {"metric": "cosine", "off": None}, summary, rows, histograms=(histogram,))
    shown = lines(result)
    assert shown[0] == "x  a=a.npy"
    assert shown[1] == "metric=cosine"
    assert [line.split()[1::2] for line in shown if line.startswith("│")][1:] == [["p", "0.5000"], ["q", "-1.0000"]]
    at = [number for number, line in enumerate(shown) if line.startswith(("╭", "cosine  ", "mean", "12.3"))]
    assert at == sorted(at)
    assert len(at) == 4
    assert shown[-1].startswith("12.3")
    assert "gap   undefined" in shown


def test_what_a_table_of_aggregates_shows_is_not_said_again():
    rows = Columns({"aggregate": np.asarray(["mean", "cka"], dtype=object), "score": np.asarray([0.5, 0.25])})
    shown = lines(Result("compare", {}, {}, {"mean": 0.5, "cka": 0.25, "pairs": 3}, rows))
    assert shown[-1].split() == ["pairs", "3"]
    assert not any(line.startswith(("mean", "cka")) for line in shown)


def test_what_a_table_of_losses_shows_is_not_said_again():
    rows = Columns({"kind": np.asarray(["cosine", "bce"], dtype=object), "loss": np.asarray([0.5, 0.25])})
    result = Result("loss", {}, {}, {"cosine.loss": 0.5, "bce.loss": 0.25, "bce.other": 1, "pairs": 3}, rows)
    assert beside_rows(result) == {"bce.other": 1, "pairs": 3}


def test_a_long_table_names_how_to_see_the_rest():
    shown = lines(Result("x", {}, {}, {}, Columns({"row": np.arange(30)})), limit=5)
    assert sum(line.startswith("│") for line in shown) == 6
    assert shown[-1] == "… 25 more rows; --top N shows more, -o FILE or --format csv all"


def test_a_score_goes_by_the_name_of_its_metric():
    rows = Columns({"a": np.arange(2), "score": np.asarray([0.5, 2.0])})
    (head,) = (line for line in lines(Result("x", {}, {"metric": "euclidean"}, {}, rows)) if line.startswith("│ a"))
    assert head.split() == ["│", "a", "│", "euclidean", "│"]


def test_a_number_stands_once():
    rows = Columns({"item": np.arange(2), "f": np.asarray([0.5, 0.25]), "f.f1": np.asarray([0.5, 0.25])})
    shown = lines(Result("x", {}, {}, {"f": 0.375, "f.f1": 0.375, "items": 2}, rows, repeats=("f.f1",)))
    assert not any("f.f1" in line for line in shown)
    assert [line.split() for line in shown[-2:]] == [["f", "0.375"], ["items", "2"]]


def test_a_column_without_a_value_is_none():
    rows = Columns({"a": np.arange(2), "closer": np.asarray(["", ""], dtype=object)})
    assert not any("closer" in line for line in lines(Result("x", {}, {}, {}, rows)))


def test_columns_without_room_are_named(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    rows = Columns({f"column{number}": np.asarray([1.5]) for number in range(9)})
    shown = lines(Result("x", {}, {}, {}, rows))
    assert " ".join(shown[-2:]) == "no room for column7, column8; -o FILE or --format csv has all columns"
    assert max(map(len, shown)) <= 40


def test_names_of_measures_stay_whole_and_the_same_values_are_said_in_a_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    names = np.asarray(["average_precision", "fold_accuracy_std", "recall@precision0.95"], dtype=object)
    values = {f"column{number}": np.arange(3) + 0.5 for number in range(7)}
    shown = lines(Result("x", {}, {}, {}, Columns({"metric": names, "of": np.full(3, 7), **values})))
    for name in names:
        assert any(line.startswith(f"│ {name} ") for line in shown)
    assert shown[-1] == "the same in these rows: of=7"
    moved = Result("x", {}, {}, dict.fromkeys(names, 1.0))
    assert any("recall@precision0.95" in line for line in lines(moved))


@pytest.mark.parametrize("columns", ["80", "40"])
def test_a_matrix_shows_as_many_columns_as_fit(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    ids = np.asarray([f"identifier-{number}" for number in range(3)], dtype=object)
    grid = Grid((3, 3), ids, ids, np.eye(3))
    out = lines(Result("x", {}, {}, {}, grids=(grid,)))
    head = next(line for line in out if "identi" in line)
    assert head.count("identi") == (3 if columns == "80" else 1)
    assert ("…" in head.split("│")[-2]) is (columns == "40")
    assert ("-o scores.npy writes the whole 3 × 3 matrix" in " ".join(out)) is (columns == "40")
