"""Histograms: every group over the edges of the result."""

import numpy as np
from drawn_pictures import figure_of, texts

from simtool.plots import histogram_drawing
from simtool.results import Histogram, Result


def test_each_group_has_its_bars_and_each_histogram_its_panel():
    edges = np.asarray([0.0, 0.5, 1.0])
    counts = {"positives": np.asarray([1, 3]), "negatives": np.asarray([4, 0])}
    result = Result("loss", {"a": "x.npy"}, {}, {}, histograms=(Histogram("cosine", edges, counts),) * 2)
    panels = figure_of(histogram_drawing(result)).axes
    assert [axes.get_xlabel() for axes in panels] == ["cosine", "cosine"]
    outlines = [patch.get_data() for patch in panels[1].patches if not patch.get_fill()]
    assert [values.tolist() for values, _, _ in outlines] == [[1, 3], [4, 0]]
    assert all(np.array_equal(drawn, edges) for _, drawn, _ in outlines)
    assert texts(panels[0]) == ["4 positives", "4 negatives"]


def test_a_mark_is_a_line_with_its_value():
    histogram = Histogram("cosine", np.asarray([0.0, 1.0]), {"all": np.asarray([1])}, {"margin": 0.25})
    (axes,) = figure_of(histogram_drawing(Result("loss", {}, {}, {}, histograms=(histogram,)))).axes
    assert axes.lines[0].get_xdata()[0] == 0.25
    assert texts(axes) == ["1 all", "margin 0.25"]
