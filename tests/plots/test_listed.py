"""What a table lists, as a picture: few rows by name with intervals, many by rank."""

import numpy as np
from drawn_pictures import RNG, figure_of

import simtool
from simtool.plots.listed import listed, listed_drawing
from simtool.results import Columns, Result

X, Y = RNG.normal(size=(60, 4)), RNG.normal(size=(60, 4))


def test_aggregates_have_a_dot_each_and_their_intervals():
    result = simtool.compare(X, Y, aggregates=["argmax", "mean"], bootstrap=10)
    (axes,) = figure_of(listed_drawing(result)).axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [row["aggregate"] for row in result]
    assert axes.lines[0].get_xdata().tolist() == [row["score"] for row in result]
    intervals = [path.vertices[:, 0].tolist() for path in axes.collections[0].get_paths()]
    expected = [[row["low"], row["high"]] for row in result]
    np.testing.assert_array_equal(intervals, np.asarray(expected, dtype=float))


def test_ids_are_drawn_by_how_far_they_moved():
    result = simtool.compare(X, Y, per_id=True)
    (axes,) = figure_of(listed_drawing(result)).axes
    drawn = axes.lines[0].get_ydata()
    assert drawn.tolist() == sorted(row["cosine"] for row in result)
    assert axes.texts[0].get_text() == f"least: {', '.join(str(row['id']) for row in list(result)[:5])}"


def test_channels_have_a_dot_each():
    result = simtool.channels(RNG.normal(size=(3, 4, 4)), RNG.normal(size=(3, 4, 4)))
    (axes,) = figure_of(listed_drawing(result)).axes
    assert axes.lines[0].get_xdata().tolist() == [row["score"] for row in result]
    assert axes.get_xlabel() == "cosine"


def test_other_tables_have_no_such_picture():
    words = Columns({"id": np.arange(2), "word": np.asarray(["a", "b"])})
    assert listed(Result("compare", {}, {}, {}, words)) is None
    assert listed(Result("inspect", {}, {}, {}, Columns({"id": np.arange(2), "score": np.ones(2)}))) is None
