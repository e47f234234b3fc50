"""The parts of a table: what comes in which order, and what the summary leaves out because it is shown already."""

import numpy as np

from simtool.cli.output.table import on_stdout
from simtool.results import Columns, Histogram, Result


def lines(result, limit=20):
    return on_stdout(result, limit=limit, listing="-o FILE or --format csv").decode().splitlines()


def test_the_parts_stand_in_order():
    rows = Columns({"id": np.asarray(["p", "q"], dtype=object), "score": np.asarray([0.5, -1.0])})
    histogram = Histogram("cosine", np.asarray([0.0, 0.5, 1.0]), {"all": np.asarray([1, 2])})
    summary = {"percent": 12.345, "mean": 0.25, "gap": None}
    result = Result("x", {"a": "a.npy"}, {"metric": "cosine", "off": None}, summary, rows, histograms=(histogram,))
    shown = lines(result)
    assert shown[0] == "x  a a.npy"
    assert shown[1] == "metric cosine"
    assert [line.split()[1::2] for line in shown if line.startswith("│")][1:] == [["p", "0.5000"], ["q", "-1.0000"]]
    at = [number for number, line in enumerate(shown) if line.startswith(("╭", "cosine", "mean", "12.3"))]
    assert at == sorted(at)
    assert len(at) == 4
    assert shown[-1].startswith("12.3")
    assert "gap   undefined" in shown


def test_what_a_table_of_aggregates_shows_is_not_said_again():
    rows = Columns({"aggregate": np.asarray(["mean", "cka"], dtype=object), "score": np.asarray([0.5, 0.25])})
    shown = lines(Result("compare", {}, {}, {"mean": 0.5, "cka": 0.25, "pairs": 3}, rows))
    assert shown[-1].split() == ["pairs", "3"]
    assert not any(line.startswith(("mean", "cka")) for line in shown)


def test_a_long_table_names_how_to_see_the_rest():
    shown = lines(Result("x", {}, {}, {}, Columns({"row": np.arange(30)})), limit=5)
    assert sum(line.startswith("│") for line in shown) == 6
    assert shown[-1] == "… 25 more rows; -o FILE or --format csv lists all"
