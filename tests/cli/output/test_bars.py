"""Lines of blocks."""

import numpy as np

from simtool.cli.output.bars import histogram_lines, history_line
from simtool.results import Columns, Histogram


def test_a_histogram_begins_and_ends_where_something_is():
    counts = {"near": np.asarray([0, 8, 4, 0, 0]), "far": np.asarray([0, 0, 1, 1, 0])}
    ruler, near, far = (line.plain for line in histogram_lines(Histogram("cosine", np.linspace(0, 1, 6), counts), 80))
    assert ruler.split() == ["cosine", "0.20", "0.80"]
    assert near == "near    █▄"
    assert far == "far      ██"


def test_nothing_has_no_lines():
    assert list(histogram_lines(Histogram("cosine", np.linspace(0, 1, 3), {"all": np.zeros(2, dtype=int)}), 80)) == []


def test_a_block_is_of_several_bins_where_there_is_no_room():
    counts = {"all": np.asarray([1, 1, 0, 4, 2, 2, 4])}
    lines = [line.plain for line in histogram_lines(Histogram("d", np.arange(8.0), counts), 10)]
    assert lines == ["d    0.00 7.00", "all  ▄███"]  # two, four, four and four values
    assert max(map(len, lines[1:])) <= 10


def test_a_history_runs_between_its_extremes():
    history = Columns({"epoch": np.arange(3), "loss": np.asarray([2.0, 1.0, 0.0]), "score": np.full(3, np.nan)})
    assert history_line(history).plain == "loss  █▅▁  2 to 0"


def test_a_mark_points_at_its_bin():
    histogram = Histogram("d", np.arange(5.0), {"all": np.asarray([1, 2, 3, 4])}, {"margin": 1.5, "far": 9.0})
    lines = [line.plain for line in histogram_lines(histogram, 80)]
    assert lines[1:] == ["all     ▂▄▆█", "margin   ▲ 1.5"]
    narrow = Histogram("d", np.arange(5.0), {"all": np.asarray([1, 2, 3, 4])}, {"m": 3.5})
    assert [line.plain for line in histogram_lines(narrow, 9)][2] == "m    3.5 ▲"[:10]
