"""A figure as a notebook shows it."""

from simtool.plots.figure import Plot


def test_a_figure_is_a_png_of_itself():
    figure = Plot(figsize=(2, 1))
    figure.subplots().plot([0, 1])
    head = figure._repr_png_()
    assert head[:4] == b"\x89PNG"
    assert (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) == (200, 100)
