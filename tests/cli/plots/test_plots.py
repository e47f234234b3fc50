"""Pictures: what stands in a figure, what its file holds, and what is refused before anything is drawn."""

import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import simtool
from simtool.cli.plots.curves import _deviates, _seen, check_kind, drawing
from simtool.cli.plots.heat_map import heat_drawing
from simtool.cli.plots.history import history_drawing
from simtool.cli.plots.picture import Picture, title_of
from simtool.errors import LabelError, OutputError, ParameterError, ResourceError
from simtool.evaluation.curves import det_curve, precision_recall_curve, roc_curve
from simtool.io.vectors import ArrayVectors
from simtool.results import Columns, Result

RNG = np.random.default_rng(2)
LABELS = np.arange(90) % 3 == 0
SCORES = RNG.normal(size=90) + LABELS
HEADS = {".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}


@pytest.fixture(scope="module")
def evaluated():
    return simtool.evaluate(
        scores=SCORES, labels=LABELS, against=2 * SCORES + RNG.normal(size=90), bootstrap=20, names={"scores": "s.txt"}
    )


def figure_of(drawn):
    draw, size = drawn
    figure = Figure(figsize=size)
    draw(figure)
    return figure


def checked(path, force=False, inputs=(), outputs=()):
    return Picture.check(str(path), force=force, quiet=True, inputs=inputs, outputs=outputs)


def words_of(path):
    return [element.text for element in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def texts(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize("suffix", list(HEADS))
def test_a_file_has_its_format_and_the_same_bytes_again(evaluated, tmp_path, suffix):
    found = []
    for name in ("one", "two"):
        path = tmp_path / (name + suffix)
        checked(path).write(*drawing(evaluated, "all"))
        found.append(path.read_bytes())
    assert found[0].startswith(HEADS[suffix])
    assert found[0] == found[1]
    assert b"2026" not in found[0][:2000]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one" + suffix, "two" + suffix]


def test_the_text_of_an_svg_is_text(evaluated, tmp_path):
    checked(tmp_path / "roc.svg").write(*drawing(evaluated, "roc"))
    words = words_of(tmp_path / "roc.svg")
    low, high = (evaluated.summary[f"roc_auc.{end}"] for end in ("low", "high"))
    for expected in (
        f"AUC {evaluated.summary['roc_auc']:.4f} [{low:.4f}, {high:.4f}]",
        f"AUC {evaluated.summary['roc_auc.against']:.4f}, against",
        "false accept rate FAR",
        "true accept rate TAR",
        "ROC curve: s.txt",
        "score, 30 positives, 60 negatives",
    ):
        assert expected in words


def test_the_curves_drawn_are_those_of_both_models(evaluated):
    models = evaluated.counts.values()
    for kind, curve in (("roc", roc_curve), ("precision-recall", precision_recall_curve)):
        (axes,) = figure_of(drawing(evaluated, kind)).axes
        lines = [line for line in axes.lines if len(line.get_xdata()) > 2]
        for line, counts in zip(lines, models, strict=True):
            assert np.array_equal(line.get_xydata(), np.column_stack(curve(counts)[:2]))
        assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 2
    assert all(line.get_drawstyle() == "steps-pre" for line in lines)


def test_the_det_curve_stands_on_normal_deviates(evaluated):
    (axes,) = figure_of(drawing(evaluated, "det")).axes
    curve = det_curve(evaluated.counts["overall"])
    assert np.array_equal(axes.lines[0].get_xdata(), _deviates(curve.x))
    # of the standard normal distribution: tables have 1.644854 for 0.95
    np.testing.assert_allclose(_deviates(np.asarray([0.5, 0.05, 0.95])), [0, -1.644854, 1.644854], atol=1e-6)
    for axis in (axes.xaxis, axes.yaxis):
        shown = dict(zip((tick.get_text() for tick in axis.get_ticklabels()), axis.get_ticklocs(), strict=True))
        assert shown["50"] == 0
        assert shown["5"] == pytest.approx(-1.644854, abs=1e-6)


def test_scores_show_shares_and_the_threshold(evaluated):
    (axes,) = figure_of(drawing(evaluated, "scores")).axes
    (histogram,) = evaluated.histograms
    outlines = [patch for patch in axes.patches if not patch.get_fill()]
    for outline, counts, total in zip(outlines, histogram.counts.values(), (30, 60), strict=True):
        values, edges, _ = outline.get_data()
        np.testing.assert_allclose(values, 100 * counts / total)
        assert np.array_equal(edges, histogram.edges)
    (threshold,) = axes.lines
    assert threshold.get_xdata()[0] == evaluated.summary["best_f1.threshold"]
    assert texts(axes)[:2] == ["30 positives", "60 negatives"]
    assert texts(axes)[2].startswith(f"best F1 {evaluated.summary['best_f1']:.4f} at ")


def test_one_class_has_scores_but_no_curve():
    result = simtool.evaluate(scores=SCORES, labels=np.ones(90, dtype=bool))
    (axes,) = figure_of(drawing(result, "scores")).axes
    assert texts(axes) == ["90 positives"]
    for kind in ("roc", "all"):
        with pytest.raises(LabelError, match="there are no negatives"):
            drawing(result, kind)


def test_many_points_are_thinned_to_what_can_be_seen():
    x = np.sort(RNG.random(300_000))
    y = np.sort(RNG.random(300_000))
    seen_x, seen_y = _seen(x, y)
    assert len(seen_x) < 30_000
    assert (seen_x[0], seen_y[-1]) == (x[0], y[-1])
    assert np.abs(np.interp(x, seen_x, seen_y) - y).max() < 1 / 2000
    assert _seen(x[:4000], y[:4000])[0] is not None
    assert len(_seen(x[:4000], y[:4000])[0]) == 4000


def test_a_history_has_a_panel_for_what_there_is():
    epochs = np.arange(1, 4)
    history = Columns({"epoch": epochs, "loss": np.asarray([3.0, 2, 1]), "score": np.asarray([0.5, 0.7, 0.6])})
    parameters = {"kind": "sup-con", "patience": 5}
    result = Result("fit", {"vectors": "v.npy"}, parameters, {"best_epoch": 2}, history=history)
    loss, score = figure_of(history_drawing(result)).axes
    assert loss.lines[0].get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert score.lines[0].get_ydata().tolist() == [0.5, 0.7, 0.6]
    assert score.lines[1].get_xdata()[0] == 2
    assert (loss.get_ylabel(), score.get_ylabel(), score.get_xlabel()) == (
        "mean training loss",
        "score for early stopping",
        "epoch",
    )
    assert texts(loss) == ["best epoch 2"]
    alone = Columns({**history.columns, "score": np.full(3, np.nan)})
    assert len(figure_of(history_drawing(replace(result, history=alone))).axes) == 1


def test_a_small_matrix_is_drawn_with_its_names(tmp_path):
    vectors = ArrayVectors("v.npy", np.eye(3) - 0.2, np.asarray(["a$b$", "x\ny", "z" * 30], dtype=object))
    result = simtool.pairwise(vectors, heat_map=1000)
    axes, bar = figure_of(heat_drawing(result)).axes
    drawn = axes.images[0].get_array()
    assert np.array_equal(drawn.filled(np.nan), result.heat_map.scores, equal_nan=True)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["a$b$", "x\\ny", "z" * 19 + "…"]
    assert bar.get_ylabel() == "cosine (white: left out)"
    checked(tmp_path / "heat.svg").write(*heat_drawing(result))
    assert words_of(tmp_path / "heat.svg").count("a$b$") == 2  # as it is, and not as a formula


@pytest.mark.parametrize(
    ("rows", "colors", "limits"),
    [([[1.0, 0], [-0.6, 0.8]], "coolwarm", (-0.6, 0.6)), ([[1.0, 0], [0.6, 0.8], [0, 1]], "cividis", (0, 0.8))],
)
def test_zero_is_the_middle_of_scores_with_both_signs(rows, colors, limits):
    result = simtool.pairwise(np.asarray(rows), heat_map=10)
    if colors == "coolwarm":
        result = simtool.pairwise(np.asarray(rows), np.asarray([[1.0, 0]]), heat_map=10)
        limits = (-1, 1)
    image = figure_of(heat_drawing(result)).axes[0].images[0]
    assert image.get_cmap().name == colors
    assert image.get_clim() == pytest.approx(limits, abs=1e-6)


def test_a_large_matrix_is_drawn_to_its_scale():
    result = simtool.pairwise(RNG.normal(size=(95, 3)), RNG.normal(size=(61, 3)), metric="euclidean", heat_map=10)
    axes, bar = figure_of(heat_drawing(result)).axes
    # ranges of 10 rows and of 7 columns, of which the last are shorter than their cells
    assert axes.images[0].get_extent() == [-0.5, 62.5, 99.5, -0.5]
    assert (axes.get_xlim(), axes.get_ylim()) == ((-0.5, 60.5), (94.5, -0.5))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("row number in B", "row number in A")
    assert bar.get_ylabel() == "mean euclidean of 10 × 7 cells"


@pytest.mark.parametrize("name", ["roc.gif", "roc", "roc.png.txt", "-"])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(OutputError, match="picture's suffix") as raised:
        checked(tmp_path / name)
    assert ".png, .svg, .pdf" in raised.value.hint


def test_what_could_not_be_written_is_refused(tmp_path):
    path = tmp_path / "roc.png"
    with pytest.raises(OutputError, match="two files"):
        checked(path, outputs=[None, str(tmp_path / "x" / ".." / "roc.png")])
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"):
        checked(path)
    with pytest.raises(OutputError, match="also the input"):
        checked(path, force=True, inputs=[str(path)])
    assert path.read_bytes() == b"mine"
    assert checked(path, force=True).force
    assert Picture.check(None, force=False, quiet=True, inputs=[], outputs=[]) is None


def test_without_matplotlib_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ResourceError, match="needs matplotlib") as raised:
        checked(tmp_path / "roc.png")
    assert raised.value.hint == "pip install matplotlib"


def test_a_drawing_that_fails_leaves_nothing(tmp_path):
    path = tmp_path / "roc.png"
    path.write_bytes(b"mine")

    def draw(figure):
        figure.subplots()
        raise MemoryError

    with pytest.raises(MemoryError):
        checked(path, force=True).write(draw, (4, 3))
    assert [each.name for each in tmp_path.iterdir()] == ["roc.png"]
    assert path.read_bytes() == b"mine"


def test_settings_are_neither_taken_nor_left(evaluated, tmp_path):
    checked(tmp_path / "plain.png").write(*drawing(evaluated, "roc"))
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30}):
        # the backend is left alone: to read it is to choose one
        before = {key: mpl.rcParams[key] for key in mpl.rcParams if key != "backend"}
        checked(tmp_path / "odd.png").write(*drawing(evaluated, "roc"))
        assert {key: mpl.rcParams[key] for key in before} == before
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "odd.png").read_bytes()
    assert "matplotlib.pyplot" not in sys.modules


def test_characters_without_a_glyph_are_noted_once(tmp_path, capsys):
    vectors = ArrayVectors("v.npy", np.eye(2), np.asarray(["犬", "猫"], dtype=object))
    picture = Picture(str(tmp_path / "heat.png"))
    picture.write(*heat_drawing(simtool.pairwise(vectors, heat_map=10)))
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["note: some characters of the ids are not in the font", f"wrote {tmp_path / 'heat.png'}"]


def test_kinds_and_titles():
    assert check_kind(None) == "roc"
    assert check_kind("all") == "all"
    with pytest.raises(ParameterError, match="no picture is called 'scored'") as raised:
        check_kind("scored")
    assert raised.value.hint.startswith("did you mean scores? there is roc, det, precision-recall, scores, all")
    assert title_of({"a": "x/y.npy::v", "b": "-"}) == "y.npy, -"
    assert title_of({"a": "n" * 80 + ".npy"}) == "n" * 63 + "…"
