"""What the tests of pictures share: scores, figures that are drawn and files that are read."""

import xml.etree.ElementTree as ET

import numpy as np
from matplotlib.figure import Figure

from simtool.cli.plots.picture import Picture

RNG = np.random.default_rng(2)


LABELS = np.arange(90) % 3 == 0


SCORES = RNG.normal(size=90) + LABELS


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
