"""Groups of rows of one set, for several thresholds in one sweep, against the whole float64 matrix."""

import numpy as np
import pytest
from naive_groups import CLUSTERED, close_to, components, greedy, job_of

from simtool.engine import group_rows


@pytest.mark.parametrize("linkage", ["connected", "leader", "complete"])
def test_groups_are_those_of_the_whole_matrix_for_each_threshold(linkage):
    thresholds = (0.95, 0.9)
    groups, kernel = group_rows(job_of(CLUSTERED, "cosine"), linkage, thresholds)
    assert kernel.precision.name == "float32"
    for threshold, found in zip(thresholds, groups, strict=True):
        close = close_to(CLUSTERED, threshold)
        expected = components(close) if linkage == "connected" else greedy(close, linkage)
        np.testing.assert_array_equal(found, expected)
