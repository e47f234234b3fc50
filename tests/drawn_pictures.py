"""What the tests of pictures share: scores, figures that are drawn and files that are read."""

import xml.etree.ElementTree as ET
from functools import cache

import numpy as np
from matplotlib.figure import Figure

import simtool
from simtool.cli.plots.picture import Picture

RNG = np.random.default_rng(2)


LABELS = np.arange(90) % 3 == 0


SCORES = RNG.normal(size=90) + LABELS


@cache
def evaluation():
    """Two models, with the intervals of the first."""
    against = 2 * SCORES + RNG.normal(size=90)
    return simtool.evaluate(scores=SCORES, labels=LABELS, against=against, bootstrap=20, names={"scores": "s.txt"})


def figure_of(drawn):
    figure = Figure(figsize=drawn.size)
    drawn.draw(figure)
    return figure


def checked(path, force=False, inputs=(), outputs=()):
    return Picture.check(str(path), force=force, quiet=True, inputs=inputs, outputs=outputs)


def words_of(path):
    return [element.text for element in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def texts(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]
