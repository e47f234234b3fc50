"""What pictures share: titles, and text that no terminal or font obeys."""

from simtool.plots import title_of
from simtool.plots.style import shortened


def test_titles_name_files_and_are_cut():
    assert title_of({"a": "x/y.npy::v", "b": "-", "labels": "l.npy"}) == "y.npy, -"
    assert title_of({"a": "n" * 80 + ".npy"}) == "n" * 63 + "…"
    assert shortened("x\ny", 20) == "x\\ny"
