"""Small pictures: bars and lines where the numbers say, with axes and a text."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from simtool.results import Columns, Histogram, curve_figures, histogram_figures


def parsed(figure):
    return ElementTree.fromstring(figure)


def test_bars_are_as_high_as_their_counts_and_empty_ends_are_left_out():
    counts = {"<a>": np.array([0, 4, 0, 2, 0]), "none": np.zeros(5, dtype=int), "b": np.array([0, 0, 0, 0, 1])}
    figure, other = map(parsed, histogram_figures(Histogram("cosine", np.linspace(0, 1, 6), counts)))
    bars = [float(bar.get("height")) for bar in figure.iter("rect")]
    assert np.array(bars) / max(bars) == pytest.approx([1, 0, 0.5, 0])
    assert [float(bar.get("height")) > 0 for bar in other.iter("rect")] == [False, False, False, True]
    assert [text.text for text in figure.iter("text")] == ["0.2", "cosine", "1", "0", "4"]
    said = figure.find("svg").get("aria-label")
    assert said == "cosine: <a>. 6 values from 0.2 to 1, most of them, 4, between 0.2 and 0.4"
    assert figure.find("figcaption").text == "cosine: <a>"


def test_a_curve_goes_through_its_points_and_skips_what_is_not_there():
    curves = Columns({"epoch": np.arange(1, 5), "loss": np.array([4.0, np.nan, 3.0, 0.0]), "score": np.full(4, np.nan)})
    (figure,) = map(parsed, curve_figures(curves))
    points = np.array([list(map(float, pair.split(","))) for pair in figure.find("svg/polyline").get("points").split()])
    assert (points[:, 0] - points[0, 0]) / np.ptp(points[:, 0]) == pytest.approx([0, 2 / 3, 1], abs=1e-3)
    assert (points[-1, 1] - points[:, 1]) / np.ptp(points[:, 1]) == pytest.approx([1, 0.75, 0], abs=1e-2)
    assert [text.text for text in figure.iter("text")] == ["1", "epoch", "4", "0", "4"]


def test_a_long_curve_has_few_points_and_keeps_its_ends():
    (figure,) = curve_figures(Columns({"epoch": np.arange(1, 10_001), "loss": np.linspace(9, 2, 10_000)}))
    assert len(re.findall(r"[\d.]+,[\d.]+", figure)) == 300
    assert "from 9 at 1 to 2 at 10000" in figure


def test_one_point_and_one_bin_are_drawn():
    (line,) = curve_figures(Columns({"epoch": np.array([1]), "loss": np.array([2.0])}))
    (bars,) = histogram_figures(Histogram("x", np.array([0.0, 1.0]), {"all": np.array([1])}))
    assert "nan" not in line + bars
