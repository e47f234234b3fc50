"""The colours of a matrix."""

import numpy as np

from simtool.cli.output.shades import shades


def test_zero_is_light_and_both_ends_are_dark_and_apart():
    low, zero, high, nothing = shades(np.asarray([-1.0, 0.0, 0.5, np.nan]))
    assert zero.bgcolor.name == "#dddddd"
    assert low.bgcolor.name == "#3b4cc0"
    assert high.bgcolor.name != zero.bgcolor.name
    assert shades(np.asarray([0, 0.2, 1.0]))[1].color.name == "#000000"  # on #7c86cc its contrast is 6.1, of white 3.4
    assert (low.color.name, zero.color.name) == ("#ffffff", "#000000")
    assert nothing.bgcolor is None
