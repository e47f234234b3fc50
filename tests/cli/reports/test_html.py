"""A report as a page: well formed, self-contained, bounded, and hostile text stays text."""

import sys

import numpy as np
import pytest
from read_html import Page

from simtool.cli.reports.html import MOST_ROWS, html_report
from simtool.results import Columns, Grid, Histogram, Result, judge, parse_gate

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "&amp;",
    "a\x1b[31m",
    "\u202ereversed",
    "</td>",
]


def result(rows, **more):
    return Result("compare", {"a": "https://me:secret@host/x.npy?key=1"}, {}, {"mean": 0.5, "n": 3}, rows, **more)


def page(of, *gates):
    return Page("".join(html_report(of, judge([parse_gate(gate) for gate in gates], of.summary))))


@pytest.fixture
def full():
    """A result with everything that a page shows."""
    ids = np.array(HOSTILE, dtype=object)
    rows = Columns({"id": ids, "score": np.linspace(-1, 1, len(ids))})
    histogram = Histogram("cosine", np.array([0.0, 0.5, 1.0]), {HOSTILE[0]: np.array([1, 3])})
    history = Columns({"epoch": np.arange(1, 4), "loss": np.array([3.0, 2.0, 1.5]), "score": np.full(3, np.nan)})
    grid = Grid((9, 9), ids[:2], ids[2:4], np.array([[0.25, -0.5], [1.0, 0.0]]))
    return result(rows, histograms=(histogram,), history=history, grids=(grid,), notes=(HOSTILE[0],))


def test_a_page_is_well_formed_and_needs_nothing_else(full):
    found = page(full)
    assert found.tags.count("script") == 2  # one of them is data
    assert not {"img", "link", "iframe"} & set(found.tags)
    assert not {name for _, name, _ in found.attributes} & {"src", "href", "onerror", "onclick"}
    assert found.inside("h2") == [
        *("Summary", "Rows", "Matrix", "Distributions", "History", "Notes"),
        *("Command", "Inputs", "Versions"),
    ]
    assert next(tag for tag in found.tags if tag in ("h1", "h2", "h3")) == "h1"


def test_hostile_ids_stay_text(full):
    cells = page(full).inside("td")
    shown = [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "&amp;",
        "a\\x1b[31m",
        "\\u202ereversed",
        "</td>",
    ]
    assert [cell for cell in cells if cell in shown][: len(shown)] == shown


def test_the_only_script_is_the_one_that_the_policy_allows(full):
    import base64
    import hashlib

    found = page(full)
    policy = next(value for value in found.values("meta", "content") if value.startswith("default-src 'none'"))
    digest = base64.b64encode(hashlib.sha256(found.inside("script")[-1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy


def test_the_verdict_stands_first(full):
    found = page(full, "mean >= 0.4", "n > 3")
    assert found.inside("title") == ["FAILED: simtool compare"]
    assert found.inside("h2")[0] == "FAILED: 1 of 2 gates"
    assert found.inside("li") == ["FAILED n > 3 (is 3)", "passed mean >= 0.4 (is 0.5)"]
    assert page(full, "n == 3").inside("h2")[0] == "Passed: 1 gate"


def test_pictures_have_a_text(full):
    found = page(full)
    assert found.values("svg", "role") == ["img", "img"]
    said = found.values("svg", "aria-label")
    assert said[0].endswith("4 values from 0 to 1, most of them, 3, between 0.5 and 1")
    assert said[1] == "loss by epoch, from 3 at 1 to 1.5 at 3"


def test_secrets_of_addresses_are_left_out(full, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/bin/simtool", "compare", "https://me:secret@host/x.npy?key=1", "a b"])
    text = "".join(html_report(full, ()))
    assert "secret" not in text
    assert "key=1" not in text
    assert page(full).inside("pre") == ["simtool compare 'https://…@host/x.npy?…' 'a b'"]


@pytest.mark.parametrize("length", [5, 2000])
def test_a_page_of_many_rows_is_less_than_a_megabyte(length):
    ids = np.array([f"{'<&>' * length}{row}" for row in range(MOST_ROWS)], dtype=object)
    many = Columns({name: np.tile(ids, 200) for name in ("a", "b")} | {"score": np.arange(100_000) / 3})
    gates = [f"{'k' * 300}{row} > 0" for row in range(2000)]
    of = Result(
        "x", dict.fromkeys(ids, "x" * 999), dict.fromkeys(ids, "y" * 999), {gate[:-4]: 1.0 for gate in gates}, many
    )
    text = "".join(html_report(of, judge([parse_gate(gate) for gate in gates], of.summary)))
    assert len(text.encode()) < 1_000_000
    assert "of 100,000 rows" in text
    Page(text)


def test_columns_can_be_sorted_and_say_so():
    found = page(result(Columns({"id": np.array(["b", "a"], dtype=object), "score": np.array([1.0, np.inf])})))
    assert found.inside("button") == ["id", "score"]
    assert "aria-sort" in "".join(found.inside("script"))
