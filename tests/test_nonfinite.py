"""Rows that are not finite."""

import numpy as np

from simtool import given_inputs, nonfinite


def test_rows_that_are_finite_on_every_side():
    a, b = np.ones((3, 2)), np.ones((3, 2))
    a[0, 0] = b[2, 1] = np.nan
    notes = []
    sides = [given_inputs.given(side, name) for side, name in ((a, "A"), (b, "B"))]
    assert nonfinite.drop_nonfinite(sides, "pair", notes).tolist() == [1]
    assert notes == ["2 pairs not finite, left out: rows 0, 2"]
