"""A result in a notebook."""

from html.parser import HTMLParser

import numpy as np

from simtool.results import Columns, Result
from simtool.results.html import html


class Cells(HTMLParser):
    """Collects the text of the cells of tables."""

    def __init__(self):
        super().__init__()
        self.cells, self.inside = [], False

    def handle_starttag(self, tag, attrs):
        self.inside = tag == "td"
        self.cells += [""] * self.inside

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.cells[-1] += data


def test_a_parser_finds_the_numbers_and_the_ids():
    rows = Columns({"id": np.asarray(["<script>", None], dtype=object), "score": np.asarray([0.123456789, 2.0])})
    parser = Cells()
    parser.feed(html(Result("x", {}, {}, {"mean": 1.25, "kind": "a&b"}, rows)))
    assert parser.cells == ["mean", "1.25", "kind", "a&b", "<script>", "0.123457", "", "2"]
