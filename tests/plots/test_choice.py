"""Which picture a result has, what is drawn, and what is said where there is none."""

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from drawn_pictures import RNG, evaluation

import simtool
from simtool.errors import ParameterError, ResourceError

X, Y = RNG.normal(size=(30, 4)), np.arange(30) % 3


def titles(figure):
    return [axes.get_title(loc="left").split(":")[0] for axes in figure.axes]


def test_an_evaluation_has_four_curves():
    assert titles(evaluation().plot()) == ["ROC curve"]
    assert titles(evaluation().plot("all")) == ["ROC curve", "DET curve", "Precision and recall", "Scores"]


def test_a_matrix_has_a_heat_map_without_being_asked_for_it():
    result = simtool.pairwise(X)
    axes, bar = result.plot().axes
    drawn = axes.images[0].get_array().filled(np.nan)
    expected = result.array.astype(float)
    np.fill_diagonal(expected, np.nan)  # a row with itself is no pair
    np.testing.assert_allclose(drawn, expected, atol=1e-6)
    assert bar.get_ylabel() == "cosine (white: left out)"
    crossed = simtool.compare(X[:12].reshape(3, 4, 4), X[12:24].reshape(3, 4, 4), aggregates=["maxsim"], cross=True)
    assert crossed.plot("heat-map").axes[1].get_ylabel() == "maxsim"
    with pytest.raises(ParameterError, match="batch of them"):
        simtool.pairwise(X.reshape(2, 15, 4)).plot()


def test_a_loss_has_histograms_and_a_sweep_has_a_line():
    result = simtool.loss(X, labels=Y, kind="sup-con")
    (axes,) = result.plot().axes
    counts = [patch.get_data()[0].sum() for patch in axes.patches if not patch.get_fill()]
    assert counts == [each.sum() for each in result.histograms[0].counts.values()]
    swept = simtool.loss(X, labels=Y, kind="sup-con", sweep=("temperature", [0.1, 0.5, 1.0]))
    panels = swept.plot().axes
    for axes, name in zip(panels, ("loss", "active_share", "gradient_norm"), strict=True):
        assert axes.lines[0].get_xydata().tolist() == [[row["temperature"], row[name]] for row in swept]
        assert axes.get_ylabel() == name
    assert panels[-1].get_xlabel() == "temperature"


def test_a_figure_shows_itself_and_leaves_settings_alone():
    before = {key: mpl.rcParams[key] for key in mpl.rcParams if key != "backend"}
    figure = evaluation().plot("scores")
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert {key: mpl.rcParams[key] for key in before} == before
    assert "matplotlib.pyplot" not in sys.modules


def test_what_has_no_picture_says_so(monkeypatch):
    with pytest.raises(ParameterError, match="nothing to draw of this result of inspect"):
        simtool.inspect(X).plot()
    with pytest.raises(ParameterError, match="no picture of this result is called 'roc'") as raised:
        simtool.pairwise(X).plot("roc")
    assert raised.value.hint == "there is heat-map"
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ResourceError, match="needs matplotlib") as raised:
        simtool.pairwise(X).plot()
    assert "the extra plot" in raised.value.hint


def test_matplotlib_is_imported_when_something_is_drawn():
    script = "import sys, simtool, numpy; simtool.pairwise(numpy.eye(3)); assert not 'matplotlib' in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
