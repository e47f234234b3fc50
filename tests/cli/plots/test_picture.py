"""Pictures as files: what is refused before anything is drawn, and what a file holds."""

import sys

import matplotlib as mpl
import numpy as np
import pytest
from drawn_pictures import checked, evaluation

import simtool
from simtool.cli.plots.picture import Picture, curve_picture
from simtool.errors import OutputError, ParameterError, ResourceError
from simtool.io.vectors import ArrayVectors
from simtool.plots import Drawing, curve_drawing, heat_drawing, title_of

HEADS = {".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}


@pytest.mark.parametrize("suffix", list(HEADS))
def test_a_file_has_its_format_and_the_same_bytes_again(tmp_path, suffix):
    found = []
    for name in ("one", "two"):
        path = tmp_path / (name + suffix)
        checked(path).write(curve_drawing(evaluation(), "all"))
        found.append(path.read_bytes())
    assert found[0].startswith(HEADS[suffix])
    assert found[0] == found[1]
    assert b"2026" not in found[0][:2000]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one" + suffix, "two" + suffix]


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
    assert raised.value.hint == "pip install matplotlib, which the extra plot brings"


def test_a_drawing_that_fails_leaves_nothing(tmp_path):
    path = tmp_path / "roc.png"
    path.write_bytes(b"mine")

    def draw(figure):
        figure.subplots()
        raise MemoryError

    with pytest.raises(MemoryError):
        checked(path, force=True).write(Drawing(draw, (4, 3)))
    assert [each.name for each in tmp_path.iterdir()] == ["roc.png"]
    assert path.read_bytes() == b"mine"


def test_settings_are_neither_taken_nor_left(tmp_path):
    checked(tmp_path / "plain.png").write(curve_drawing(evaluation(), "roc"))
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30}):
        # the backend is left alone: to read it is to choose one
        before = {key: mpl.rcParams[key] for key in mpl.rcParams if key != "backend"}
        checked(tmp_path / "odd.png").write(curve_drawing(evaluation(), "roc"))
        assert {key: mpl.rcParams[key] for key in before} == before
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "odd.png").read_bytes()
    assert "matplotlib.pyplot" not in sys.modules


def test_characters_without_a_glyph_are_noted_once(tmp_path, capsys):
    vectors = ArrayVectors("v.npy", np.eye(2), np.asarray(["犬", "猫"], dtype=object))
    picture = Picture(str(tmp_path / "heat.png"))
    picture.write(heat_drawing(simtool.pairwise(vectors, heat_map=10)))
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["note: some characters of the ids are not in the font", f"wrote {tmp_path / 'heat.png'}"]


def test_kinds_and_titles():
    assert curve_picture(None, None, [], [], force=False, quiet=True) is None
    with pytest.raises(ParameterError, match="no picture is called 'scored'") as raised:
        curve_picture("roc.png", "scored", [], [], force=False, quiet=True)
    assert raised.value.hint.startswith("did you mean scores? there is roc, det, precision-recall, scores, all")
    assert title_of({"a": "x/y.npy::v", "b": "-"}) == "y.npy, -"
    assert title_of({"a": "n" * 80 + ".npy"}) == "n" * 63 + "…"
