"""What a plan of `pairwise` says of its inputs."""

import numpy as np
import pytest

from simtool import pairwise


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"dim": 1, "exclude_self": False}, "(2, 4, 5) x (2, 4, 3) along 1 -> (2, 5, 3)"),
        ({"dim": 1, "top_k": 2}, "(2, 4, 5) x (2, 4, 3) along 1 -> top 2 of (2, 5, 3)"),
        ({"dim": -2, "threshold": 0.5}, "(2, 4, 5) x (2, 4, 3) along 1 -> pairs of (2, 5, 3)"),
    ],
)
def test_the_shapes_say_which_dim_was_taken(options, line):
    assert pairwise(np.ones((2, 4, 5)), np.ones((2, 4, 3)), **options).parameters["shapes"] == line
